"""Certificates by which stations come in: shown at a door, or brought to them."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text

from csms.storage.tables import metadata

client_certificates = Table(
    "client_certificates",
    metadata,
    Column("station_id", Text, ForeignKey("stations.id", ondelete="CASCADE"), primary_key=True),
    Column("fingerprint", Text, primary_key=True),
    Column("subject", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("not_before", DateTime(timezone=True), nullable=False),
    Column("not_after", DateTime(timezone=True), nullable=False),
    Column("key_kind", Text, nullable=False),
    Column("key_bits", Integer, nullable=False),
    Column("installed_at", DateTime(timezone=True)),
    Column("first_shown_at", DateTime(timezone=True)),
    Column("last_shown_at", DateTime(timezone=True)),
    Column("told_at", DateTime(timezone=True)),
    Column("renewal_asked_at", DateTime(timezone=True)),
    Column("renewal_outcome", Text),
    Index("ix_client_certificates_ends", "not_after"),
)
"""The one that was shown or installed last is in use; `told_at` is when its coming end was told."""
