"""Asking another node to call a station: once, with an answer for every way in which it can fail."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from redis.asyncio import Redis

from csms.cluster.calls import UNREAD_FOR_S, ClusterCalls, Envelope
from csms.cluster.directory import RedisDirectory
from csms.cluster.keys import Keys
from csms.kit.clock import SystemClock
from csms.kit.tasks import Tasks
from csms.ports.commands import CallOutcome, CallReport, CallRequest
from tests.eventually import eventually
from tests.integration.cluster.conftest import OpenClient
from tests.integration.strait import strait_to

Deed = Callable[[CallRequest], Awaitable[CallReport]]


async def answer(request: CallRequest) -> CallReport:
    return CallReport(request.call_id, CallOutcome.ANSWERED, "ocpp1.6", answer=request.payload)


class Node:
    """The calls of one node, and the stations that are connected to it."""

    def __init__(self, client: Redis, keys: Keys, name: str, tasks: Tasks, deed: Deed = answer) -> None:
        self.client, self.keys, self.name = client, keys, name
        self.deed = deed
        self.called: list[CallRequest] = []
        self.stations: dict[str, str] = {}
        self.directory = RedisDirectory(client=client, keys=keys, node=name, owned=dict)
        self.calls = ClusterCalls(
            client=client, keys=keys, node=name, directory=self.directory, local=self, clock=SystemClock(), tasks=tasks
        )
        self._tasks = tasks

    async def call(self, request: CallRequest) -> CallReport:
        self.called.append(request)
        return await self.deed(request)

    async def protocol(self, station: str) -> str | None:
        return self.stations.get(station)

    async def live(self) -> None:
        """Show a sign of life, and read from now on."""
        await self.client.set(self.keys.node(self.name), "alive")
        streams = (self.keys.inbox(self.name), self.keys.replies(self.name))
        for stream in streams:
            await self.client.xadd(stream, {"body": "of an earlier life"})
        self.serve()
        for stream in streams:
            await eventually(lambda stream=stream: is_read(self.client, stream))

    def serve(self) -> None:
        self._tasks.spawn(self.calls.take_calls(), name=f"calls/{self.name}")
        self._tasks.spawn(self.calls.take_reports(), name=f"reports/{self.name}")

    async def own(self, station: str, epoch: int = 1) -> None:
        self.stations[station] = "ocpp1.6"
        await self.directory._write({station: (epoch, "ocpp1.6")})


async def is_read(client: Redis, stream: str) -> bool:
    return not await client.xlen(stream)


def request(call_id: str = "call", station: str = "CP-1", within_s: float = 5.0) -> CallRequest:
    return CallRequest(call_id, station, "Reset", '{"type":"Soft"}', within_s, "test")


@pytest.fixture
async def here(connect: OpenClient, keys: Keys, tasks: Tasks) -> Node:
    node = Node(connect(), keys, "here", tasks)
    await node.live()
    return node


@pytest.fixture
async def there(connect: OpenClient, keys: Keys, tasks: Tasks) -> Node:
    node = Node(connect(), keys, "there", tasks)
    await node.live()
    await node.own("CP-1")
    return node


async def test_a_call_finds_the_owner_and_its_report_comes_back(here: Node, there: Node) -> None:
    report = await here.calls.call(request())
    assert report == CallReport("call", CallOutcome.ANSWERED, "ocpp1.6", answer='{"type":"Soft"}')
    assert there.called == [request()]
    assert here.called == []


async def test_a_station_that_is_here_is_called_here_even_if_others_say_otherwise(here: Node, there: Node) -> None:
    here.stations["CP-1"] = "ocpp1.6"
    await here.calls.call(request())
    assert (len(here.called), len(there.called)) == (1, 0)


async def test_many_calls_at_once_each_have_their_own_report(here: Node, there: Node) -> None:
    async def slow_or_not(request: CallRequest) -> CallReport:
        await asyncio.sleep(0.02 if request.call_id.endswith("7") else 0)
        return CallReport(request.call_id, CallOutcome.ANSWERED, answer=request.call_id)

    there.deed = slow_or_not
    reports = await asyncio.gather(*(here.calls.call(request(f"call-{n}")) for n in range(150)))
    assert [report.answer for report in reports] == [f"call-{n}" for n in range(150)]
    assert len(there.called) == 150


async def test_nothing_of_a_call_stays_behind_for_it_may_hold_a_password(
    here: Node, there: Node, redis: Redis, keys: Keys
) -> None:
    await here.calls.call(request())
    for stream in (keys.inbox("there"), keys.replies("here")):
        await eventually(lambda stream=stream: is_read(redis, stream))
        assert 0 < await redis.ttl(stream) <= UNREAD_FOR_S


async def test_who_has_no_owner_is_offline(here: Node) -> None:
    report = await here.calls.call(request(station="CP-2"))
    assert report.outcome is CallOutcome.OFFLINE
    assert await here.calls.protocol("CP-2") is None


async def test_the_station_of_a_node_that_lives_no_more_is_offline(here: Node, there: Node, redis: Redis) -> None:
    assert await here.calls.protocol("CP-1") == "ocpp1.6"
    await redis.delete(there.keys.node("there"))
    assert (await here.calls.call(request())).outcome is CallOutcome.OFFLINE
    assert await here.calls.protocol("CP-1") is None
    assert there.called == []


async def test_a_node_that_died_just_now_is_waited_for_no_longer_than_told_and_its_call_is_forgotten(
    here: Node, redis: Redis, keys: Keys
) -> None:
    await redis.set(keys.node("dead"), "alive")
    await redis.hset(keys.owner("CP-1"), mapping={"node": "dead", "epoch": "1", "protocol": "ocpp1.6"})
    report = await asyncio.wait_for(here.calls.call(request(within_s=0.1)), 2)
    assert report == CallReport("call", CallOutcome.TIMED_OUT)
    assert 0 < await redis.ttl(keys.inbox("dead")) <= UNREAD_FOR_S
    assert here.calls._awaited == {}


async def test_a_call_of_an_earlier_life_of_a_node_is_not_carried_out(
    here: Node, connect: OpenClient, redis: Redis, keys: Keys, tasks: Tasks
) -> None:
    await redis.set(keys.node("there"), "alive")
    await redis.hset(keys.owner("CP-1"), mapping={"node": "there", "epoch": "1", "protocol": "ocpp1.6"})
    asking = asyncio.create_task(here.calls.call(request(within_s=0.3)))
    await eventually(lambda: redis.xlen(keys.inbox("there")))
    again = Node(connect(), keys, "there", tasks)
    again.serve()
    assert (await asking).outcome is CallOutcome.TIMED_OUT
    assert again.called == []
    assert await is_read(redis, keys.inbox("there")), "it may hold a password"


@pytest.mark.parametrize("copies", [2, 5])
async def test_a_call_that_comes_more_than_once_is_sent_once(
    here: Node, there: Node, redis: Redis, keys: Keys, copies: int
) -> None:
    envelope = Envelope(request(), "here", SystemClock().now().timestamp() + 5)
    for _ in range(copies):
        await redis.xadd(keys.inbox("there"), {"body": msgspec.json.encode(envelope)})
    await here.calls.call(request("other"))
    assert [request.call_id for request in there.called] == ["call", "other"]


async def test_a_call_whose_time_is_over_is_not_sent(here: Node, there: Node, redis: Redis, keys: Keys) -> None:
    envelope = Envelope(request(), "here", SystemClock().now().timestamp() - 0.1)
    await redis.xadd(keys.inbox("there"), {"body": msgspec.json.encode(envelope)})
    await here.calls.call(request("other"))
    assert [request.call_id for request in there.called] == ["other"]


BAD = ["", "nonsense", "{}", "[]", '{"request":{},"reply_to":"x"}', '{"call_id":"call","outcome":"Novel"}']


async def test_messages_that_cannot_be_read_stop_neither_calls_nor_reports(
    here: Node, there: Node, redis: Redis, keys: Keys
) -> None:
    for bad in BAD:
        await redis.xadd(keys.inbox("there"), {"body": bad})
        await redis.xadd(keys.replies("here"), {"body": bad})
    await redis.xadd(keys.inbox("there"), {"soul": "x"})
    assert (await here.calls.call(request())).outcome is CallOutcome.ANSWERED


async def test_reports_that_nobody_waits_for_or_that_come_twice_disturb_nobody(
    here: Node, there: Node, redis: Redis, keys: Keys
) -> None:
    async def report_first(request: CallRequest) -> CallReport:
        early = CallReport(request.call_id, CallOutcome.ERROR)
        for report in (CallReport("stranger", CallOutcome.ANSWERED), early, early):
            await redis.xadd(keys.replies("here"), {"body": msgspec.json.encode(report)})
        return await answer(request)

    there.deed = report_first
    assert (await here.calls.call(request())).outcome is CallOutcome.ERROR
    there.deed = answer
    assert (await here.calls.call(request("next"))).outcome is CallOutcome.ANSWERED


async def test_a_reply_that_is_lost_times_out_and_the_next_call_is_answered(
    redis_url: str, here: Node, connect: OpenClient, keys: Keys, tasks: Tasks
) -> None:
    async with strait_to(redis_url) as strait:
        there = Node(connect(strait.url), keys, "there", tasks)
        await there.live()
        await there.own("CP-1")

        async def cut_off(request: CallRequest) -> CallReport:
            strait.close()
            return await answer(request)

        there.deed = cut_off
        report = await asyncio.wait_for(here.calls.call(request(within_s=0.2)), 3)
        assert report.outcome is CallOutcome.TIMED_OUT
        there.deed = answer
        await strait.open()
        assert (await here.calls.call(request("next"))).outcome is CallOutcome.ANSWERED
        assert [request.call_id for request in there.called] == ["call", "next"]


async def test_a_call_of_which_it_is_unknown_whether_it_was_handed_over_is_reported_as_what_became_of_it(
    redis_url: str, there: Node, connect: OpenClient, keys: Keys, tasks: Tasks
) -> None:
    async with strait_to(redis_url) as strait:
        here = Node(connect(strait.url), keys, "here", tasks)
        await here.live()
        gate = asyncio.Event()

        async def hold(request: CallRequest) -> CallReport:
            await gate.wait()
            return await answer(request)

        there.deed = hold
        lookup = here.directory.lookup

        async def lookup_and_mute(station: str) -> object:
            owner = await lookup(station)
            strait.mute()
            return owner

        here.directory.lookup = lookup_and_mute  # type: ignore[method-assign,assignment]
        asking = asyncio.create_task(here.calls.call(request()))
        await eventually(lambda: there.called)
        strait.cut()
        strait.unmute()
        gate.set()
        assert (await asyncio.wait_for(asking, 5)).outcome is CallOutcome.ANSWERED
        assert len(there.called) == 1


async def test_while_redis_is_away_other_nodes_cannot_be_asked_and_nothing_was_sent(
    redis_url: str, there: Node, connect: OpenClient, keys: Keys, tasks: Tasks
) -> None:
    async with strait_to(redis_url) as strait:
        here = Node(connect(strait.url), keys, "here", tasks)
        await here.live()
        strait.close()
        assert (await asyncio.wait_for(here.calls.call(request()), 2)).outcome is CallOutcome.BUSY
        assert await here.calls.protocol("CP-1") is None
        here.stations["CP-2"] = "ocpp1.6"
        assert (await here.calls.call(request(station="CP-2"))).outcome is CallOutcome.ANSWERED
        await strait.open()
        assert (await here.calls.call(request("after"))).outcome is CallOutcome.ANSWERED
        assert [request.call_id for request in there.called] == ["after"]
