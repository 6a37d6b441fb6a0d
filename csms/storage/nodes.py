"""Which nodes live: each beats in the database, and the stations of one that has stopped are shown offline."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import asyncpg
import structlog

from csms.kit.clock import Clock
from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

BEAT = """
INSERT INTO nodes (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET beat_at = now() RETURNING xmax = 0 AS is_new
"""
DEAD = "SELECT name FROM nodes WHERE beat_at < now() - $1::interval FOR UPDATE SKIP LOCKED"
WRITE_OFF = """
WITH left_behind AS (
    SELECT presence.station_id FROM presence JOIN leases ON leases.station_id = presence.station_id
    WHERE leases.node = $1 AND presence.online AND presence.epoch <= leases.epoch
    ORDER BY presence.station_id FOR UPDATE OF presence
)
UPDATE presence SET online = false FROM left_behind WHERE presence.station_id = left_behind.station_id
"""
"""The lease says whose a station is; whoever claimed it after this statement began has written a higher epoch."""
BURY = "DELETE FROM nodes WHERE name = $1"
BEATS_IN_SILENCE = 3


class PostgresNodes:
    """The beat of this node, and what it does for those whose beat is older than `silence_s`.

    A node judges others only after it could beat without a gap for as long: when the database was
    away, everybody's beat is old. One that was written off and lives all the same is told so by
    its next beat, and calls `resurrected`.
    """

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        clock: Clock,
        node: str,
        silence_s: float,
        resurrected: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._node = node
        self._silence = timedelta(seconds=silence_s)
        self._beat_s = silence_s / BEATS_IN_SILENCE
        self._resurrected = resurrected
        self._is_in = False
        self._beat_at = self._steady_since = clock.monotonic()

    async def enter(self) -> None:
        """Begin to beat, and write off what an earlier life of this node left behind."""
        async with asyncpg_timeout(self._pool) as connection, connection.transaction():
            await connection.execute(BEAT, self._node)
            await connection.execute(WRITE_OFF, self._node)
        self._is_in = True

    async def leave(self) -> None:
        """Leave nothing behind, where this node came in; if the database is away, others will do it."""
        if not self._is_in:
            return
        try:
            async with asyncpg_timeout(self._pool) as connection, connection.transaction():
                await connection.execute(WRITE_OFF, self._node)
                await connection.execute(BURY, self._node)
        except AWAY as error:
            log.warning("node_not_signed_off", error=str(error))

    async def run(self) -> None:
        """Beat, and look after the dead, until cancelled."""
        while True:
            await asyncio.sleep(self._beat_s)
            try:
                await self.beat()
                await self.look_after_the_dead()
            except AWAY as error:
                log.warning("node_not_beating", error=str(error))

    async def beat(self) -> None:
        """Say that this node lives."""
        async with asyncpg_timeout(self._pool) as connection:
            is_new = await connection.fetchval(BEAT, self._node)
        now = self._clock.monotonic()
        if now - self._beat_at > 2 * self._beat_s:
            self._steady_since = now
        self._beat_at = now
        if is_new:
            log.warning("node_was_written_off", node=self._node)
            self._resurrected()

    async def look_after_the_dead(self) -> None:
        """Show the stations of silent nodes offline; one node at a time does it for each."""
        if self._clock.monotonic() - self._steady_since < self._silence.total_seconds():
            return
        async with asyncpg_timeout(self._pool) as connection, connection.transaction():
            for record in await connection.fetch(DEAD, self._silence):
                written = await connection.execute(WRITE_OFF, record["name"])
                await connection.execute(BURY, record["name"])
                log.warning("node_written_off", dead=record["name"], stations=int(written.split()[-1]))
