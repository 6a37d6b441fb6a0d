"""What is written in sweeps: who is here, and what nobody needs any more."""

import asyncio

import asyncpg
import pytest
import structlog

from csms.kit.clock import SystemClock
from csms.storage import engine, housekeeping
from csms.storage.presence import PostgresPresence
from tests.eventually import eventually
from tests.integration.storage.conftest import Stores
from tests.integration.storage.gateways import CLAIM
from tests.integration.strait import strait_to


@pytest.fixture
async def stations(stores: Stores) -> Stores:
    await stores.pool.execute("INSERT INTO stations (id) VALUES ('CP-1'), ('CP-2')")
    await stores.pool.execute(CLAIM, ["CP-1", "CP-2", "GONE"], "here")
    return stores


def presence(pool: "asyncpg.Pool[asyncpg.Record]") -> PostgresPresence:
    return PostgresPresence(pool=pool, clock=SystemClock(), node="here", here=lambda: iter(()), every_s=60)


def come(where: PostgresPresence, station: str) -> None:
    where.seen(station, online=True, version="ocpp1.6", remote="10.0.0.1:7")


def go(where: PostgresPresence, station: str) -> None:
    where.seen(station, online=False, version="ocpp1.6", remote="10.0.0.1:7")


async def online(stores: Stores) -> dict[str, tuple[bool, str]]:
    rows = await stores.pool.fetch("SELECT station_id, online, node FROM presence")
    return {row["station_id"]: (row["online"], row["node"]) for row in rows}


async def test_the_last_that_was_seen_of_a_station_counts_and_an_unknown_one_disturbs_nobody(stations: Stores) -> None:
    here = presence(stations.pool)
    come(here, "GONE")
    for turn in (come, go, come, go):
        turn(here, "CP-1")
    come(here, "CP-2")
    await here.write()
    assert await online(stations) == {"CP-1": (False, "here"), "CP-2": (True, "here")}


async def test_what_was_seen_while_the_database_was_away_is_written_afterwards(stations: Stores) -> None:
    async with strait_to(stations.dsn) as strait:
        pool = await engine.open_pool(strait.url, size=1)
        here = presence(pool)
        come(here, "CP-1")
        come(here, "CP-2")
        strait.close()
        await here.write()
        go(here, "CP-1")
        await strait.open()
        await here.write()
        assert await online(stations) == {"CP-1": (False, "here"), "CP-2": (True, "here")}
        await pool.close()


async def test_writes_of_a_node_never_overtake_one_another(stations: Stores) -> None:
    here = presence(stations.pool)
    blocker = await asyncpg.connect(stations.dsn)
    await blocker.execute("BEGIN; LOCK TABLE presence IN ACCESS EXCLUSIVE MODE")
    come(here, "CP-1")
    first = asyncio.create_task(here.write())
    await eventually(lambda: blocker.fetchval("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"))
    go(here, "CP-1")
    last = asyncio.create_task(here.write())
    for _ in range(5):
        await asyncio.sleep(0)
    assert await blocker.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") == 1
    await blocker.close()
    await asyncio.gather(first, last)
    assert await online(stations) == {"CP-1": (False, "here")}


async def test_old_answers_are_swept_out_young_ones_stay_and_an_outage_ends_no_sweeping(stores: Stores) -> None:
    await stores.pool.execute(
        """INSERT INTO idempotency_keys (caller, key, fingerprint, created_at) SELECT 'caller', key, '', now() - age
        FROM (VALUES ('old', interval '26 hours'), ('young', interval '24 hours'), ('new', interval '0')) AS a (key, age)"""
    )
    async with strait_to(stores.dsn) as strait:
        pool = await engine.open_pool(strait.url, size=1)
        strait.close()
        with structlog.testing.capture_logs() as lines:
            sweeping = asyncio.create_task(housekeeping.run(pool, events_keep_days=30, every_s=0.01))
            await eventually(lambda: [line for line in lines if line["event"] == "not_swept"])
        await strait.open()
        await eventually(lambda: stores.pool.fetchval("SELECT count(*) = 2 FROM idempotency_keys"))
        assert not sweeping.done()
        sweeping.cancel()
        await asyncio.gather(sweeping, return_exceptions=True)
        await pool.close()
    kept = await stores.pool.fetch("SELECT key FROM idempotency_keys ORDER BY key")
    assert [row["key"] for row in kept] == ["new", "young"]


async def test_security_events_are_listed_as_long_as_they_are_to_be_kept(stores: Stores) -> None:
    await stores.pool.execute(
        """INSERT INTO security_events (station_id, kind, at, received_at, critical)
        SELECT 'CP-1', kind, now(), now() - age, false
        FROM (VALUES ('old', interval '31 days'), ('young', interval '29 days')) AS a (kind, age)"""
    )
    sweeping = asyncio.create_task(housekeeping.run(stores.pool, events_keep_days=30, every_s=0.01))
    await eventually(lambda: stores.pool.fetchval("SELECT array_agg(kind) = '{young}' FROM security_events"))
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
