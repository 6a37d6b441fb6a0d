"""Certificates of stations: what they asked to have signed, and what came of that."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, Table, Text, text

from csms.storage.tables import metadata

certificate_orders = Table(
    "certificate_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text),
    Column("request_id", BigInteger),
    Column("csr", Text),
    Column("key_kind", Text),
    Column("key_bits", Integer),
    Column("key_digest", Text),
    Column("subject", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reason", Text),
    Column("detail", Text),
    Column("repeats", Integer, nullable=False, server_default="0"),
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("held_until", DateTime(timezone=True)),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("deliveries", Integer, nullable=False, server_default="0"),
    Column("issued_at", DateTime(timezone=True)),
    Column("chain", Text),
    Column("issuer", Text),
    Column("serial", Text),
    Column("not_before", DateTime(timezone=True)),
    Column("not_after", DateTime(timezone=True)),
    Column("fingerprint", Text),
    Column("call_id", Text),
    Column("sent_at", DateTime(timezone=True)),
    Column("status", Text),
    Column("disputed_at", DateTime(timezone=True)),
    Column("dispute", Text),
    Index("ix_certificate_orders_station", text("lower(station_id)"), "asked_at"),
    Index("ix_certificate_orders_asked", "asked_at", "id"),
    Index("ix_certificate_orders_call", "call_id", postgresql_where=text("call_id IS NOT NULL")),
    Index(
        "ix_certificate_orders_due", "due_at", postgresql_where=text("stage = ANY (ARRAY['asked', 'issued', 'sent'])")
    ),
)
"""`due_at` is when the next thing is to be done, `held_until` how long a worker has it for itself."""
