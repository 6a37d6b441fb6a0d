"""Which form a database has, and which it should have; who has to change it loads the machinery for that."""

from functools import cache
from pathlib import Path

import asyncpg

from csms.kit.failures import StartFailed


def folder() -> Path:
    """Return where the migrations lie: beside the package in a checkout."""
    return Path(__file__).resolve().parents[2] / "migrations"


@cache
def known() -> tuple[str, ...]:
    """Return all revisions, the newest last: each is the number that the name of its file begins with."""
    return tuple(sorted(path.name.partition("_")[0] for path in (folder() / "versions").glob("[0-9]*_*.py")))


async def check(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Raise `StartFailed` for a database that lacks migrations; one that is ahead of this program is good.

    While a new version is rolled out, the old one starts on what the new one has migrated.
    """
    found, *older, wanted = await _found(pool), *known()
    if found is None or found in older:
        raise StartFailed(
            f"DATABASE_URL: the database is at migration {found or 'none'} and needs {wanted}; run `csms migrate`"
        )


async def is_newest(pool: "asyncpg.Pool[asyncpg.Record]") -> bool:
    """Whether nothing is left to migrate."""
    return await _found(pool) == known()[-1]


async def upgrade(dsn: str) -> None:
    """Bring a database to the newest form; see `migrate.upgrade`."""
    from csms.storage import migrate  # noqa: PLC0415  # 30 MiB and a third of a second that only who migrates pays

    await migrate.upgrade(dsn)


async def _found(pool: "asyncpg.Pool[asyncpg.Record]") -> str | None:
    made = await pool.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    found: str | None = await pool.fetchval("SELECT max(version_num) FROM alembic_version") if made else None
    return found
