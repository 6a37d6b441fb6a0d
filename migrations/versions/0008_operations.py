"""Labels of stations, and what is done to many of them."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

OPERATIONS = """
CREATE TABLE operations (
    id text NOT NULL,
    kind text NOT NULL,
    name text,
    command text NOT NULL,
    body text NOT NULL,
    selection jsonb NOT NULL,
    rules jsonb NOT NULL,
    timezone text NOT NULL,
    within_s integer,
    wait_s integer NOT NULL,
    effect jsonb,
    state text NOT NULL,
    why text,
    wave integer NOT NULL DEFAULT '1',
    borne integer NOT NULL DEFAULT '0',
    cleared integer NOT NULL DEFAULT '0',
    free_at timestamptz NOT NULL DEFAULT now(),
    look_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    CONSTRAINT pk_operations PRIMARY KEY (id)
)
"""
ASSIGNMENTS = """
CREATE TABLE assignments (
    operation_id text NOT NULL,
    place bigint NOT NULL,
    station_id text NOT NULL,
    wave integer NOT NULL,
    state text NOT NULL DEFAULT 'waiting',
    not_before timestamptz,
    give_up_at timestamptz,
    call_id text,
    claimed_until timestamptz,
    asked_at timestamptz,
    watched_until timestamptz,
    ended_at timestamptz,
    outcome text,
    protocol text,
    action text,
    answer text,
    detail text,
    CONSTRAINT pk_assignments PRIMARY KEY (operation_id, place),
    CONSTRAINT fk_assignments_operation_id FOREIGN KEY (operation_id)
        REFERENCES operations (id) ON DELETE CASCADE
) WITH (fillfactor = 80)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE stations ADD COLUMN labels text[] NOT NULL DEFAULT '{}'")
    op.execute("CREATE INDEX ix_stations_labels ON stations USING gin (labels)")
    op.execute(OPERATIONS)
    op.execute("CREATE INDEX ix_operations_created ON operations (created_at, id)")
    op.execute("CREATE INDEX ix_operations_running ON operations (look_at) WHERE state = 'running'")
    op.execute(ASSIGNMENTS)
    op.execute("CREATE INDEX ix_assignments_station ON assignments (station_id)")
    op.execute("CREATE INDEX ix_assignments_wave_state ON assignments (operation_id, wave, state, place)")
    op.execute("CREATE INDEX ix_assignments_claimed ON assignments (claimed_until) WHERE state = 'asked'")
    op.execute("CREATE INDEX ix_assignments_watched ON assignments (watched_until) WHERE state = 'watched'")


def downgrade() -> None:
    op.execute("DROP TABLE assignments")
    op.execute("DROP TABLE operations")
    op.execute("DROP INDEX ix_stations_labels")
    op.execute("ALTER TABLE stations DROP COLUMN labels")
