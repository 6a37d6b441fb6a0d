"""Facts go out at least once and in order, whatever dies on the way."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import asyncpg
import msgspec
import pytest

from csms.cluster.client import open_client
from csms.cluster.events import StreamPublisher
from csms.cluster.keys import Keys
from csms.ports.events import Fact, facts_decoder
from csms.storage import engine, outbox
from csms.storage.outbox import OutboxRelay
from tests.eventually import eventually
from tests.integration.storage.conftest import Stores
from tests.integration.strait import strait_to
from tests.unit.domain.stories import begin, end, update

Place = tuple[str, int]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "LEAD_AGAIN_S", 0.02)
    monkeypatch.setattr(outbox, "Backoff", Brief)


class Brief:
    """A backoff that hardly waits."""

    def __init__(self, **_: float) -> None:
        pass

    def next_s(self) -> float:
        return 0.01

    def reset(self) -> None:
        pass


class MemoryPublisher:
    """Keeps what goes out; `trouble` is asked before each batch of a call, and may raise."""

    def __init__(self, trouble: Callable[[], Any] = lambda: None) -> None:
        self.trouble = trouble
        self.out: list[Place] = []

    async def publish(self, batches: Sequence[str]) -> None:
        for batch in batches:
            if (waiting := self.trouble()) is not None:
                await waiting
            self.out += [(fact.key, fact.sequence) for fact in facts_decoder.decode(batch)]

    @property
    def news(self) -> list[Place]:
        """Return what went out, each fact where it came first."""
        return list(dict.fromkeys(self.out))


class Relays:
    """Relays on the test's database, one task each."""

    def __init__(self, stores: Stores) -> None:
        self.stores = stores
        self.tasks: list[asyncio.Task[None]] = []
        self.pids: list[int] = []

    async def connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        connection = await engine.connect(self.stores.dsn)
        self.pids.append(connection.get_server_pid())
        return connection

    def start(self, publisher: Any, poll_s: float = 0.01) -> OutboxRelay:
        relay = OutboxRelay(connect=self.connect, publisher=publisher)
        self.tasks.append(asyncio.create_task(relay.run(poll_s)))
        return relay

    async def kill(self, task: "asyncio.Task[None]") -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def cut(self) -> None:
        """End the newest connection from the other side."""
        await self.stores.pool.execute("SELECT pg_terminate_backend($1)", self.pids[-1])


@pytest.fixture
async def relays(stores: Stores) -> AsyncIterator[Relays]:
    started = Relays(stores)
    yield started
    for task in started.tasks:
        assert not task.done(), "a relay gave up"
        await started.kill(task)


async def write(stores: Stores, key: str, more: int = 3) -> None:
    session = stores.session(key)
    await session.execute(begin(number=None))
    for minute in range(1, more):
        await session.execute(update(minute, 1000 + minute))
    await session.execute(end(more, 2000))


async def is_empty(stores: Stores) -> bool:
    return bool(await stores.pool.fetchval("SELECT count(*) = 0 FROM outbox"))


def places(key: str, facts: int = 4) -> list[Place]:
    return [(key, sequence) for sequence in range(1, facts + 1)]


async def test_what_is_out_is_removed_and_what_is_written_wakes_the_relay(stores: Stores, relays: Relays) -> None:
    publisher = MemoryPublisher()
    stores.journal.on_written = relays.start(publisher, poll_s=60).wake
    await eventually(lambda: stores.pool.fetchval("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory'"))
    await write(stores, "key")
    await eventually(lambda: publisher.out == places("key"), within=2)
    await eventually(lambda: is_empty(stores))


async def test_what_another_process_writes_is_found_by_looking(stores: Stores, relays: Relays) -> None:
    publisher = MemoryPublisher()
    relays.start(publisher)
    await write(stores, "key")
    await eventually(lambda: publisher.out == places("key"))


