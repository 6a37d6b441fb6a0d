"""What stations were sent for, and how it went."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Identity, Index, Table, Text

from csms.storage.tables import metadata

errands = Table(
    "errands",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("request_id", BigInteger),
    Column("stage", Text, nullable=False),
    Column("status", Text),
    Column("location", Text),
    Column("retrieve_at", DateTime(timezone=True)),
    Column("install_at", DateTime(timezone=True)),
    Column("oldest_at", DateTime(timezone=True)),
    Column("latest_at", DateTime(timezone=True)),
    Column("retries", BigInteger),
    Column("retry_interval_s", BigInteger),
    Column("file_name", Text),
    Column("version_before", Text),
    Column("version_after", Text),
    Column("presumed", Boolean, nullable=False, server_default="false"),
    Column("told", BigInteger, nullable=False, server_default="0"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answered_at", DateTime(timezone=True)),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Index("ix_errands_station_asked", "station_id", "asked_at"),
    Index("ix_errands_asked", "asked_at", "id"),
    postgresql_with={"fillfactor": 75},
)
"""`id` is that of the call that asked for it, see `station_calls`."""

errand_progress = Table(
    "errand_progress",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("errand_id", Text),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("request_id", BigInteger),
    Column("at", DateTime(timezone=True), nullable=False),
    Index("ix_errand_progress_station", "station_id", "id"),
    Index("ix_errand_progress_errand", "errand_id", "id"),
)
"""Statuses as stations told them; `errand_id` is null for one of which nobody knows what it is about."""
