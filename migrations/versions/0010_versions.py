"""Sites and tokens have versions, so that two who change one at once do not undo one another; sites have a time zone."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        ALTER TABLE sites
            ADD COLUMN time_zone text,
            ADD COLUMN created_at timestamptz NOT NULL DEFAULT now(),
            ADD COLUMN version bigint NOT NULL DEFAULT '1'
        """
    )
    op.execute("ALTER TABLE tokens ADD COLUMN version bigint NOT NULL DEFAULT '1'")


def downgrade() -> None:
    op.execute("ALTER TABLE tokens DROP COLUMN version")
    op.execute("ALTER TABLE sites DROP COLUMN version, DROP COLUMN created_at, DROP COLUMN time_zone")
