"""Bring a database to the newest form."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from csms.storage.engine import connect_patiently
from csms.storage.revisions import folder

ONE_AT_A_TIME = 7_205_759_403
"""The advisory lock that keeps nodes which start together from migrating together."""


async def upgrade(dsn: str) -> None:
    """Run all migrations that `dsn` (a `postgresql://` URL) lacks; other callers wait for it.

    Raises `StartFailed` if there is no database.
    """
    migrating = create_async_engine("postgresql+asyncpg://", async_creator=lambda: connect_patiently(dsn))
    try:
        async with migrating.connect() as connection:
            await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
            await connection.commit()
            await connection.run_sync(_upgrade)
            await connection.commit()
    finally:
        await migrating.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder()))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
