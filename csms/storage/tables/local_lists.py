"""Local authorization lists: what stations have, and what operators want them to have."""

from sqlalchemy import BigInteger, Column, Computed, DateTime, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

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
