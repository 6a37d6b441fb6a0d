"""Who is connected, written in sweeps."""

import asyncio
from datetime import datetime

import asyncpg
import structlog

from csms.kit.clock import Clock
from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

WRITE = """
INSERT INTO presence (station_id, online, protocol, remote, node, seen_at)
SELECT row.* FROM unnest($1::text[], $2::boolean[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    AS row (station_id, online, protocol, remote, node, seen_at)
JOIN stations ON stations.id = row.station_id ORDER BY row.station_id
ON CONFLICT (station_id) DO UPDATE SET online = excluded.online, protocol = excluded.protocol, remote = excluded.remote,
    node = excluded.node, seen_at = excluded.seen_at
WHERE excluded.online OR presence.node = excluded.node
"""
FORGET = "UPDATE presence SET online = false WHERE node = $1 AND online"

Row = tuple[bool, str, str, datetime]


class PostgresPresence:
    """Notes who comes and goes, and writes it down every second.

    A station that another node has meanwhile is not written off by this one.
    """

    def __init__(self, *, pool: "asyncpg.Pool[asyncpg.Record]", clock: Clock, node: str) -> None:
        self._pool = pool
        self._clock = clock
        self._node = node
        self._changed: dict[str, Row] = {}
        self._writing = asyncio.Lock()

    def seen(self, station: str, *, online: bool, version: str, remote: str) -> None:
        """Note that a station is, or is no longer, connected."""
        self._changed[station] = (online, version, remote, self._clock.now())

    async def run(self, every_s: float = 1.0) -> None:
        """Write again and again, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.write()

    async def forget_node(self) -> None:
        """Write off what an earlier life of this node left behind."""
        async with asyncpg_timeout(self._pool) as connection:
            await connection.execute(FORGET, self._node)

    async def write(self) -> None:
        """Write what has changed; it stays noted if the database is away."""
        async with self._writing:
            changed, self._changed = self._changed, {}
            if not changed:
                return
            rows = [(station, row[0], row[1], row[2], self._node, row[3]) for station, row in changed.items()]
            try:
                async with asyncpg_timeout(self._pool) as connection:
                    await connection.execute(WRITE, *[list(column) for column in zip(*rows, strict=True)])
            except AWAY as error:
                log.warning("presence_not_written", error=str(error))
                self._changed = changed | self._changed
