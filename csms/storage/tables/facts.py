"""The journal and what follows from it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Double,
    Identity,
    Index,
    Sequence,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from csms.storage.tables import metadata

leases = Table(
    "leases",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("node", Text, nullable=False),
    Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

journal = Table(
    "journal",
    metadata,
    Column("kind", SmallInteger, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("facts", Text, nullable=False),
    postgresql_with={
        "autovacuum_vacuum_scale_factor": 0,
        "autovacuum_vacuum_threshold": 500,
        "toast.autovacuum_vacuum_scale_factor": 0,
        "toast.autovacuum_vacuum_threshold": 5000,
    },
)

sessions = Table(
    "sessions",
    metadata,
    Column("key", Text, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("ref", Text, nullable=False),
    Column("number", BigInteger),
    Column("active", Boolean, nullable=False),
    Column("evse", BigInteger),
    Column("connector", BigInteger),
    Column("token", Text),
    Column("token_kind", Text),
    Column("stop_token", Text),
    Column("began_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("last_heard_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("charging_state", Text),
    Column("reservation_id", BigInteger),
    Column("remote_start_id", BigInteger),
    Column("energy_wh", BigInteger, nullable=False),
    Column("meter_start_wh", BigInteger),
    Column("meter_stop_wh", BigInteger),
    Column("power_w", BigInteger),
    Column("soc_percent", BigInteger),
    Column("estimated", Boolean, nullable=False),
    Column("flags", ARRAY(Text), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_sessions_station_ref", "station_id", text("lower(ref)"), "began_at"),
    Index("ix_sessions_station_began", "station_id", "began_at"),
    Index("ix_sessions_created", "created_at", "key"),
    Index("ix_sessions_active", "station_id", postgresql_where=text("active")),
    Index("uq_sessions_number", "number", unique=True, postgresql_where=text("number is not null")),
    postgresql_with={"fillfactor": 75},
)

connectors = Table(
    "connectors",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("evse", BigInteger, primary_key=True),
    Column("connector", BigInteger, primary_key=True),
    Column("status", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("error", Text),
    Column("info", Text),
    Column("vendor", Text),
    Column("vendor_error", Text),
    postgresql_with={"fillfactor": 75},
)

station_calls = Table(
    "station_calls",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("asked_by", Text),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("outcome", Text),
    Column("answer", Text),
    Column("closed_at", DateTime(timezone=True)),
    Index("ix_station_calls_station_asked", "station_id", "asked_at"),
)

station_variables = Table(
    "station_variables",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("component", Text, primary_key=True),
    Column("component_instance", Text, primary_key=True),
    Column("evse", BigInteger, primary_key=True),
    Column("connector", BigInteger, primary_key=True),
    Column("variable", Text, primary_key=True),
    Column("variable_instance", Text, primary_key=True),
    Column("attribute", Text, primary_key=True),
    Column("value", Text),
    Column("mutability", Text),
    Column("unit", Text),
    Column("data_type", Text),
    Column("max_limit", Double),
    Column("reported_at", DateTime(timezone=True), nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("station_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("review", Text),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_notices_station_id", "station_id", "id"),
)

frames = Table(
    "frames",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    Column("station_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("leaf", Text, nullable=False),
    Index("ix_frames_station_at", "station_id", text("at DESC")),
    postgresql_partition_by="RANGE (at)",
)
"""The message log: a row is a leaf, what one station and we said to one another in a moment.

A leaf is a JSON array of frames, each an array: time, direction, text, message id, action, note;
`at` is the time of its first. Partitions are made and dropped by the log itself, a day at a time.
"""

transaction_numbers = Sequence("transaction_numbers", metadata=metadata, cache=1)
