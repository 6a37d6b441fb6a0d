"""What is swept out of the depot: old files, tickets that nobody can use, and bytes that are on no list."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import asyncpg
import structlog

from csms.kit.clock import Clock
from csms.ports.objects import Objects, ObjectsError
from csms.storage.depot import file_key
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

ROUND = 200
ABANDONED = """
UPDATE station_files SET status = 'lost', ended_at = now() WHERE status = 'coming' AND began_at < now() - interval '1 day'
"""
OLD = "SELECT id FROM station_files WHERE began_at < now() - make_interval(days => $1) ORDER BY began_at LIMIT $2"
FORGET = "DELETE FROM station_files WHERE id = ANY($1::text[])"
USELESS = "DELETE FROM tickets WHERE expires_at < now() - interval '30 days'"
LISTED = """
SELECT id FROM station_files WHERE id = ANY($1::text[]) AND status <> 'lost'
"""
IMAGES = "SELECT object_key FROM firmware_images WHERE object_key = ANY($1::text[])"


class DepotSweeper:
    """Sweeps; several at once do no harm. What is on no list is let lie for a day: it may be on its way there."""

    def __init__(self, *, pool: "asyncpg.Pool[asyncpg.Record]", objects: Objects, clock: Clock, keep_days: int) -> None:
        self._pool = pool
        self._objects = objects
        self._clock = clock
        self._keep_days = keep_days

    async def run(self, every_s: float = 21_600.0) -> None:
        """Sweep again and again, until cancelled."""
        while True:
            try:
                await self.sweep()
            except (*AWAY, ObjectsError) as error:
                log.warning("depot_not_swept", error=str(error))
            await asyncio.sleep(every_s)

    async def sweep(self) -> None:
        """Sweep once; raise what the database or the store raises."""
        await self._pool.execute(ABANDONED)
        while old := [record["id"] for record in await self._pool.fetch(OLD, self._keep_days, ROUND)]:
            for file in old:
                await self._objects.delete(file_key(file))
            await self._pool.execute(FORGET, old)
        await self._pool.execute(USELESS)
        await self._sweep_unlisted()

    async def _sweep_unlisted(self) -> None:
        latest, keys = self._clock.now() - timedelta(days=1), list[str]()
        async for found in self._objects.list():
            if found.modified_at < latest:
                keys.append(found.key)
            if len(keys) == ROUND:
                await self._delete_unlisted(keys)
                keys = []
        await self._delete_unlisted(keys)

    async def _delete_unlisted(self, keys: Sequence[str]) -> None:
        files = [key.removeprefix("brought/") for key in keys if key.startswith("brought/")]
        listed = {file_key(record["id"]) for record in await self._pool.fetch(LISTED, files)}
        listed |= {record["object_key"] for record in await self._pool.fetch(IMAGES, keys)}
        for key in keys:
            if key not in listed and key.startswith(("brought/", "firmware/")):
                await self._objects.delete(key)
