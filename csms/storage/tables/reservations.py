"""Reservations as stations took them."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Index, Sequence, SmallInteger, Table, Text, text

from csms.storage.tables import metadata

reservations = Table(
    "reservations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("evse", BigInteger),
    Column("connector_type", Text),
    Column("token", Text, nullable=False),
    Column("token_kind", Text, nullable=False),
    Column("group", Text),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("answered_at", DateTime(timezone=True), nullable=False),
    Column("status", Text, nullable=False),
    Column("accepted", Boolean, nullable=False),
    Column("ending", Text),
    Column("rank", SmallInteger, nullable=False, server_default="0"),
    Column("ended_at", DateTime(timezone=True)),
    Column("transaction_id", Text),
    Index("ix_reservations_station_number", "station_id", "number", "asked_at"),
    Index("ix_reservations_asked", "asked_at", "id"),
    Index("ix_reservations_live", "station_id", postgresql_where=text("accepted AND ending IS NULL")),
)
"""`ending` is NULL while a reservation holds, as far as anybody told; `rank` is how much that ending counts."""

reservation_numbers = Sequence("reservation_numbers", metadata=metadata, maxvalue=2**31 - 1, cycle=True, cache=1)
