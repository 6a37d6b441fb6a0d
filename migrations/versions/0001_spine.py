"""The spine: network, journal, outbox, projections, message log.

The statements are frozen: what a table becomes later is told by later revisions.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE sites (
    id text NOT NULL,
    name text NOT NULL,
    city text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    CONSTRAINT pk_sites PRIMARY KEY (id)
);

CREATE TABLE stations (
    id text NOT NULL,
    site_id text,
    security_profile smallint DEFAULT '0' NOT NULL,
    password_hash text,
    boot_policy text DEFAULT 'Accepted' NOT NULL,
    subprotocol text,
    heartbeat_s integer,
    call_timeout_s integer,
    topology jsonb DEFAULT '[]' NOT NULL,
    version bigint DEFAULT '1' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    registration text,
    booted_at timestamptz,
    vendor text,
    model text,
    serial text,
    firmware text,
    boot_report jsonb,
    CONSTRAINT pk_stations PRIMARY KEY (id),
    CONSTRAINT fk_stations_site_id FOREIGN KEY (site_id) REFERENCES sites (id)
);

CREATE TABLE presence (
    station_id text NOT NULL,
    online boolean NOT NULL,
    protocol text,
    remote text,
    node text,
    seen_at timestamptz NOT NULL,
    CONSTRAINT pk_presence PRIMARY KEY (station_id),
    CONSTRAINT fk_presence_station_id FOREIGN KEY (station_id) REFERENCES stations (id) ON DELETE CASCADE
);

CREATE TABLE tokens (
    id text NOT NULL,
    value text NOT NULL,
    kind text NOT NULL,
    status text DEFAULT 'Accepted' NOT NULL,
    "group" text,
    expires_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_tokens PRIMARY KEY (id)
);

CREATE TABLE api_keys (
    id text NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    last_used_at timestamptz,
    expires_at timestamptz,
    CONSTRAINT pk_api_keys PRIMARY KEY (id),
    CONSTRAINT uq_api_keys_sha256 UNIQUE (sha256)
);

CREATE TABLE operators (
    id text NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_operators PRIMARY KEY (id)
);

CREATE TABLE installation (
    name text NOT NULL,
    value text NOT NULL,
    CONSTRAINT pk_installation PRIMARY KEY (name)
);

CREATE TABLE leases (
    station_id text NOT NULL,
    epoch bigint NOT NULL,
    node text NOT NULL,
    claimed_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (station_id)
);

CREATE TABLE journal (
    kind smallint NOT NULL,
    key text NOT NULL,
    sequence bigint NOT NULL,
    station_id text NOT NULL,
    type text NOT NULL,
    data text NOT NULL,
    recorded_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_journal PRIMARY KEY (kind, key, sequence)
);

CREATE TABLE outbox (
    id bigserial NOT NULL,
    facts text NOT NULL,
    CONSTRAINT pk_outbox PRIMARY KEY (id)
);

CREATE TABLE sessions (
    key text NOT NULL,
    station_id text NOT NULL,
    sequence bigint NOT NULL,
    ref text NOT NULL,
    number bigint,
    active boolean NOT NULL,
    evse bigint,
    connector bigint,
    token text,
    token_kind text,
    stop_token text,
    began_at timestamptz,
    ended_at timestamptz,
    last_heard_at timestamptz,
    reason text,
    charging_state text,
    reservation_id bigint,
    remote_start_id bigint,
    energy_wh bigint NOT NULL,
    meter_start_wh bigint,
    meter_stop_wh bigint,
    power_w bigint,
    soc_percent bigint,
    estimated boolean NOT NULL,
    flags text[] NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT pk_sessions PRIMARY KEY (key)
) WITH (fillfactor = 75);

CREATE TABLE connectors (
    station_id text NOT NULL,
    evse bigint NOT NULL,
    connector bigint NOT NULL,
    status text NOT NULL,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    error text,
    info text,
    vendor text,
    vendor_error text,
    CONSTRAINT pk_connectors PRIMARY KEY (station_id, evse, connector)
) WITH (fillfactor = 75);

CREATE TABLE station_calls (
    id text NOT NULL,
    station_id text NOT NULL,
    action text NOT NULL,
    payload text NOT NULL,
    asked_by text,
    asked_at timestamptz NOT NULL,
    outcome text,
    answer text,
    closed_at timestamptz,
    CONSTRAINT pk_station_calls PRIMARY KEY (id)
);

CREATE TABLE station_variables (
    station_id text NOT NULL,
    component text NOT NULL,
    component_instance text NOT NULL,
    evse bigint NOT NULL,
    connector bigint NOT NULL,
    variable text NOT NULL,
    variable_instance text NOT NULL,
    attribute text NOT NULL,
    value text,
    mutability text,
    unit text,
    data_type text,
    reported_at timestamptz NOT NULL,
    CONSTRAINT pk_station_variables PRIMARY KEY (station_id, component, component_instance, evse, connector, variable, variable_instance, attribute)
);

CREATE TABLE notices (
    id bigserial NOT NULL,
    station_id text NOT NULL,
    topic text NOT NULL,
    body text NOT NULL,
    review text,
    at timestamptz NOT NULL,
    CONSTRAINT pk_notices PRIMARY KEY (id)
);

CREATE TABLE frames (
    id bigint GENERATED ALWAYS AS IDENTITY,
    station_id text NOT NULL,
    at timestamptz NOT NULL,
    direction text NOT NULL,
    message_id text,
    action text,
    note text,
    frame text NOT NULL
) PARTITION BY RANGE (at);

CREATE TABLE frames_rest PARTITION OF frames DEFAULT
"""

INDEXES = """
CREATE INDEX ix_stations_site_id ON stations (site_id);
CREATE UNIQUE INDEX uq_stations_folded_id ON stations (lower(id));
CREATE UNIQUE INDEX uq_tokens_folded_value_kind ON tokens (lower(value), lower(kind));
CREATE UNIQUE INDEX uq_operators_folded_email ON operators (lower(email));
CREATE INDEX ix_sessions_active ON sessions (station_id) WHERE active;
CREATE INDEX ix_sessions_created ON sessions (created_at, key);
CREATE INDEX ix_sessions_station_began ON sessions (station_id, began_at);
CREATE INDEX ix_sessions_station_ref ON sessions (station_id, lower(ref), began_at);
CREATE UNIQUE INDEX uq_sessions_number ON sessions (number) WHERE number is not null;
CREATE INDEX ix_station_calls_station_asked ON station_calls (station_id, asked_at);
CREATE INDEX ix_notices_station_id ON notices (station_id, id);
CREATE INDEX ix_frames_station_at ON frames (station_id, at DESC)
"""

REST = """
CREATE SEQUENCE transaction_numbers CACHE 1;
ALTER TABLE outbox ALTER COLUMN facts SET STORAGE EXTERNAL;
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000)
"""

NAMES = (
    "frames, notices, station_variables, station_calls, connectors, sessions, outbox, journal, leases, "
    "installation, operators, api_keys, tokens, presence, stations, sites"
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for statements in (TABLES, INDEXES, REST):
        for statement in statements.split(";"):
            op.execute(statement)


def downgrade() -> None:
    op.execute("DROP SEQUENCE transaction_numbers")
    op.execute(f"DROP TABLE {NAMES}")
