"""Charging profiles that are sent again after a restart, where an operator wants that."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

RESTORATIONS = """
CREATE TABLE charging_restorations (
    station_id text NOT NULL,
    booted_at timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 1,
    held_until timestamptz,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    next_try_at timestamptz,
    CONSTRAINT pk_charging_restorations PRIMARY KEY (station_id),
    CONSTRAINT fk_charging_restorations_station_id FOREIGN KEY (station_id) REFERENCES stations (id)
        ON DELETE CASCADE
)
"""
PROFILES = """
CREATE TABLE restored_profiles (
    station_id text NOT NULL,
    profile_id bigint NOT NULL,
    evse bigint NOT NULL,
    purpose text NOT NULL,
    stack_level bigint NOT NULL,
    call_id text NOT NULL,
    asked_at timestamptz NOT NULL,
    outcome text,
    detail text,
    ended_at timestamptz,
    CONSTRAINT pk_restored_profiles PRIMARY KEY (station_id, profile_id),
    CONSTRAINT fk_restored_profiles_station_id FOREIGN KEY (station_id) REFERENCES stations (id)
        ON DELETE CASCADE
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("ALTER TABLE charging_settings ADD COLUMN restores_after_reboot boolean NOT NULL DEFAULT false")
    op.execute(RESTORATIONS)
    op.execute(PROFILES)


def downgrade() -> None:
    op.execute("DROP TABLE restored_profiles")
    op.execute("DROP TABLE charging_restorations")
    op.execute("ALTER TABLE charging_settings DROP COLUMN restores_after_reboot")
