"""What stations told of their security, and what they were offered to come in by."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)

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

security_changes = Table(
    "security_changes",
    metadata,
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column("call_id", Text, primary_key=True),
    Column("password_hash", Text),
    Column("profile", SmallInteger),
    Column("asked_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("accepted_at", DateTime(timezone=True)),
)
"""A password (hashed) or a security profile that a station was sent by a call, and has not come in by yet."""
