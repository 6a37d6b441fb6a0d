"""What stations asked to have signed, and what came of that."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLE = """
CREATE TABLE certificate_orders (
    id text NOT NULL,
    station_id text NOT NULL,
    kind text,
    request_id bigint,
    csr text,
    key_kind text,
    key_bits integer,
    key_digest text,
    subject text NOT NULL,
    stage text NOT NULL,
    reason text,
    detail text,
    repeats integer NOT NULL DEFAULT 0,
    asked_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    due_at timestamptz,
    held_until timestamptz,
    tries integer NOT NULL DEFAULT 0,
    deliveries integer NOT NULL DEFAULT 0,
    issued_at timestamptz,
    chain text,
    issuer text,
    serial text,
    not_before timestamptz,
    not_after timestamptz,
    fingerprint text,
    call_id text,
    sent_at timestamptz,
    status text,
    disputed_at timestamptz,
    dispute text,
    CONSTRAINT pk_certificate_orders PRIMARY KEY (id),
    CONSTRAINT fk_certificate_orders_station_id FOREIGN KEY (station_id) REFERENCES stations (id)
        ON DELETE CASCADE
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(TABLE)
    op.execute("CREATE INDEX ix_certificate_orders_station ON certificate_orders (lower(station_id), asked_at)")
    op.execute("CREATE INDEX ix_certificate_orders_asked ON certificate_orders (asked_at, id)")
    op.execute("CREATE INDEX ix_certificate_orders_call ON certificate_orders (call_id) WHERE call_id IS NOT NULL")
    op.execute(
        """
        CREATE INDEX ix_certificate_orders_due ON certificate_orders (due_at)
        WHERE stage = ANY (ARRAY['asked', 'issued', 'sent'])
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE certificate_orders")
