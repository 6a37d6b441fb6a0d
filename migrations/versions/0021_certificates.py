"""The certificates that stations have, and what is known of those that they were sent."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE certificates (
            fingerprint text NOT NULL,
            subject text NOT NULL,
            not_after timestamptz NOT NULL,
            pem text NOT NULL,
            names text[] NOT NULL,
            sent_at timestamptz NOT NULL,
            CONSTRAINT pk_certificates PRIMARY KEY (fingerprint)
        )
        """
    )
    create_of_stations()
    op.execute(
        """
        CREATE TABLE certificate_listings (
            station_id text NOT NULL,
            use text NOT NULL,
            at timestamptz NOT NULL,
            CONSTRAINT pk_certificate_listings PRIMARY KEY (station_id, use)
        )
        """
    )


def create_of_stations() -> None:
    op.execute(
        """
        CREATE TABLE station_certificates (
            station_id text NOT NULL,
            use text NOT NULL,
            name text NOT NULL,
            rough_name text,
            names text[] NOT NULL,
            hash_algorithm text,
            issuer_name_hash text,
            issuer_key_hash text,
            serial_number text,
            children jsonb,
            told_at timestamptz,
            installed_at timestamptz,
            fingerprint text,
            CONSTRAINT pk_station_certificates PRIMARY KEY (station_id, use, name)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE certificate_listings")
    op.execute("DROP TABLE station_certificates")
    op.execute("DROP TABLE certificates")
