"""The spine: network, journal, outbox, projections, message log."""

from alembic import op

from csms.storage.tables import facts, metadata, network

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    network.sites,
    network.stations,
    network.presence,
    network.tokens,
    network.api_keys,
    network.operators,
    network.installation,
    facts.leases,
    facts.journal,
    facts.outbox,
    facts.sessions,
    facts.connectors,
    facts.station_calls,
    facts.station_variables,
    facts.notices,
)

FRAMES = """
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


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    metadata.create_all(op.get_bind(), tables=list(TABLES))
    op.execute(FRAMES)
    op.execute("CREATE INDEX ix_frames_station_at ON frames (station_id, at DESC)")
    op.execute("CREATE TABLE frames_rest PARTITION OF frames DEFAULT")
    op.execute("CREATE SEQUENCE transaction_numbers CACHE 1")
    op.execute("ALTER TABLE outbox ALTER COLUMN facts SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)")


def downgrade() -> None:
    op.execute("DROP SEQUENCE transaction_numbers")
    op.execute("DROP TABLE frames")
    metadata.drop_all(op.get_bind(), tables=list(TABLES))
