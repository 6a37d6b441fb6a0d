"""The beats of nodes, so that the stations of a dead one are shown offline."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE presence ADD COLUMN epoch bigint NOT NULL DEFAULT '0'")
    op.execute(
        """
        CREATE TABLE nodes (
            name text NOT NULL,
            beat_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_nodes PRIMARY KEY (name)
        )
        """
    )
    op.execute("INSERT INTO nodes (name) SELECT DISTINCT node FROM leases")


def downgrade() -> None:
    op.execute("DROP TABLE nodes")
    op.execute("ALTER TABLE presence DROP COLUMN epoch")
