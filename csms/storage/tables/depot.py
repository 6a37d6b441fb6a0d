"""What stations fetch and bring."""

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Index, Table, Text, func

from csms.storage.tables import metadata

firmware_images = Table(
    "firmware_images",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", Text),
    Column("vendor", Text),
    Column("model", Text),
    Column("sha256", Text),
    Column("size_bytes", BigInteger),
    Column("object_key", Text),
    Column("whole", Boolean, nullable=False, server_default="false"),
    Column("signature", Text),
    Column("signing_certificate", Text),
    Column("created_by", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Index("ix_firmware_images_created", "created_at", "id"),
)
"""`sha256` is what the operator says that it is, or what came; the object is there once it is `whole`."""

tickets = Table(
    "tickets",
    metadata,
    Column("id", Text, primary_key=True),
    Column("sha256", Text, nullable=False, unique=True),
    Column("station_id", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("errand_id", Text, nullable=False),
    Column("image_id", Text, ForeignKey("firmware_images.id", ondelete="CASCADE")),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("fetches", BigInteger, nullable=False, server_default="0"),
    Column("fetched_at", DateTime(timezone=True)),
    Index("ix_tickets_errand", "errand_id"),
    Index("ix_tickets_image", "image_id"),
    Index("ix_tickets_expires", "expires_at"),
)
"""The secret of a ticket is known to its station alone; `sha256` is its hash."""

station_files = Table(
    "station_files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("station_id", Text, nullable=False),
    Column("ticket_id", Text, nullable=False),
    Column("errand_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("size_bytes", BigInteger),
    Column("sha256", Text),
    Column("transport", Text, nullable=False),
    Column("remote", Text),
    Column("began_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_station_files_station", "station_id", "began_at"),
    Index("ix_station_files_ticket", "ticket_id"),
    Index("ix_station_files_errand", "errand_id"),
    Index("ix_station_files_began", "began_at", "id"),
)
"""Files that stations brought, or tried to; the object of one that is kept is called after its id."""
