"""What is swept out of the depot, and what is not."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from csms.kit.clock import SystemClock
from csms.storage.depot import file_key
from csms.storage.depot_sweep import ROUND, DepotSweeper
from csms.storage.engine import open_pool
from csms.storage.objects.folder import FolderObjects

FILE = """
INSERT INTO station_files (id, station_id, ticket_id, errand_id, name, status, transport, began_at)
VALUES ($1, 'S', 't', 'e', 'n', $2, 'http', now() - make_interval(days => $3))
"""
TICKET = """
INSERT INTO tickets (id, sha256, station_id, purpose, errand_id, expires_at)
VALUES ($1, $1, 'S', 'bring', 'e', now() - make_interval(days => $2))
"""


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Any]:
    pool = await open_pool(database, size=2)
    yield pool
    await pool.close()


async def one(byte: bytes) -> AsyncIterator[bytes]:
    yield byte


class Depot:
    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", folder: Path) -> None:
        self.pool, self.folder = pool, folder
        self.objects = FolderObjects(folder)
        self.sweeper = DepotSweeper(pool=pool, objects=self.objects, clock=SystemClock(), keep_days=90)

    async def keep(self, key: str, *, old: bool) -> None:
        await self.objects.put(key, one(b"x"))
        if old:
            os.utime(self.folder / key, (0, 0))

    async def keys(self) -> list[str]:
        return [found.key async for found in self.objects.list()]


@pytest.fixture
async def depot(pool: Any, tmp_path: Path) -> Depot:
    depot = Depot(pool, tmp_path)
    await depot.objects.open()
    return depot


async def test_files_go_after_their_time_with_their_bytes(depot: Depot) -> None:
    for n, days in enumerate([89, 91, *[200] * ROUND]):
        await depot.pool.execute(FILE, f"f{n}", "whole", days)
    for name in ("f0", "f1", "f2"):
        await depot.keep(file_key(name), old=True)
    await depot.sweeper.sweep()
    assert [record["id"] for record in await depot.pool.fetch("SELECT id FROM station_files")] == ["f0"]
    assert await depot.keys() == [file_key("f0")]


async def test_what_stopped_coming_is_lost_and_its_bytes_go(depot: Depot) -> None:
    for name, days in (("old", 2), ("new", 0)):
        await depot.pool.execute(FILE, name, "coming", days)
        await depot.keep(file_key(name), old=days > 0)
    await depot.sweeper.sweep()
    found = await depot.pool.fetch("SELECT id, status FROM station_files ORDER BY id")
    assert [(record["id"], record["status"]) for record in found] == [("new", "coming"), ("old", "lost")]
    assert await depot.keys() == [file_key("new")]


async def test_bytes_on_no_list_go_after_a_day(depot: Depot) -> None:
    await depot.pool.execute(
        "INSERT INTO firmware_images (id, name, whole, object_key) VALUES ('i', 'n', true, 'firmware/i.1')"
    )
    kept = ["exports/mine", "firmware/i.1", "firmware/i.3"]
    for key in (*kept[:2], "firmware/i.2", "brought/nobody"):
        await depot.keep(key, old=True)
    await depot.keep("firmware/i.3", old=False)
    await depot.sweeper.sweep()
    assert await depot.keys() == kept


async def test_tickets_go_long_after_they_expired(depot: Depot) -> None:
    for name, days in (("gone", 31), ("expired", 29)):
        await depot.pool.execute(TICKET, name, days)
    await depot.sweeper.sweep()
    assert [record["id"] for record in await depot.pool.fetch("SELECT id FROM tickets")] == ["expired"]
