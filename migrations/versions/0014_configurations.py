"""How stations are wanted to be set up, and how it went."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

CONFIGURATIONS = """
CREATE TABLE configurations (
    name text NOT NULL,
    station_id text,
    selection jsonb NOT NULL,
    wanted jsonb NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_configurations PRIMARY KEY (name),
    CONSTRAINT uq_configurations_station_id UNIQUE (station_id),
    CONSTRAINT fk_configurations_station_id FOREIGN KEY (station_id) REFERENCES stations (id) ON DELETE CASCADE
)
"""
ATTEMPTS = """
CREATE TABLE configuration_attempts (
    station_id text NOT NULL,
    component text NOT NULL,
    variable text NOT NULL,
    wanted text NOT NULL,
    outcome text NOT NULL,
    firmware text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_configuration_attempts PRIMARY KEY (station_id, component, variable)
)
"""
CHECKS = """
CREATE TABLE configuration_checks (
    station_id text NOT NULL,
    booted_at timestamptz NOT NULL,
    CONSTRAINT pk_configuration_checks PRIMARY KEY (station_id)
)
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute(CONFIGURATIONS)
    op.execute(ATTEMPTS)
    op.execute(CHECKS)


def downgrade() -> None:
    op.execute("DROP TABLE configuration_checks")
    op.execute("DROP TABLE configuration_attempts")
    op.execute("DROP TABLE configurations")
