"""Tokens may be bound to places and plugs, and to one session; their drivers may be told something."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        ALTER TABLE tokens
            ADD COLUMN places jsonb NOT NULL DEFAULT '[]',
            ADD COLUMN connector_types text[] NOT NULL DEFAULT '{}',
            ADD COLUMN one_session boolean NOT NULL DEFAULT false,
            ADD COLUMN message text,
            ADD COLUMN language text
        """
    )


def downgrade() -> None:
    op.execute(
        """
        ALTER TABLE tokens DROP COLUMN language, DROP COLUMN message, DROP COLUMN one_session,
            DROP COLUMN connector_types, DROP COLUMN places
        """
    )
