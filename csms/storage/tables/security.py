"""What stations told of their security."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Table, Text, text

from csms.storage.tables import metadata

security_events = Table(
    "security_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("info", Text),
    Column("critical", Boolean, nullable=False),
    Index("uq_security_events_told", "station_id", "at", "kind", text("md5(coalesce(info, ''))"), unique=True),
    Index("ix_security_events_station", text("lower(station_id)"), "id"),
    Index("ix_security_events_received", "received_at"),
)
