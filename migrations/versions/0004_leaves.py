"""The message log by leaves, a row for what a station and we said in a moment; the outbox swept more often."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

LEAVES = """
CREATE TABLE leaves AS
SELECT station_id, min(at) AS at,
    json_agg(json_build_array(at, direction, frame, message_id, action, note) ORDER BY at, id)::text AS leaf
FROM (SELECT *, row_number() OVER (PARTITION BY station_id, date_trunc('second', at) ORDER BY id) / 1000 AS part FROM frames)
GROUP BY station_id, date_trunc('second', at), part
"""
FRAMES = """
CREATE TABLE frames (
    id bigint GENERATED ALWAYS AS IDENTITY,
    station_id text NOT NULL,
    at timestamptz NOT NULL,
    leaf text NOT NULL
) PARTITION BY RANGE (at)
"""
PARTITIONS = """
DO $$
DECLARE day timestamptz;
BEGIN
    FOR day IN SELECT DISTINCT date_trunc('day', at, 'UTC') FROM leaves LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF frames FOR VALUES FROM (%L) TO (%L)',
            'frames_' || to_char(day AT TIME ZONE 'UTC', 'YYYYMMDD'), day, day + interval '1 day'
        );
    END LOOP;
END $$
"""
SINGLY = """
CREATE TABLE frames (
    id bigint GENERATED ALWAYS AS IDENTITY,
    station_id text NOT NULL,
    at timestamptz NOT NULL,
    direction text NOT NULL,
    message_id text,
    action text,
    note text,
    frame text NOT NULL
) PARTITION BY RANGE (at)
"""
SPREAD = """
CREATE TABLE leaves AS
SELECT station_id, (frame ->> 0)::timestamptz AS at, frame ->> 1 AS direction, frame ->> 2 AS frame,
    frame ->> 3 AS message_id, frame ->> 4 AS action, frame ->> 5 AS note
FROM frames, json_array_elements(leaf::json) AS frame
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(LEAVES)
    _replace(FRAMES, "station_id, at, leaf")
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_threshold = 500)")
    op.execute(
        "ALTER TABLE outbox SET (toast.autovacuum_vacuum_scale_factor = 0, toast.autovacuum_vacuum_threshold = 5000)"
    )


def downgrade() -> None:
    op.execute(SPREAD)
    _replace(SINGLY, "station_id, at, direction, message_id, action, note, frame")
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_threshold = 5000)")
    op.execute("ALTER TABLE outbox RESET (toast.autovacuum_vacuum_scale_factor, toast.autovacuum_vacuum_threshold)")


def _replace(definition: str, columns: str) -> None:
    """Put what is in `leaves` into a new table, in partitions by the day."""
    op.execute("DROP TABLE frames")
    op.execute(definition)
    op.execute("CREATE TABLE frames_rest PARTITION OF frames DEFAULT")
    op.execute(PARTITIONS)
    op.execute(f"INSERT INTO frames ({columns}) SELECT {columns} FROM leaves ORDER BY at")
    op.execute("CREATE INDEX ix_frames_station_at ON frames (station_id, at DESC)")
    op.execute("DROP TABLE leaves")
