"""What operators do not want to be proposed again."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

DISMISSED = """
CREATE TABLE dismissed_hints (
    station_id text NOT NULL,
    kind text NOT NULL,
    proposal jsonb NOT NULL,
    dismissed_by text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_dismissed_hints PRIMARY KEY (station_id, kind)
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(DISMISSED)


def downgrade() -> None:
    op.execute("DROP TABLE dismissed_hints")
