"""Several workers carry out the same operations: nothing is done twice, and nothing is lost with one of them."""

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from csms.domain.fleet.outcomes import Outcome
from csms.features.operations.runner import OperationRunner
from csms.kit.tasks import Tasks
from csms.ports.assignments import Assignment, Ending
from csms.storage import engine
from tests.eventually import eventually

RULES = """{"sizes": [%d], "per_second": 1000.0, "at_once": 40}"""


class CountingCarrier:
    """Counts what it is given; what it is given after `hangs_after` never ends."""

    effect: str | None = None

    def __init__(self, hangs_after: int | None = None) -> None:
        self.carried: Counter[str] = Counter()
        self.hangs_after = hangs_after
        self.heard: dict[str, Ending] = {}

    async def check(self, body: str, protocols: Any) -> None:
        """Nothing is wrong with it."""

    async def carry(self, assignment: Assignment) -> Ending:
        self.carried[assignment.station] += 1
        if self.hangs_after is not None and self.carried.total() > self.hangs_after:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return Ending(Outcome.ACCEPTED)

    async def recall(self, call_id: str) -> Ending | None:
        return self.heard.get(call_id)


@pytest.fixture
async def pool(database: str) -> AsyncIterator["asyncpg.Pool[asyncpg.Record]"]:
    opened = await engine.open_pool(database, size=10)
    yield opened
    await opened.close()


Hire = Callable[[CountingCarrier], Awaitable[Tasks]]


@pytest.fixture
async def hire(pool: "asyncpg.Pool[asyncpg.Record]") -> AsyncIterator[Hire]:
    hired: list[Tasks] = []

    async def one_more(carrier: CountingCarrier) -> Tasks:
        hired.append(tasks := Tasks())
        runner = OperationRunner(
            pool=pool,
            carriers={"count": carrier},
            effects={},
            tasks=tasks,
            poll_s=0.02,
            look_s=0.05,
        )
        tasks.spawn(runner.run(), name="run")
        tasks.spawn(runner.watch(), name="watch")
        return tasks

    yield one_more
    for tasks in hired:
        await tasks.stop()


async def operation(pool: "asyncpg.Pool[asyncpg.Record]", stations: int) -> str:
    name = str(uuid.uuid4())
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(
            """INSERT INTO operations (id, kind, command, body, selection, rules, timezone, wait_s, state, created_by)
               VALUES ($1, 'bulk', 'count', '{}', '{}', $2::jsonb, 'UTC', 0, 'running', 'test')""",
            name,
            RULES % stations,
        )
        await connection.execute(
            """INSERT INTO assignments (operation_id, place, station_id, wave)
               SELECT $1, n, 'CP-' || n, 1 FROM generate_series(1, $2) AS n""",
            name,
            stations,
        )
    return name


async def finished(pool: "asyncpg.Pool[asyncpg.Record]", name: str) -> Any:
    return await pool.fetchval("SELECT state = 'finished' FROM operations WHERE id = $1", name)


async def outcomes(pool: "asyncpg.Pool[asyncpg.Record]", name: str) -> dict[str, int]:
    rows = await pool.fetch("SELECT outcome, count(*) FROM assignments WHERE operation_id = $1 GROUP BY outcome", name)
    return {row["outcome"]: row["count"] for row in rows}


async def test_three_workers_ask_each_station_of_three_operations_once(
    pool: "asyncpg.Pool[asyncpg.Record]", hire: Hire
) -> None:
    names = [await operation(pool, 150) for _ in range(3)]
    carriers = [CountingCarrier() for _ in range(3)]
    for carrier in carriers:
        await hire(carrier)
    for name in names:
        await eventually(lambda name=name: finished(pool, name), within=30)
        assert await outcomes(pool, name) == {"Accepted": 150}
    total = sum((carrier.carried for carrier in carriers), Counter[str]())
    assert total == Counter({f"CP-{n}": 3 for n in range(1, 151)})
    assert all(carrier.carried for carrier in carriers), "all of them worked"


async def test_what_a_worker_had_asked_when_it_died_is_unknown_and_never_asked_again(
    pool: "asyncpg.Pool[asyncpg.Record]", hire: Hire
) -> None:
    name = await operation(pool, 100)
    doomed, other = CountingCarrier(hangs_after=20), CountingCarrier()
    tasks = await hire(doomed)
    await eventually(lambda: doomed.carried.total() >= 60)
    await tasks.stop()
    asked = await pool.fetch("SELECT station_id, call_id FROM assignments WHERE state = 'asked'")
    other.heard = {row["call_id"]: Ending(Outcome.REFUSED, answer='{"status":"Rejected"}') for row in asked[:7]}
    await pool.execute("UPDATE assignments SET claimed_until = now() WHERE state = 'asked'")
    await hire(other)
    await eventually(lambda: finished(pool, name), within=30)
    told = await outcomes(pool, name)
    assert told["Refused"] == 7, "of these it is on record how they ended"
    assert told["Unknown"] == len(asked) - 7
    assert told["Accepted"] == 100 - len(asked)
    assert not set(doomed.carried) & set(other.carried)
    assert max((doomed.carried + other.carried).values()) == 1


async def test_a_claim_that_still_holds_is_left_to_whoever_has_it(
    pool: "asyncpg.Pool[asyncpg.Record]", hire: Hire
) -> None:
    name = await operation(pool, 1)
    slow, other = CountingCarrier(hangs_after=0), CountingCarrier()
    await hire(slow)
    await eventually(lambda: slow.carried.total())
    await hire(other)
    second = await operation(pool, 5)
    await eventually(
        lambda: pool.fetchval(
            "SELECT count(*) = 5 FROM assignments WHERE operation_id = $1 AND state <> 'waiting'", second
        )
    )
    assert await pool.fetchval("SELECT state FROM assignments WHERE operation_id = $1", name) == "asked"
