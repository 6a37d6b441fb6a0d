"""Questions to the database that stations wait for: answered in time, or not at all."""

import asyncpg

from csms.ports.journal import CommitRefused, JournalUnavailable
from csms.storage.engine import AWAY

READ_WITHIN_S = 3.0
"""A station waits for what is read here, and counts a late answer as none (Q70)."""

Pool = asyncpg.Pool


async def fetch(pool: "Pool[asyncpg.Record]", query: str, *arguments: object, within_s: float) -> list[asyncpg.Record]:
    """Return rows; raise `JournalUnavailable` if they do not come in time, `CommitRefused` if they never will.

    A connection that was silent is given up with all that hangs on it.
    """
    try:
        async with pool.acquire(timeout=within_s) as connection:
            try:
                return list(await connection.fetch(query, *arguments, timeout=within_s))
            except TimeoutError:
                connection.terminate()
                raise
    except asyncpg.DataError as error:
        raise CommitRefused(str(error)) from error
    except AWAY as error:
        raise JournalUnavailable(f"{type(error).__name__}: {error}") from error
