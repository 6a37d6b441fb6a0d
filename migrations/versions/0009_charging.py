"""What stations hold to limit charging, and what they told of it."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = {
    "charging_profiles": """
        station_id text NOT NULL,
        profile_id bigint NOT NULL,
        at timestamptz NOT NULL,
        record text NOT NULL,
        CONSTRAINT pk_charging_profiles PRIMARY KEY (station_id, profile_id)
    """,
    "charging_profile_answers": """
        station_id text NOT NULL,
        purpose text NOT NULL,
        kind text NOT NULL,
        unit text NOT NULL,
        stack_level bigint NOT NULL,
        status text NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_charging_profile_answers PRIMARY KEY (station_id, purpose, kind, unit, stack_level)
    """,
    "charging_profile_reports": """
        station_id text NOT NULL,
        request_id bigint NOT NULL,
        found boolean,
        complete boolean NOT NULL,
        profiles integer NOT NULL,
        at timestamptz NOT NULL,
        CONSTRAINT pk_charging_profile_reports PRIMARY KEY (station_id, request_id)
    """,
    "composite_schedules": """
        station_id text NOT NULL,
        evse bigint NOT NULL,
        status text NOT NULL,
        at timestamptz NOT NULL,
        duration_s bigint NOT NULL,
        unit text,
        composite text,
        changed_since boolean NOT NULL DEFAULT 'false',
        CONSTRAINT pk_composite_schedules PRIMARY KEY (station_id, evse)
    """,
    "charging_constraints": """
        station_id text NOT NULL,
        source text NOT NULL,
        evse bigint NOT NULL,
        at timestamptz NOT NULL,
        record text NOT NULL,
        CONSTRAINT pk_charging_constraints PRIMARY KEY (station_id, source, evse)
    """,
    "charging_settings": """
        station_id text NOT NULL,
        nominal_voltage_v smallint NOT NULL DEFAULT '230',
        phases smallint NOT NULL DEFAULT '3',
        forgets_on_reboot boolean NOT NULL DEFAULT 'false',
        CONSTRAINT pk_charging_settings PRIMARY KEY (station_id),
        CONSTRAINT fk_charging_settings_station_id FOREIGN KEY (station_id) REFERENCES stations (id) ON DELETE CASCADE
    """,
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    for name, columns in TABLES.items():
        op.execute(f"CREATE TABLE {name} ({columns})")
    op.execute("ALTER TABLE station_variables ADD COLUMN max_limit double precision")


def downgrade() -> None:
    op.execute("ALTER TABLE station_variables DROP COLUMN max_limit")
    for name in reversed(TABLES):
        op.execute(f"DROP TABLE {name}")
