"""What stations told of their security, each event once."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE security_events (
            id bigint GENERATED ALWAYS AS IDENTITY,
            station_id text NOT NULL,
            kind text NOT NULL,
            at timestamptz NOT NULL,
            received_at timestamptz NOT NULL,
            info text,
            critical boolean NOT NULL,
            CONSTRAINT pk_security_events PRIMARY KEY (id)
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX uq_security_events_told
            ON security_events (station_id, at, kind, md5(coalesce(info, '')))
        """
    )
    op.execute("CREATE INDEX ix_security_events_station ON security_events (lower(station_id), id)")
    op.execute("CREATE INDEX ix_security_events_received ON security_events (received_at)")


def downgrade() -> None:
    op.execute("DROP TABLE security_events")
