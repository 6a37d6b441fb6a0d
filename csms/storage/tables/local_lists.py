"""Local authorization lists: what stations have, and what operators want them to have."""

from sqlalchemy import BigInteger, Boolean, Column, Computed, DateTime, ForeignKey, Integer, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from csms.storage.tables import metadata

local_lists = Table(
    "local_lists",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("version", BigInteger),
    Column("entries", JSONB),
    Column("names", JSONB),
    Column("digest", Text, Computed("md5(entries::text)", persisted=True)),
    Column("told_at", DateTime(timezone=True)),
    Column("refused_status", Text),
    Column("refused_version", BigInteger),
    Column("refused_at", DateTime(timezone=True)),
)
"""`entries` are what a list says of tokens, by their keys, `names` how the tokens are spelt; NULL where nobody knows."""

wanted_lists = Table(
    "wanted_lists",
    metadata,
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column("entries", JSONB, nullable=False),
    Column("digests", ARRAY(Text), nullable=False),
    Column("keep", Boolean, nullable=False),
    Column("set_by", Text, nullable=False),
    Column("set_at", DateTime(timezone=True), nullable=False),
    Column("version", BigInteger, nullable=False, server_default="1"),
    Column("held_until", DateTime(timezone=True)),
    Column("outcome", Text),
    Column("detail", Text),
    Column("sent", Integer),
    Column("began_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)
"""`digests` are those of the wanted list as each version would have it; `held_until`: somebody brings the station there."""
