"""What two nodes know of presence, without their sockets, over one real database."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from csms.kit.clock import SystemClock
from csms.ports.registry import Sign
from csms.storage.nodes import PostgresNodes
from csms.storage.presence import PostgresPresence

CLAIM = """
INSERT INTO leases (station_id, epoch, node) SELECT id, 1, $2 FROM unnest($1::text[]) AS wanted (id)
ON CONFLICT (station_id) DO UPDATE SET epoch = leases.epoch + 1, node = excluded.node
"""
AGE = "UPDATE nodes SET beat_at = beat_at - $2::interval WHERE name = $1"
START = datetime(2026, 11, 24, tzinfo=UTC)
PACE_S, SILENCE_S = 60.0, 45.0
Pool = asyncpg.Pool


class HandClock(SystemClock):
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class Gateway:
    """What a node knows of presence, without its sockets."""

    def __init__(self, pool: "Pool[Any]", name: str, clock: HandClock) -> None:
        self.pool, self.name, self.clock = pool, name, clock
        self.lines: dict[str, datetime] = {}
        self.presence = PostgresPresence(pool=pool, clock=clock, node=name, here=self.signs, every_s=PACE_S)
        self.nodes = PostgresNodes(
            pool=pool, clock=clock, node=name, silence_s=SILENCE_S, resurrected=self.presence.begin_round
        )

    def signs(self) -> Iterator[Sign]:
        for station, heard_at in list(self.lines.items()):
            if station in self.lines:
                yield Sign(station, "ocpp1.6", "10.0.0.1", heard_at)

    async def claim(self, *stations: str) -> None:
        await self.pool.execute(CLAIM, list(stations), self.name)

    def attach(self, *stations: str) -> None:
        for station in stations:
            self.lines[station] = self.clock.now()
            self.presence.seen(station, online=True, version="ocpp1.6", remote="10.0.0.1")

    async def welcome(self, *stations: str) -> None:
        await self.claim(*stations)
        self.attach(*stations)
        await self.presence.write()

    def lose(self, station: str) -> None:
        self.presence.heard(station, self.lines.pop(station))
        self.presence.seen(station, online=False, version="ocpp1.6", remote="10.0.0.1")

    async def beat_for(self, seconds: float) -> None:
        """Beat as a living node does, and look after the dead each time."""
        for _ in range(int(seconds // 15)):
            self.clock.seconds += 15
            await self.nodes.beat()
            await self.nodes.look_after_the_dead()

    async def die_unseen(self) -> None:
        """Let the beat be as old as that of a node which was killed."""
        await self.pool.execute(AGE, self.name, timedelta(seconds=SILENCE_S + 1))


Both = tuple[Gateway, Gateway]


@contextlib.asynccontextmanager
async def two_gateways(database: str) -> AsyncIterator[Both]:
    """Two nodes that have come in, of nine stations."""
    async with asyncpg.create_pool(database, min_size=1, max_size=6) as pool:
        await pool.execute("INSERT INTO stations (id) SELECT 'CP-' || n FROM generate_series(1, 9) AS n")
        clock = HandClock()
        one, two = Gateway(pool, "one", clock), Gateway(pool, "two", clock)
        await one.nodes.enter()
        await two.nodes.enter()
        yield one, two


async def shown(gateway: Gateway) -> dict[str, tuple[bool, str]]:
    """Who is shown online, and by which node, by the station."""
    records = await gateway.pool.fetch("SELECT station_id, online, node FROM presence ORDER BY 1")
    return {record["station_id"]: (record["online"], record["node"]) for record in records}


async def seen_at(gateway: Gateway, station: str) -> float:
    """When a station was heard last as far as is shown, in seconds of the clock."""
    found = await gateway.pool.fetchval("SELECT seen_at FROM presence WHERE station_id = $1", station)
    return float((found - START).total_seconds())


async def somebody_waits(gateway: Gateway) -> bool:
    """Whether a statement waits for a lock."""
    waiting = "wait_event_type = 'Lock' AND datname = current_database()"
    return bool(await gateway.pool.fetchval(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}"))
