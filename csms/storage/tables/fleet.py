"""What is done to many stations."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, Table, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB

from csms.storage.tables import metadata

operations = Table(
    "operations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text),
    Column("command", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("selection", JSONB, nullable=False),
    Column("rules", JSONB, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("within_s", Integer),
    Column("wait_s", Integer, nullable=False),
    Column("effect", JSONB),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("wave", Integer, nullable=False, server_default="1"),
    Column("borne", Integer, nullable=False, server_default="0"),
    Column("cleared", Integer, nullable=False, server_default="0"),
    Column("free_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("look_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_operations_created", "created_at", "id"),
    Index("ix_operations_running", "look_at", postgresql_where=text("state = 'running'")),
)

configurations = Table(
    "configurations",
    metadata,
    Column("name", Text, primary_key=True),
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), unique=True),
    Column("selection", JSONB, nullable=False),
    Column("wanted", JSONB, nullable=False),
    Column("restart", JSONB),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""What stations are wanted to be set to: of a selection, or of one station alone."""

configuration_attempts = Table(
    "configuration_attempts",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("component", Text, primary_key=True),
    Column("variable", Text, primary_key=True),
    Column("wanted", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("firmware", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("restart_asked_at", DateTime(timezone=True)),
)
"""How the last attempt to set a variable ended."""

configuration_checks = Table(
    "configuration_checks",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("booted_at", DateTime(timezone=True), nullable=False),
)
"""After which boot a station was looked after last."""

dismissed_hints = Table(
    "dismissed_hints",
    metadata,
    Column("station_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("proposal", JSONB, nullable=False),
    Column("dismissed_by", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
"""What operators do not want to be proposed again."""

assignments = Table(
    "assignments",
    metadata,
    Column("operation_id", Text, ForeignKey("operations.id", ondelete="CASCADE"), primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("wave", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default="waiting"),
    Column("not_before", DateTime(timezone=True)),
    Column("give_up_at", DateTime(timezone=True)),
    Column("call_id", Text),
    Column("claimed_until", DateTime(timezone=True)),
    Column("asked_at", DateTime(timezone=True)),
    Column("watched_until", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("outcome", Text),
    Column("protocol", Text),
    Column("action", Text),
    Column("answer", Text),
    Column("detail", Text),
    Index("ix_assignments_station", "station_id"),
    Index("ix_assignments_wave_state", "operation_id", "wave", "state", "place"),
    Index("ix_assignments_claimed", "claimed_until", postgresql_where=text("state = 'asked'")),
    Index("ix_assignments_watched", "watched_until", postgresql_where=text("state = 'watched'")),
    postgresql_with={"fillfactor": 80},
)
"""One station of an operation; it is `waiting`, `asked`, `watched` for what comes of it, or `ended`."""
