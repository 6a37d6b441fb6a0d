"""A password that is on its way out: valid beside the new one until that is used, or until a time (Q22)."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE stations ADD COLUMN IF NOT EXISTS old_password_hash text")
    op.execute("ALTER TABLE stations ADD COLUMN IF NOT EXISTS old_password_until timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE stations DROP COLUMN old_password_until")
    op.execute("ALTER TABLE stations DROP COLUMN old_password_hash")
