"""Bring a database to the newest form."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

ONE_AT_A_TIME = 7_205_759_403
"""The advisory lock that keeps nodes which start together from migrating together."""


def folder() -> Path:
    """Return where the migrations lie: beside the package in a checkout."""
    return Path(__file__).resolve().parents[2] / "migrations"


async def upgrade(dsn: str) -> None:
    """Run all migrations that `dsn` (a `postgresql://` URL) lacks; other callers wait for it."""
    engine = create_async_engine(
        dsn.replace("postgresql://", "postgresql+asyncpg://", 1).replace("postgres://", "postgresql+asyncpg://", 1)
    )
    try:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
            await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder()))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
