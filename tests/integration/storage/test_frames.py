"""The message log as REST reads it: every frame once, newest first, and through an upgrade."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from csms.features.stations.repository import Stations
from csms.kit.clock import SystemClock
from csms.ports.frames import LEAF_ROOM, Direction, Frame
from csms.storage import revisions
from csms.storage.frames import PostgresFrameLog
from tests.integration.storage.test_migrations import NewDatabase, new_database, on

__all__ = ["new_database"]

NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
async def pool(database: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    async with asyncpg.create_pool(database, min_size=1, max_size=4) as pool:
        yield pool


def log_of(pool: "asyncpg.Pool[asyncpg.Record]", **options: Any) -> PostgresFrameLog:
    return PostgresFrameLog(pool=pool, clock=SystemClock(), keep_days=30, **options)


def frame(n: int, **told: Any) -> Frame:
    direction = Direction.OUT if n % 2 else Direction.IN
    return Frame(NOON + timedelta(milliseconds=n), direction, f"text {n}", **({"action": f"A{n % 3}"} | told))


async def pages(stations: Stations, limit: int, **filters: Any) -> list[str]:
    """Return the texts of all frames, read page by page."""
    texts, after = [], None
    while True:
        options = dict.fromkeys(("direction", "action", "message_id", "since", "until")) | filters
        rows = await stations.frames("CP-1", after=after, limit=limit, **options)
        if not rows:
            return texts
        texts += [row.frame for _, row in rows]
        after = rows[-1][0], rows[-1][1].id


@pytest.mark.parametrize("limit", [1, 7, 500])
async def test_every_frame_is_read_once_newest_first_whatever_the_page(
    pool: "asyncpg.Pool[asyncpg.Record]", limit: int
) -> None:
    log, stations = log_of(pool), Stations(pool)
    for n in range(40):
        log.record("CP-1", frame(n))
        log.record("CP-2", frame(n))
        if n % 9 == 0:
            await log.write()
    await log.write()
    numbers = range(39, -1, -1)
    assert await pages(stations, limit) == [f"text {n}" for n in numbers]
    assert await pages(stations, limit, action="A1") == [f"text {n}" for n in numbers if n % 3 == 1]
    assert await pages(stations, limit, direction="out") == [f"text {n}" for n in numbers if n % 2]
    since = NOON + timedelta(milliseconds=20)
    assert await pages(stations, limit, since=since) == [f"text {n}" for n in numbers if n >= 20]
    assert log.written == 80


async def test_a_busy_moment_is_more_than_one_leaf(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    log = log_of(pool)
    for n in range(2 * LEAF_ROOM + 1):
        log.record("CP-1", frame(n))
    await log.write()
    assert await pool.fetchval("SELECT count(*) FROM frames") == 3
    assert await pages(Stations(pool), 500) == [f"text {n}" for n in range(2 * LEAF_ROOM, -1, -1)]


async def test_frames_of_before_are_still_there_after_an_upgrade_and_after_a_way_back(
    new_database: NewDatabase,
) -> None:
    def to(revision: str, step: Any) -> Any:
        def run(connection: Connection) -> None:
            config = Config()
            config.set_main_option("script_location", str(revisions.folder()))
            config.attributes["connection"] = connection
            step(config, revision)

        return run

    dsn = await new_database()
    await on(dsn, to("0003", command.upgrade))
    connection = await asyncpg.connect(dsn)
    told = [
        ("CP-1", NOON + timedelta(days=day, seconds=n // 50), "in", None, f"A{n % 2}", None, f'text {n}\\"')
        for n, day in enumerate([-1] * 120 + [0] * 30)
    ]
    await connection.copy_records_to_table(
        "frames",
        records=told,
        columns=["station_id", "at", "direction", "message_id", "action", "note", "frame"],
    )
    await on(dsn, to("0004", command.upgrade))
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool:
        assert await pages(Stations(pool), 40) == [row[-1] for row in reversed(told)]
    await on(dsn, to("0003", command.downgrade))
    singly = await connection.fetch("SELECT station_id, at, direction, message_id, action, note, frame FROM frames")
    assert sorted(map(repr, (tuple(row) for row in singly))) == sorted(map(repr, told))
    await connection.close()
