"""Who is connected, and when each was heard last; written in sweeps."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

import asyncpg
import structlog

from csms.kit.clock import Clock
from csms.ports.registry import Sign
from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

WRITE = """
INSERT INTO presence (station_id, online, protocol, remote, node, epoch, seen_at)
SELECT row.station_id, row.online, row.protocol, row.remote, leases.node, leases.epoch, row.seen_at
FROM unnest($2::text[], $3::boolean[], $4::text[], $5::text[], $6::timestamptz[])
    AS row (station_id, online, protocol, remote, seen_at)
JOIN leases ON leases.station_id = row.station_id AND leases.node = $1
JOIN stations ON stations.id = row.station_id ORDER BY row.station_id
ON CONFLICT (station_id) DO UPDATE SET online = excluded.online, protocol = excluded.protocol, remote = excluded.remote,
    node = excluded.node, epoch = excluded.epoch, seen_at = excluded.seen_at
WHERE excluded.epoch >= presence.epoch
"""
CHUNK = 1000
"""How many signs of life one statement writes at most, so that neither the loop nor others wait for it."""

Row = tuple[bool, str, str, datetime]


class PostgresPresence:
    """Notes who comes and goes, and writes it down every second; all who stay, once in `every_s` seconds.

    `here` tells who is connected when it is asked. A station that another node has claimed
    meanwhile is left to that node, and so is what it wrote under the higher epoch.
    """

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        clock: Clock,
        node: str,
        here: Callable[[], Iterator[Sign]],
        every_s: float,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._node = node
        self._here = here
        self._every_s = every_s
        self._changed: dict[str, Row] = {}
        self._last_words: dict[str, datetime] = {}
        self._round: Iterator[Sign] = iter(())
        self._round_at = clock.monotonic() + every_s
        self._writing = asyncio.Lock()

    def seen(self, station: str, *, online: bool, version: str, remote: str) -> None:
        """Note that a station is, or is no longer, connected."""
        heard_at = self._last_words.pop(station, None)
        at = self._clock.now() if online or heard_at is None else heard_at
        self._changed[station] = (online, version, remote, at)

    def heard(self, station: str, at: datetime) -> None:
        """Note when the line that a station is losing was heard last."""
        self._last_words[station] = at

    def begin_round(self) -> None:
        """Write all who are here anew, beginning with the next second."""
        self._round_at = self._clock.monotonic()

    async def run(self, tick_s: float = 1.0) -> None:
        """Write again and again, until cancelled."""
        while True:
            await asyncio.sleep(tick_s)
            await self.tick()

    async def tick(self) -> None:
        """Write what has changed, and the next of those who are due."""
        now = self._clock.monotonic()
        if now >= self._round_at:
            self._round, self._round_at = self._here(), now + self._every_s
        await self._write(self._round)

    async def write(self) -> None:
        """Write what has changed; it stays noted if the database is away."""
        await self._write(iter(()))

    async def _write(self, due: Iterator[Sign]) -> None:
        async with self._writing:
            rows: dict[str, Row] = {sign[0]: (True, *sign[1:]) for sign in islice(due, CHUNK)}
            changed, self._changed = self._changed, {}
            rows |= changed
            if not rows:
                return
            columns = zip(*((station, *row) for station, row in rows.items()), strict=True)
            try:
                async with asyncpg_timeout(self._pool) as connection:
                    await connection.execute(WRITE, self._node, *map(list, columns))
            except AWAY as error:
                log.warning("presence_not_written", error=str(error))
                self._changed = changed | self._changed
