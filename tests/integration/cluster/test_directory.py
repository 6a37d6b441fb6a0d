"""Who owns a station: the highest epoch, as long as its node lives, whoever comes late."""

import asyncio
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from csms.cluster.directory import Owner, RedisDirectory, listen_for_claims
from csms.cluster.keys import Keys
from csms.kit.tasks import Tasks
from tests.eventually import eventually
from tests.integration.cluster.conftest import OpenClient
from tests.integration.strait import strait_to


class Node:
    """A directory of one node, and what the node owns."""

    def __init__(self, client: Redis, keys: Keys, name: str) -> None:
        self.name = name
        self.owned: dict[str, tuple[int, str]] = {}
        self.directory = RedisDirectory(client=client, keys=keys, node=name, owned=self._tell)

    def _tell(self) -> Mapping[str, tuple[int, str]]:
        return self.owned

    def run(self, tasks: Tasks) -> "list[asyncio.Task[None]]":
        both = (self.directory.carry_out(), self.directory.beat())
        return [tasks.spawn(work, name="directory") for work in both]

    async def settle(self) -> None:
        """Carry out what was wished for until now."""
        wishes, self.directory._wishes = self.directory._wishes, {}
        if wishes:
            await self.directory._write(wishes)


class Told:
    """Notes what it is told of claims."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.outcast: list[tuple[str, int]] = []
        self.asked = 0

    def superseded(self, station: str, epoch: int) -> None:
        self.taken.append((station, epoch))

    def expelled(self, station: str, epoch: int) -> None:
        self.outcast.append((station, epoch))

    async def catch_up(self) -> None:
        self.asked += 1


@pytest.fixture
async def one(redis: Redis, keys: Keys) -> Node:
    await redis.set(keys.node("one"), "alive")
    return Node(redis, keys, "one")


@pytest.fixture
async def two(redis: Redis, keys: Keys) -> Node:
    await redis.set(keys.node("two"), "alive")
    return Node(redis, keys, "two")


async def test_a_claim_is_seen_by_all_and_gone_when_the_station_leaves(one: Node, two: Node) -> None:
    assert await two.directory.lookup("CP-1") is None
    one.directory.announce("CP-1", 1, "ocpp1.6")
    await one.settle()
    assert await two.directory.lookup("CP-1") == Owner("one", 1, "ocpp1.6")
    one.directory.withdraw("CP-1", 1)
    await one.settle()
    assert await two.directory.lookup("CP-1") is None


@pytest.mark.covers("Q8", "Q9")
async def test_the_late_release_of_an_old_owner_leaves_the_new_one(one: Node, two: Node) -> None:
    one.directory.announce("CP-1", 1, "ocpp1.6")
    await one.settle()
    two.directory.announce("CP-1", 2, "ocpp2.0.1")
    await two.settle()
    one.directory.withdraw("CP-1", 1)
    await one.settle()
    assert await one.directory.lookup("CP-1") == Owner("two", 2, "ocpp2.0.1")


@pytest.mark.covers("Q8")
async def test_the_late_claim_of_an_old_owner_does_not_displace_the_new_one(one: Node, two: Node) -> None:
    two.directory.announce("CP-1", 10, "ocpp1.6")
    await two.settle()
    one.directory.announce("CP-1", 9, "ocpp1.6")
    await one.settle()
    assert await one.directory.lookup("CP-1") == Owner("two", 10, "ocpp1.6")


@pytest.mark.covers("Q9")
async def test_a_late_leave_on_the_same_node_does_not_undo_the_welcome_before_it(one: Node) -> None:
    one.directory.announce("CP-1", 1, "ocpp1.6")
    await one.settle()
    one.directory.announce("CP-1", 2, "ocpp1.6")
    one.directory.withdraw("CP-1", 1)
    await one.settle()
    assert await one.directory.lookup("CP-1") == Owner("one", 2, "ocpp1.6")


STEPS = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from(["claim", "claim", "leave", "settle"]), st.integers(0, 5)),
    max_size=25,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
async def test_however_late_anything_is_told_the_last_claim_stands_unless_it_left(
    redis: Redis, keys: Keys, one: Node, two: Node, steps: list[tuple[int, str, int]]
) -> None:
    await redis.delete(keys.owner("CP-1"))
    nodes, claims, left = (one, two), [], set()
    for which, step, back in steps:
        node = nodes[which]
        if step == "settle":
            await node.settle()
        elif step == "claim":
            claims.append(which)
            node.directory.announce("CP-1", len(claims), "ocpp1.6")
        elif mine := [n + 1 for n, owner in enumerate(claims) if owner == which and n + 1 not in left]:
            epoch = mine[max(0, len(mine) - 1 - back)]
            left.add(epoch)
            node.directory.withdraw("CP-1", epoch)
    for node in (*nodes, *nodes):
        await node.settle()
    owner = await one.directory.lookup("CP-1")
    if not claims:
        assert owner is None
    elif len(claims) in left:
        assert owner is None or owner.epoch < len(claims)
    else:
        assert owner == Owner(nodes[claims[-1]].name, len(claims), "ocpp1.6")


async def test_a_node_that_lives_no_more_owns_nothing(redis: Redis, keys: Keys, one: Node, two: Node) -> None:
    one.directory.announce("CP-1", 1, "ocpp1.6")
    await one.settle()
    await redis.pexpire(keys.node("one"), 1)
    await eventually(lambda: is_free(two, "CP-1"))


async def is_free(node: Node, station: str) -> bool:
    return await node.directory.lookup(station) is None


async def test_the_sign_of_life_expires_by_itself_and_leaving_takes_it_down(
    redis: Redis, keys: Keys, tasks: Tasks
) -> None:
    node = Node(redis, keys, "three")
    node.run(tasks)
    await eventually(lambda: redis.exists(keys.node("three")))
    assert 0 < await redis.ttl(keys.node("three")) <= 15
    await tasks.stop()
    await node.directory.leave()
    assert not await redis.exists(keys.node("three"))


async def test_a_server_that_was_emptied_is_told_everything_again(redis: Redis, keys: Keys, tasks: Tasks) -> None:
    node = Node(redis, keys, "one")
    node.run(tasks)
    for n in range(50):
        node.owned[f"CP-{n}"] = (n + 1, "ocpp1.6")
        node.directory.announce(f"CP-{n}", n + 1, "ocpp1.6")
    await eventually(lambda: node.directory.lookup("CP-49"))
    await redis.flushall()
    await eventually(lambda: node.directory.lookup("CP-49"))
    found = [await node.directory.lookup(f"CP-{n}") for n in range(50)]
    assert found == [Owner("one", n + 1, "ocpp1.6") for n in range(50)]


async def test_while_the_server_is_away_wishes_wait_and_only_the_last_ones_count(
    redis_url: str, redis: Redis, keys: Keys, connect: OpenClient, tasks: Tasks
) -> None:
    async with strait_to(redis_url) as strait:
        node = Node(connect(strait.url), keys, "one")
        running = node.run(tasks)
        node.directory.announce("CP-1", 1, "ocpp1.6")
        watcher = Node(redis, keys, "watcher")
        await eventually(lambda: watcher.directory.lookup("CP-1"))
        strait.close()
        node.directory.announce("CP-2", 2, "ocpp1.6")
        await eventually(lambda: not node.directory.available)
        node.directory.withdraw("CP-1", 1)
        node.directory.announce("CP-2", 4, "ocpp2.0.1")
        node.directory.withdraw("CP-2", 2)
        node.owned["CP-2"] = (4, "ocpp2.0.1")
        await strait.open()
        await eventually(lambda: node.directory.available)
        await eventually(lambda: is_free(watcher, "CP-1"))
        assert await watcher.directory.lookup("CP-2") == Owner("one", 4, "ocpp2.0.1")
        assert not [task for task in running if task.done()]


@pytest.mark.covers("Q8")
async def test_other_nodes_hear_of_every_claim_and_of_none_of_their_own(
    redis_url: str, redis: Redis, keys: Keys, one: Node, two: Node, connect: OpenClient, tasks: Tasks
) -> None:
    told = Told()
    heard = told.taken

    async def is_listening() -> bool:
        return bool((await redis.pubsub_numsub(keys.claims))[0][1])

    async with strait_to(redis_url) as strait:
        listening = tasks.spawn(listen_for_claims(connect(strait.url), keys, "one", told), name="claims")
        await eventually(is_listening)
        one.directory.announce("CP-0", 1, "ocpp1.6")
        await one.settle()
        await redis.publish(keys.claims, "nonsense")
        await redis.publish(keys.claims, "x two CP-1")
        two.directory.announce("CP with spaces", 2, "ocpp1.6")
        await two.settle()
        await eventually(lambda: heard)
        strait.close()
        await eventually(lambda: not_yet(is_listening))
        await strait.open()
        await eventually(is_listening)
        two.directory.announce("CP-2", 3, "ocpp1.6")
        await two.settle()
        await eventually(lambda: len(heard) == 2)
        assert heard == [("CP with spaces", 2), ("CP-2", 3)]
        assert told.asked == 2, "nobody could tell before, and during the outage"
        assert not listening.done()


async def test_whoever_expels_a_station_is_heard_by_all_and_nobody_owns_it(
    redis: Redis, keys: Keys, one: Node, two: Node, connect: OpenClient, redis_url: str, tasks: Tasks
) -> None:
    told = Told()
    tasks.spawn(listen_for_claims(connect(redis_url), keys, "one", told), name="claims")
    await eventually(lambda: _has_listener(redis, keys))
    one.directory.announce("CP 1", 4, "ocpp1.6")
    await one.settle()
    for node, epoch in ((one, 5), (two, 6)):
        node.directory.expel("CP 1", epoch)
        await node.settle()
        await eventually(lambda epoch=epoch: ("CP 1", epoch) in told.outcast)  # type: ignore[misc]
    assert await one.directory.lookup("CP 1") is None
    assert told.taken == []


async def _has_listener(redis: Redis, keys: Keys) -> bool:
    return bool((await redis.pubsub_numsub(keys.claims))[0][1])


async def test_a_station_that_is_back_already_is_not_expelled_from_its_new_line(
    redis: Redis, keys: Keys, one: Node, two: Node
) -> None:
    one.directory.announce("CP-1", 4, "ocpp1.6")
    await one.settle()
    two.directory.announce("CP-1", 6, "ocpp1.6")
    await two.settle()
    one.directory.expel("CP-1", 5)
    await one.settle()
    assert await one.directory.lookup("CP-1") == Owner("two", 6, "ocpp1.6")


async def not_yet(look: object) -> bool:
    return not await look()  # type: ignore[operator]
