"""Sees to it that stations have the lists that are to be kept: after a restart, and when a list is another one (Q112)."""

import asyncio
from datetime import timedelta

import asyncpg
import structlog

from csms.features.local_lists.sync import ListSync
from csms.kit.clock import Clock
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

DUE = """
SELECT wanted.station_id FROM wanted_lists AS wanted
    JOIN presence ON presence.station_id = wanted.station_id AND presence.online
    JOIN stations ON stations.id = wanted.station_id AND stations.registration = 'Accepted'
    LEFT JOIN local_lists AS list ON list.station_id = wanted.station_id
WHERE wanted.keep AND (wanted.held_until IS NULL OR wanted.held_until < $1) AND stations.booted_at < $1 - $2::interval
    AND (wanted.began_at IS NULL OR wanted.began_at < greatest(stations.booted_at, wanted.set_at)
        OR (coalesce(list.digest <> ALL (wanted.digests), true) AND wanted.ended_at < $1 - CASE
            WHEN wanted.outcome IN ('Refused', 'Unsupported', 'TooLarge', 'Invalid') THEN interval '6 hours'
            ELSE interval '5 minutes' END))
ORDER BY wanted.station_id LIMIT $3
"""
AT_ONCE = 10
BY = "house"


class ListKeeper:
    """Brings a few stations at a time to their lists; no two workers the same one."""

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        sync: ListSync,
        clock: Clock,
        settle_s: float,
        every_s: float = 15.0,
    ) -> None:
        self._pool = pool
        self._sync = sync
        self._clock = clock
        self._settle_s = settle_s
        self._every_s = every_s

    async def run(self) -> None:
        """Look again and again, until cancelled; a house that asks nothing by itself does not begin."""
        while self._settle_s:
            try:
                await self.look()
            except AWAY as error:
                log.warning("lists_not_kept", error=str(error))
            await asyncio.sleep(self._every_s)

    async def look(self) -> int:
        """Bring the stations to their lists that are due, and return how many."""
        now = self._clock.now()
        due = await self._pool.fetch(DUE, now, timedelta(seconds=self._settle_s), AT_ONCE)
        held = [record["station_id"] for record in due if await self._sync.wanted.hold(record["station_id"], now)]
        ends = await asyncio.gather(*(self._sync.run(station, BY) for station in held), return_exceptions=True)
        for station, end in zip(held, ends, strict=True):
            if isinstance(end, BaseException):
                log.warning("lists_not_kept", station=station, error=f"{type(end).__name__}: {end}")
        return len(held)
