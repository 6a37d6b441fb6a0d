"""Local authorization lists as stations took them."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE local_lists (
            station_id text NOT NULL,
            version bigint,
            entries jsonb,
            names jsonb,
            digest text GENERATED ALWAYS AS (md5(entries::text)) STORED,
            told_at timestamptz,
            refused_status text,
            refused_version bigint,
            refused_at timestamptz,
            CONSTRAINT pk_local_lists PRIMARY KEY (station_id)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE local_lists")
