"""The stream of facts: live, resumed from any place, trimmed, cut off, and started again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from csms.cluster import events
from csms.cluster.events import EventReader, StreamPublisher
from csms.cluster.keys import Keys
from csms.embedded.valkey import EmbeddedValkey
from csms.kit.tasks import Tasks
from csms.ports.events import Fact
from csms.ports.live import LiveFact
from tests.eventually import eventually
from tests.integration.cluster.conftest import OpenClient
from tests.integration.strait import strait_to


def batch(*sequences: int, station: str = "CP-1") -> str:
    facts = [Fact(station, 2, "key", sequence, "SessionUpdated", msgspec.Raw(b"{}")) for sequence in sequences]
    return msgspec.json.encode(facts).decode()


class Follower:
    """Follows in the background, and keeps what came."""

    def __init__(self, reader: EventReader, after: str | None = None, **more: Any) -> None:
        more.setdefault("accepts", lambda fact: True)
        more.setdefault("quiet_s", 5.0)
        self.came: list[LiveFact] = []
        self.quiet = 0
        self.stream = reader.follow(after=after, **more)
        self.task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async for live in self.stream:
            if live is None:
                self.quiet += 1
            else:
                self.came.append(live)

    @property
    def sequences(self) -> list[int]:
        return [live.fact.sequence for live in self.came]

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.stream.aclose()  # type: ignore[attr-defined]


Follow = Callable[..., Follower]


@pytest.fixture
async def reader(connect: OpenClient, keys: Keys, tasks: Tasks) -> EventReader:
    reading = EventReader(client=connect(), keys=keys)
    tasks.spawn(reading.run(), name="events")
    return reading


@pytest.fixture
async def follow(reader: EventReader) -> AsyncIterator[Follow]:
    followers: list[Follower] = []

    def start(after: str | None = None, **more: Any) -> Follower:
        followers.append(Follower(reader, after, **more))
        return followers[-1]

    yield start
    for follower in followers:
        await follower.stop()


async def told(follower: Follower, *sequences: int) -> None:
    with contextlib.suppress(AssertionError):
        await eventually(lambda: len(follower.sequences) >= len(sequences), within=5)
    assert follower.sequences == list(sequences)


async def begun(redis: Redis) -> None:
    """Wait until somebody waits for what comes."""
    await eventually(lambda: _blocked(redis))


async def nobody_waits(redis: Redis) -> bool:
    return not await _blocked(redis)


async def _blocked(redis: Redis) -> bool:
    return bool((await redis.info("clients"))["blocked_clients"])


async def test_nothing_is_read_while_nobody_follows_and_who_comes_later_misses_nothing(
    redis: Redis, publisher: StreamPublisher, follow: Follow
) -> None:
    await publisher.publish([batch(1)])
    assert await nobody_waits(redis)
    first = follow(after="0")
    await told(first, 1)
    await publisher.publish([batch(2)])
    await told(first, 1, 2)
    place = first.came[-1].id
    await first.stop()
    await publisher.publish([batch(3)])
    await eventually(lambda: nobody_waits(redis))
    await publisher.publish([batch(4)])
    assert await nobody_waits(redis)
    again = follow(after=place)
    await told(again, 3, 4)
    await publisher.publish([batch(5)])
    await told(again, 3, 4, 5)


async def test_facts_come_live_and_in_order_each_to_those_that_want_it(
    redis: Redis, publisher: StreamPublisher, follow: Follow
) -> None:
    everything, one = follow(), follow(accepts=lambda fact: fact.station == "CP-2")
    await begun(redis)
    await publisher.publish([batch(1, 2), batch(3, station="CP-2")])
    await publisher.publish([batch(4), batch(5, 6, station="CP-2")])
    await told(everything, 1, 2, 3, 4, 5, 6)
    await told(one, 3, 5, 6)
    assert len({live.id for live in everything.came}) == 6


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 4), min_size=1, max_size=12), page=st.integers(1, 5), data=st.data())
async def test_from_any_place_exactly_the_rest_comes(
    redis: Redis,
    keys: Keys,
    publisher: StreamPublisher,
    follow: Follow,
    sizes: list[int],
    page: int,
    data: st.DataObject,
) -> None:
    await redis.delete(keys.events)
    count = 0
    for size in sizes:
        await publisher.publish([batch(*range(count + 1, count + size + 1))])
        count += size
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(events, "PAGE", page)
        everything = follow(after="0")
        await told(everything, *range(1, count + 1))
        if count:
            cut = data.draw(st.integers(0, count - 1))
            rest = follow(after=everything.came[cut].id)
            await told(rest, *range(cut + 2, count + 1))
            await rest.stop()
        await everything.stop()


async def test_what_comes_while_missed_facts_are_read_comes_once(
    publisher: StreamPublisher, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "PAGE", 2)
    await publisher.publish([batch(n) for n in range(1, 41)])
    followers = [follow(after="0") for _ in range(5)]
    for n in range(41, 81):
        await publisher.publish([batch(n)])
    for follower in followers:
        await told(follower, *range(1, 81))


async def test_a_place_that_was_trimmed_leads_on_from_what_is_left(
    redis: Redis, keys: Keys, publisher: StreamPublisher, follow: Follow
) -> None:
    await publisher.publish([batch(n) for n in range(1, 21)])
    first = follow(after="0")
    await told(first, *range(1, 21))
    await redis.xtrim(keys.events, maxlen=5, approximate=False)
    resumed = follow(after=first.came[3].id)
    await told(resumed, *range(16, 21))
    await redis.xtrim(keys.events, maxlen=0, approximate=False)
    nothing_left = follow(after=first.came[3].id)
    await begun(redis)
    await publisher.publish([batch(21)])
    await told(nothing_left, 21)
    await told(resumed, *range(16, 22))


ODD_IDS = ["", "nonsense", "-", ".", "-1-0.0", "1e9", "\u0663", "9" * 5000, "0-0.x", "$", "+"]


@pytest.mark.parametrize("odd", ODD_IDS, ids=range(len(ODD_IDS)))
async def test_an_id_that_is_none_comes_before_all(publisher: StreamPublisher, follow: Follow, odd: str) -> None:
    await publisher.publish([batch(1)])
    await told(follow(after=odd), 1)


@pytest.mark.parametrize("far", ["99999999999999-0.0", f"{2**64 - 1}-{2**64 - 1}.9", f"{2**70}-0.0"])
async def test_an_id_of_the_future_misses_nothing_that_is_still_to_come(
    redis: Redis, publisher: StreamPublisher, follow: Follow, far: str
) -> None:
    await publisher.publish([batch(1)])
    follower = follow(after=far)
    await begun(redis)
    await publisher.publish([batch(2)])
    await told(follower, 2)


async def test_a_follower_that_falls_behind_is_cut_off_and_resumes_without_a_gap(
    redis: Redis, publisher: StreamPublisher, reader: EventReader, follow: Follow
) -> None:
    slow = reader.follow(accepts=lambda fact: True, after=None, room=3)
    waiting = asyncio.create_task(anext(slow))
    quick = follow()
    await begun(redis)
    await publisher.publish([batch(1)])
    first = await waiting
    assert first is not None
    await publisher.publish([batch(n) for n in range(2, 12)])
    await told(quick, *range(1, 12))
    seen = [first, *[live async for live in slow if live is not None]]
    assert len(seen) < 11, "it was cut off"
    await told(follow(after=seen[-1].id), *range(seen[-1].fact.sequence + 1, 12))


async def test_silence_is_told_and_facts_come_after_it(
    redis: Redis, publisher: StreamPublisher, follow: Follow
) -> None:
    follower = follow(quiet_s=0.01)
    await eventually(lambda: follower.quiet >= 2)
    await begun(redis)
    await publisher.publish([batch(1)])
    await told(follower, 1)


@pytest.mark.parametrize("entry", [{"facts": "nonsense"}, {"facts": "[{}]"}, {"truth": "x"}, {"facts": "{}"}])
async def test_an_entry_that_cannot_be_read_is_passed_over(
    redis: Redis, keys: Keys, publisher: StreamPublisher, follow: Follow, entry: dict[str, str]
) -> None:
    live = follow()
    await begun(redis)
    await publisher.publish([batch(1)])
    await redis.xadd(keys.events, entry)
    await publisher.publish([batch(2)])
    await told(live, 1, 2)
    await told(follow(after="0"), 1, 2)


async def test_a_server_that_stops_and_starts_again_costs_a_follower_nothing(
    tmp_path: Path, connect: OpenClient, keys: Keys, tasks: Tasks
) -> None:
    async with EmbeddedValkey(tmp_path / "valkey") as valkey:
        publisher = StreamPublisher(client=connect(valkey.url), keys=keys)
        reader = EventReader(client=connect(valkey.url), keys=keys)
        tasks.spawn(reader.run(), name="events")
        live = Follower(reader)
        await begun(connect(valkey.url))
        await publisher.publish([batch(1, 2)])
        await told(live, 1, 2)
        valkey.pause_watching()
        await valkey.halt()
        with pytest.raises(events.AWAY):
            await publisher.publish([batch(3)])
        waiting = Follower(reader, after=live.came[0].id)
        await valkey.start()
        await publisher.publish([batch(3)])
        await told(live, 1, 2, 3)
        await told(waiting, 2, 3)
        for follower in (live, waiting):
            await follower.stop()


async def test_what_is_published_before_the_reader_is_back_is_not_lost_even_if_it_was_the_first(
    redis_url: str, redis: Redis, keys: Keys, publisher: StreamPublisher, connect: OpenClient, tasks: Tasks
) -> None:
    async with strait_to(redis_url) as strait:
        await publisher.publish([batch(0)])
        reader = EventReader(client=connect(strait.url), keys=keys)
        tasks.spawn(reader.run(), name="events")
        live = Follower(reader)
        await begun(redis)
        strait.close()
        await eventually(lambda: nobody_waits(redis))
        await publisher.publish([batch(1)])
        await strait.open()
        await told(live, 1)
        await live.stop()
