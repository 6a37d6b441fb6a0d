"""Reservations as stations took them, and the numbers that we give them."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE reservations (
            id text NOT NULL,
            station_id text NOT NULL,
            number bigint NOT NULL,
            evse bigint,
            connector_type text,
            token text NOT NULL,
            token_kind text NOT NULL,
            "group" text,
            expires_at timestamptz NOT NULL,
            asked_at timestamptz NOT NULL,
            answered_at timestamptz NOT NULL,
            status text NOT NULL,
            accepted boolean NOT NULL,
            ending text,
            rank smallint NOT NULL DEFAULT '0',
            ended_at timestamptz,
            transaction_id text,
            CONSTRAINT pk_reservations PRIMARY KEY (id)
        )
        """
    )
    op.execute("CREATE INDEX ix_reservations_station_number ON reservations (station_id, number, asked_at)")
    op.execute("CREATE INDEX ix_reservations_asked ON reservations (asked_at, id)")
    op.execute("CREATE INDEX ix_reservations_live ON reservations (station_id) WHERE accepted AND ending IS NULL")
    op.execute("CREATE SEQUENCE reservation_numbers MAXVALUE 2147483647 CACHE 1 CYCLE")


def downgrade() -> None:
    op.execute("DROP SEQUENCE reservation_numbers")
    op.execute("DROP TABLE reservations")
