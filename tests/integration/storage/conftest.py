"""One database, and the rooms of the storage on it, without actors or lines."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import asyncpg
import msgspec
import pytest

from csms.actors.entity import Entity, Lease
from csms.domain.session import decide as of_sessions
from csms.domain.session.evolve import evolve as evolve_session
from csms.domain.session.state import Session
from csms.domain.station import decide as of_stations
from csms.domain.station.evolve import evolve as evolve_station
from csms.domain.station.state import Station
from csms.kit.tasks import Tasks
from csms.ports.events import Fact
from csms.ports.journal import Kind
from csms.storage import engine
from csms.storage.archive import PostgresArchive
from csms.storage.journal import Connect, PostgresJournal
from csms.storage.progress import SessionProgress
from tests.integration.storage.gateways import Both, two_gateways

ROW = "SELECT * FROM sessions WHERE key = $1"


async def outcomes(*commits: "asyncio.Future[object] | object") -> list[object]:
    async with asyncio.timeout(10):
        return await asyncio.gather(*commits, return_exceptions=True)  # type: ignore[arg-type]


class Stores:
    """The journal, and what reads it, with a pool of their own."""

    def __init__(self, dsn: str, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.dsn = dsn
        self.pool = pool
        self.tasks = Tasks()
        self.progress = SessionProgress(pool=pool)
        self.archive = PostgresArchive(pool=pool, tasks=self.tasks, number_key=b"key")
        self.journal = self.open_journal()

    def open_journal(self, connect: Connect | None = None, **more: Any) -> PostgresJournal:
        connect = connect or partial(engine.connect, self.dsn)
        return PostgresJournal(connect=connect, tasks=self.tasks, progress=self.progress, **more)

    async def lease(self, station: str, epoch: int = 1) -> None:
        await self.pool.execute(
            "INSERT INTO leases (station_id, epoch, node) VALUES ($1, $2, 'test') "
            "ON CONFLICT (station_id) DO UPDATE SET epoch = excluded.epoch",
            station,
            epoch,
        )

    def session(
        self,
        key: str,
        station: str = "CP7",
        *,
        epoch: int = 1,
        sequence: int = 1,
        journal: PostgresJournal | None = None,
    ) -> Entity[Session]:
        return Entity(
            kind=Kind.SESSION,
            key=key,
            station=station,
            state=Session(),
            sequence=sequence,
            lease=Lease(epoch),
            deciders=of_sessions.DECIDERS,
            evolve=evolve_session,
            journal=journal or self.journal,
        )

    def station(self, station: str = "CP7", *, epoch: int = 1, sequence: int = 1) -> Entity[Station]:
        return Entity(
            kind=Kind.STATION,
            key=station,
            station=station,
            state=Station(),
            sequence=sequence,
            lease=Lease(epoch),
            deciders=of_stations.DECIDERS,
            evolve=evolve_station,
            journal=self.journal,
        )

    async def facts(self) -> list[tuple[str, int]]:
        """Return key and sequence of all that is durable."""
        return [tuple(row) for row in await self.pool.fetch("SELECT key, sequence FROM journal ORDER BY key, sequence")]

    async def posted(self) -> list[tuple[str, int]]:
        """Return key and sequence of all that waits to go out, in its order."""
        rows = await self.pool.fetch("SELECT facts FROM outbox ORDER BY id")
        return [
            (fact.key, fact.sequence) for row in rows for fact in msgspec.json.decode(row["facts"], type=list[Fact])
        ]

    async def row(self, key: str) -> asyncpg.Record:
        """Return what readers see of a session."""
        record = await self.pool.fetchrow(ROW, key)
        assert record is not None
        return record


@pytest.fixture
async def stores(database: str) -> AsyncIterator[Stores]:
    pool = await engine.open_pool(database, size=4)
    opened = Stores(database, pool)
    await opened.lease("CP7")
    yield opened
    await opened.tasks.stop()
    await opened.journal.close()
    await pool.close()


@pytest.fixture
async def gateways(database: str) -> AsyncIterator[Both]:
    async with two_gateways(database) as both:
        yield both
