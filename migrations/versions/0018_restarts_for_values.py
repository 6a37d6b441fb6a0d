"""A station may be restarted, at its hours, for values that count only after that."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE configurations ADD COLUMN restart jsonb")
    op.execute("ALTER TABLE configuration_attempts ADD COLUMN restart_asked_at timestamptz")


def downgrade() -> None:
    op.execute("ALTER TABLE configuration_attempts DROP COLUMN restart_asked_at")
    op.execute("ALTER TABLE configurations DROP COLUMN restart")
