"""Firmware images, the tickets of stations, and the files that they bring."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IMAGES = """
CREATE TABLE firmware_images (
    id text NOT NULL,
    name text NOT NULL,
    version text,
    vendor text,
    model text,
    sha256 text,
    size_bytes bigint,
    object_key text,
    whole boolean NOT NULL DEFAULT 'false',
    signature text,
    signing_certificate text,
    created_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_firmware_images PRIMARY KEY (id)
)
"""
TICKETS = """
CREATE TABLE tickets (
    id text NOT NULL,
    sha256 text NOT NULL,
    station_id text NOT NULL,
    purpose text NOT NULL,
    errand_id text NOT NULL,
    image_id text,
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    fetches bigint NOT NULL DEFAULT '0',
    fetched_at timestamptz,
    CONSTRAINT pk_tickets PRIMARY KEY (id),
    CONSTRAINT uq_tickets_sha256 UNIQUE (sha256),
    CONSTRAINT fk_tickets_image_id FOREIGN KEY (image_id) REFERENCES firmware_images (id) ON DELETE CASCADE
)
"""
FILES = """
CREATE TABLE station_files (
    id text NOT NULL,
    station_id text NOT NULL,
    ticket_id text NOT NULL,
    errand_id text NOT NULL,
    name text NOT NULL,
    status text NOT NULL,
    size_bytes bigint,
    sha256 text,
    transport text NOT NULL,
    remote text,
    began_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT pk_station_files PRIMARY KEY (id)
)
"""
INDEXES = (
    "ix_firmware_images_created ON firmware_images (created_at, id)",
    "ix_tickets_errand ON tickets (errand_id)",
    "ix_tickets_image ON tickets (image_id)",
    "ix_tickets_expires ON tickets (expires_at)",
    "ix_station_files_station ON station_files (station_id, began_at)",
    "ix_station_files_ticket ON station_files (ticket_id)",
    "ix_station_files_errand ON station_files (errand_id)",
    "ix_station_files_began ON station_files (began_at, id)",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for table in (IMAGES, TICKETS, FILES):
        op.execute(table)
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")


def downgrade() -> None:
    for table in ("station_files", "tickets", "firmware_images"):
        op.execute(f"DROP TABLE {table}")
