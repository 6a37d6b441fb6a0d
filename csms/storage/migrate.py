"""Bring a database to the newest form."""

from functools import cache
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from csms.kit.failures import StartFailed
from csms.storage.engine import connect_patiently

ONE_AT_A_TIME = 7_205_759_403
"""The advisory lock that keeps nodes which start together from migrating together."""


def folder() -> Path:
    """Return where the migrations lie: beside the package in a checkout."""
    return Path(__file__).resolve().parents[2] / "migrations"


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


async def check(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Raise `StartFailed` for a database that lacks migrations; one that is ahead of this program is good.

    While a new version is rolled out, the old one starts on what the new one has migrated.
    """
    (wanted, known), found = _revisions(), await _found(pool)
    if found is None or found in known - {wanted}:
        raise StartFailed(
            f"DATABASE_URL: the database is at migration {found or 'none'} and needs {wanted}; run `csms migrate`"
        )


async def is_newest(pool: "asyncpg.Pool[asyncpg.Record]") -> bool:
    """Whether nothing is left to migrate."""
    return await _found(pool) == _revisions()[0]


async def _found(pool: "asyncpg.Pool[asyncpg.Record]") -> str | None:
    made = await pool.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    found: str | None = await pool.fetchval("SELECT max(version_num) FROM alembic_version") if made else None
    return found


@cache
def _revisions() -> tuple[str | None, frozenset[str]]:
    """Return the newest revision, and all that there are."""
    scripts = ScriptDirectory(str(folder()))
    return scripts.get_current_head(), frozenset(script.revision for script in scripts.walk_revisions())


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(folder()))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
