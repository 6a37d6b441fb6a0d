"""Whether a process is well, found out rather than remembered."""

import asyncio

import asyncpg

from csms.cluster.directory import RedisDirectory
from csms.kit.clock import Clock
from csms.ports.journal import JournalError
from csms.storage.journal import PostgresJournal
from csms.storage.reading import fetch

FRESH_S = 1.0
WITHIN_S = 1.0


class Health:
    """Asks the database once a second at the most, however many want to know.

    A process that commits nothing learns of an outage by this alone.
    """

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        journal: PostgresJournal,
        directory: RedisDirectory,
        clock: Clock,
    ) -> None:
        self._pool = pool
        self._journal = journal
        self._directory = directory
        self._clock = clock
        self._asking = asyncio.Lock()
        self._asked_at = -FRESH_S
        self._answers = False

    async def parts(self) -> dict[str, bool]:
        """Return what is well."""
        database = self._journal.ready and await self._database_answers()
        return {"database": database, "redis": self._directory.available}

    async def _database_answers(self) -> bool:
        async with self._asking:
            if self._clock.monotonic() - self._asked_at >= FRESH_S:
                try:
                    await fetch(self._pool, "SELECT 1", within_s=WITHIN_S)
                except JournalError:
                    self._answers = False
                else:
                    self._answers = True
                self._asked_at = self._clock.monotonic()
            return self._answers
