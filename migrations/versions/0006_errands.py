"""What stations were sent for, a firmware or a file of theirs, and how it went."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ERRANDS = """
CREATE TABLE errands (
    id text NOT NULL,
    station_id text NOT NULL,
    kind text NOT NULL,
    action text NOT NULL,
    request_id bigint,
    stage text NOT NULL,
    status text,
    location text,
    retrieve_at timestamptz,
    install_at timestamptz,
    oldest_at timestamptz,
    latest_at timestamptz,
    retries bigint,
    retry_interval_s bigint,
    file_name text,
    version_before text,
    version_after text,
    presumed boolean NOT NULL DEFAULT 'false',
    told bigint NOT NULL DEFAULT '0',
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    changed_at timestamptz NOT NULL,
    CONSTRAINT pk_errands PRIMARY KEY (id)
) WITH (fillfactor = 75)
"""
PROGRESS = """
CREATE TABLE errand_progress (
    id bigint GENERATED ALWAYS AS IDENTITY,
    station_id text NOT NULL,
    errand_id text,
    kind text NOT NULL,
    status text NOT NULL,
    request_id bigint,
    at timestamptz NOT NULL,
    CONSTRAINT pk_errand_progress PRIMARY KEY (id)
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(ERRANDS)
    op.execute("CREATE INDEX ix_errands_station_asked ON errands (station_id, asked_at)")
    op.execute("CREATE INDEX ix_errands_asked ON errands (asked_at, id)")
    op.execute(PROGRESS)
    op.execute("CREATE INDEX ix_errand_progress_station ON errand_progress (station_id, id)")
    op.execute("CREATE INDEX ix_errand_progress_errand ON errand_progress (errand_id, id)")


def downgrade() -> None:
    op.execute("DROP TABLE errand_progress")
    op.execute("DROP TABLE errands")