async def test_a_relay_killed_between_publishing_and_removing_leads_to_a_repetition_and_no_loss(
    stores: Stores, relays: Relays
) -> None:
    await write(stores, "before")
    first, second = MemoryPublisher(), MemoryPublisher()
    blocker = await asyncpg.connect(stores.dsn)
    await blocker.execute("BEGIN; SELECT * FROM outbox FOR UPDATE")
    relays.start(first)
    await eventually(lambda: stores.pool.fetchval("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"))
    assert first.out == places("before")
    await relays.kill(relays.tasks.pop())
    await relays.cut()
    await blocker.close()
    await write(stores, "after")
    relays.start(second)
    await eventually(lambda: second.out == places("before") + places("after"))
    await eventually(lambda: is_empty(stores))


async def test_a_connection_cut_between_publishing_and_removing_leads_to_a_repetition_and_no_loss(
    stores: Stores, relays: Relays
) -> None:
    cuts = 3

    def trouble() -> Any:
        nonlocal cuts
        cuts -= 1
        return relays.cut() if cuts >= 0 else None

    publisher = MemoryPublisher(trouble)
    relays.start(publisher)
    await write(stores, "key")
    await eventually(lambda: is_empty(stores))
    assert publisher.news == places("key")
    assert len(publisher.out) > 4, "what was out was sent again"


@pytest.mark.parametrize("seed", range(3))
async def test_the_order_of_each_entity_is_kept_through_any_trouble(stores: Stores, relays: Relays, seed: int) -> None:
    lot = random.Random(seed)

    async def fail() -> None:
        raise ConnectionError("away")

    def trouble() -> Any:
        fate = lot.random()
        if fate < 0.2:
            return fail()
        return relays.cut() if fate < 0.3 else None

    publisher = MemoryPublisher(trouble)
    relays.start(publisher)
    await asyncio.gather(*(write(stores, f"key-{n}", more=8) for n in range(5)))
    publisher.trouble = lambda: None
    await eventually(lambda: is_empty(stores))
    for n in range(5):
        assert [place for place in publisher.news if place[0] == f"key-{n}"] == places(f"key-{n}", 9)


async def test_one_relay_leads_and_another_takes_over_when_it_dies(stores: Stores, relays: Relays) -> None:
    first, second = MemoryPublisher(), MemoryPublisher()
    relays.start(first)
    await write(stores, "one")
    await eventually(lambda: first.out == places("one"))
    relays.start(second)
    await write(stores, "two")
    await eventually(lambda: first.out == places("one") + places("two"))
    assert second.out == []
    await relays.kill(relays.tasks.pop(0))
    await write(stores, "three")
    await eventually(lambda: second.out == places("three"))
    assert first.out == places("one") + places("two")


async def test_more_rows_than_one_reading_takes_go_out_in_order(stores: Stores, relays: Relays) -> None:
    facts = [
        msgspec.json.encode([Fact("CP7", 2, "key", sequence, "x", msgspec.Raw(b"{}"))]).decode()
        for sequence in range(1, 3 * outbox.BATCH + 2)
    ]
    await stores.pool.executemany("INSERT INTO outbox (facts) VALUES ($1)", [(text,) for text in facts])
    publisher = MemoryPublisher()
    relays.start(publisher)
    await eventually(lambda: is_empty(stores))
    assert publisher.out == places("key", len(facts))


async def test_redis_away_and_back_loses_and_disorders_nothing(stores: Stores, relays: Relays, redis_url: str) -> None:
    keys = Keys("outbox-test")
    async with strait_to(redis_url) as strait:
        client, watcher = open_client(strait.url), open_client(redis_url)

        async def streamed() -> list[Place]:
            entries = await watcher.xrange(keys.events)
            return [
                (fact.key, fact.sequence) for _, fields in entries for fact in facts_decoder.decode(fields["facts"])
            ]

        async def news() -> list[Place]:
            return list(dict.fromkeys(await streamed()))

        relay = relays.start(StreamPublisher(client=client, keys=keys))
        await write(stores, "one")
        await eventually(lambda: is_empty(stores))
        assert await streamed() == places("one")
        strait.close()
        await write(stores, "two")
        strait.mute()
        await strait.open()
        await write(stores, "three")
        strait.cut()
        strait.unmute()
        await eventually(lambda: is_empty(stores))
        assert await news() == places("one") + places("two") + places("three")
        assert relay.published == 12
        await client.aclose()
        await watcher.aclose()
