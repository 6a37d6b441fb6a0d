"""Turns of an actor: one at a time, in order, and what becomes of those that fail or are cut short."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from csms.kit.tasks import Tasks
from csms.runtime.actor import Actor
from tests.eventually import eventually


class Listener(Actor):
    """Remembers what it was told; `boom` fails, `wait` lasts until the gate opens."""

    __slots__ = ("at_once", "failures", "gate", "heard")

    def __init__(self, tasks: Tasks) -> None:
        super().__init__(name="listener", tasks=tasks)
        self.heard: list[Any] = []
        self.failures: list[tuple[Any, Exception]] = []
        self.gate = asyncio.Event()
        self.at_once = 0

    async def receive(self, message: Any) -> Any:
        self.at_once += 1
        assert self.at_once == 1, "two turns overlap"
        try:
            if message == "wait":
                await self.gate.wait()
            if message == "boom":
                raise ValueError(message)
            await asyncio.sleep(0)
            self.heard.append(message)
            return f"{message}!"
        finally:
            self.at_once -= 1

    def failed(self, message: Any, error: Exception) -> None:
        self.failures.append((message, error))


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    started = Tasks()
    yield started
    await started.stop()


async def test_messages_are_taken_in_the_order_in_which_they_were_left(tasks: Tasks) -> None:
    actor = Listener(tasks)
    first = asyncio.create_task(actor.ask("wait"))
    await asyncio.sleep(0)
    for n in range(5):
        actor.tell(n)
    last = asyncio.create_task(actor.ask("last"))
    await asyncio.sleep(0)
    assert actor.waiting == 6
    actor.gate.set()
    assert [await first, await last] == ["wait!", "last!"]
    assert actor.heard == ["wait", 0, 1, 2, 3, 4, "last"]
    await eventually(lambda: actor.idle)


async def test_a_told_message_that_fails_is_heard_of_and_the_next_one_is_taken(tasks: Tasks) -> None:
    actor = Listener(tasks)
    actor.tell("boom")
    actor.tell("next")
    await eventually(lambda: actor.heard == ["next"])
    assert [(message, type(error)) for message, error in actor.failures] == [("boom", ValueError)]


@pytest.mark.parametrize("busy", [False, True])
async def test_an_asker_gets_the_error_of_its_own_turn_whether_it_waited_or_not(tasks: Tasks, busy: bool) -> None:
    actor = Listener(tasks)
    if busy:
        actor.tell("wait")
        await asyncio.sleep(0)
    asking = asyncio.create_task(actor.ask("boom"))
    await asyncio.sleep(0)
    actor.gate.set()
    with pytest.raises(ValueError, match="boom"):
        await asking
    assert actor.failures == []
    assert await actor.ask("after") == "after!"


async def test_an_asker_that_went_away_stops_nobody(tasks: Tasks) -> None:
    actor = Listener(tasks)
    actor.tell("wait")
    gone = [asyncio.create_task(actor.ask(message)) for message in ("boom", "unheard")]
    await asyncio.sleep(0)
    for asking in gone:
        asking.cancel()
    await asyncio.wait(gone)
    actor.tell("next")
    actor.gate.set()
    await eventually(lambda: actor.heard == ["wait", "unheard", "next"])
    assert actor.failures == []


async def test_a_turn_of_an_asker_that_is_cancelled_leaves_the_actor_to_those_who_wait(tasks: Tasks) -> None:
    actor = Listener(tasks)
    asking = asyncio.create_task(actor.ask("wait"))
    await asyncio.sleep(0)
    actor.tell("next")
    asking.cancel()
    await asyncio.wait([asking])
    await eventually(lambda: actor.heard == ["next"])
    await eventually(lambda: actor.idle)


async def test_who_waits_for_an_actor_that_is_stopped_in_its_turn_is_let_go() -> None:
    tasks = Tasks()
    actor = Listener(tasks)
    actor.tell("wait")
    await asyncio.sleep(0)
    asking = asyncio.create_task(actor.ask("never"))
    actor.tell("never either")
    await asyncio.sleep(0)
    await tasks.stop()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert actor.idle
    assert actor.heard == []


async def test_an_idle_actor_holds_no_letters_and_no_task_of_its_own(tasks: Tasks) -> None:
    actors = [Listener(tasks) for _ in range(50)]
    for actor in actors:
        actor.tell("hello")
        await eventually(lambda actor=actor: actor.idle)
    assert len(tasks) == 1, "one hand serves all who are told something one after the other"
    assert all(actor.waiting == 0 for actor in actors)
