"""Certificates by which stations come in, and when they end."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE client_certificates (
            station_id text NOT NULL,
            fingerprint text NOT NULL,
            subject text NOT NULL,
            issuer text NOT NULL,
            serial text NOT NULL,
            not_before timestamptz NOT NULL,
            not_after timestamptz NOT NULL,
            key_kind text NOT NULL,
            key_bits integer NOT NULL,
            installed_at timestamptz,
            first_shown_at timestamptz,
            last_shown_at timestamptz,
            told_at timestamptz,
            renewal_asked_at timestamptz,
            renewal_outcome text,
            CONSTRAINT pk_client_certificates PRIMARY KEY (station_id, fingerprint),
            CONSTRAINT fk_client_certificates_station_id FOREIGN KEY (station_id) REFERENCES stations (id)
                ON DELETE CASCADE
        )
        """
    )
    op.execute("CREATE INDEX ix_client_certificates_ends ON client_certificates (not_after)")


def downgrade() -> None:
    op.execute("DROP TABLE client_certificates")
