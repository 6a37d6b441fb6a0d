"""Answers to writes that may be sent again."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(
        """
        CREATE TABLE idempotency_keys (
            caller text NOT NULL,
            key text NOT NULL,
            fingerprint bytea NOT NULL,
            status smallint,
            headers bytea,
            body bytea,
            created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_idempotency_keys PRIMARY KEY (caller, key)
        )
        """
    )
    op.execute("CREATE INDEX ix_idempotency_keys_created ON idempotency_keys (created_at)")


def downgrade() -> None:
    op.execute("DROP TABLE idempotency_keys")
