"""The certificates that stations have, and what is known of those that they were sent."""

from sqlalchemy import Column, DateTime, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from csms.storage.tables import metadata

certificates = Table(
    "certificates",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("pem", Text, nullable=False),
    Column("names", ARRAY(Text), nullable=False),
    Column("sent_at", DateTime(timezone=True), nullable=False),
)
"""Certificates that some station took from us; `names` are those by which stations may tell of one."""

station_certificates = Table(
    "station_certificates",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("rough_name", Text),
    Column("names", ARRAY(Text), nullable=False),
    Column("hash_algorithm", Text),
    Column("issuer_name_hash", Text),
    Column("issuer_key_hash", Text),
    Column("serial_number", Text),
    Column("children", JSONB),
    Column("told_at", DateTime(timezone=True)),
    Column("installed_at", DateTime(timezone=True)),
    Column("fingerprint", Text),
    PrimaryKeyConstraint("station_id", "use", "name"),
)
"""What a station has: `told_at` it told of it, in these letters; `installed_at` it took it from us. `names`: all it may be called."""

certificate_listings = Table(
    "certificate_listings",
    metadata,
    Column("station_id", Text, nullable=False),
    Column("use", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("station_id", "use"),
)
"""When a station last told which certificates of a use it has; of an empty one: of all uses."""
