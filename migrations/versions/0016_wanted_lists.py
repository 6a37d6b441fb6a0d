"""The local lists that operators want stations to have, and how the last try to bring one there went."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE wanted_lists (
            station_id text NOT NULL,
            entries jsonb NOT NULL,
            digests text[] NOT NULL,
            keep boolean NOT NULL,
            set_by text NOT NULL,
            set_at timestamptz NOT NULL,
            version bigint NOT NULL DEFAULT '1',
            held_until timestamptz,
            outcome text,
            detail text,
            sent integer,
            began_at timestamptz,
            ended_at timestamptz,
            CONSTRAINT pk_wanted_lists PRIMARY KEY (station_id),
            CONSTRAINT fk_wanted_lists_station_id FOREIGN KEY (station_id) REFERENCES stations (id) ON DELETE CASCADE
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE wanted_lists")
