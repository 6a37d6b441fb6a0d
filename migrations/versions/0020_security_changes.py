"""Passwords and security profiles that stations were sent and have not used yet; certificates whose subject is not looked at."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE security_changes (
            station_id text NOT NULL,
            call_id text NOT NULL,
            password_hash text,
            profile smallint,
            asked_at timestamptz NOT NULL DEFAULT now(),
            accepted_at timestamptz,
            CONSTRAINT pk_security_changes PRIMARY KEY (station_id, call_id),
            CONSTRAINT fk_security_changes_station_id FOREIGN KEY (station_id) REFERENCES stations (id)
                ON DELETE CASCADE
        )
        """
    )
    op.execute("ALTER TABLE stations ADD COLUMN any_subject boolean NOT NULL DEFAULT false")


def downgrade() -> None:
    op.execute("ALTER TABLE stations DROP COLUMN any_subject")
    op.execute("DROP TABLE security_changes")
