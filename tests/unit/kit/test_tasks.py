"""Every task has a name and an owner, and ends with it, however it clings to life."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import structlog

from csms.kit import tasks as kit
from csms.kit.tasks import MOST_IDLE, Tasks
from tests.eventually import eventually


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    owner = Tasks()
    yield owner
    await owner.stop()


async def forever() -> None:
    await asyncio.Event().wait()


async def turn_of_the_loop() -> None:
    await asyncio.sleep(0)


async def test_a_task_has_its_name_and_leaves_when_it_is_done(tasks: Tasks) -> None:
    done = asyncio.Event()
    task = tasks.spawn(done.wait(), name="waiting for the end")
    assert (task.get_name(), len(tasks)) == ("waiting for the end", 1)
    done.set()
    await task
    await eventually(lambda: len(tasks) == 0)


async def test_a_task_that_fails_is_told_by_its_name_and_the_others_go_on(tasks: Tasks) -> None:
    async def fail() -> None:
        raise ValueError("broken")

    other = tasks.spawn(forever(), name="other")
    with structlog.testing.capture_logs() as lines:
        tasks.spawn(fail(), name="bad")
        await eventually(lambda: len(tasks) == 1)
    assert [(line["event"], line["task"]) for line in lines] == [("task_failed", "bad")]
    assert not other.done()


async def test_what_goes_on_for_ever_is_begun_again_after_pauses_that_grow_until_its_owner_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kit, "PAUSE_S", 0.001)
    owner, rounds, loop = Tasks(), list[float](), asyncio.get_running_loop()

    async def work() -> None:
        rounds.append(loop.time())
        if len(rounds) < 7:
            raise ValueError("broken")
        await forever()

    with structlog.testing.capture_logs() as lines:
        task = owner.keep(work, name="loop")
        await eventually(lambda: len(rounds) == 7)
    assert [(line["event"], line["task"]) for line in lines] == [("task_failed", "loop")] * 6
    assert rounds[-1] - rounds[-2] > 0.001 * 2**5 / 2, "the sixth pause is far longer than the first"
    await owner.stop()
    assert task.cancelled()


async def test_what_ends_by_itself_is_not_begun_again(tasks: Tasks) -> None:
    rounds = []

    async def work() -> None:
        rounds.append(1)

    await tasks.keep(work, name="once")
    await turn_of_the_loop()
    assert (rounds, len(tasks)) == ([1], 0)


async def test_what_is_handed_is_done_though_some_of_it_fails(tasks: Tasks) -> None:
    done: list[int] = []

    async def work(n: int) -> None:
        if n % 3 == 0:
            raise RuntimeError(str(n))
        done.append(n)

    with structlog.testing.capture_logs() as lines:
        for n in range(30):
            tasks.hand(work(n), f"job/{n}")
        await eventually(lambda: len(done) == 20)
    assert sorted(line["task"] for line in lines) == sorted(f"job/{n}" for n in range(0, 30, 3))


async def test_one_hand_serves_one_job_after_the_other(tasks: Tasks) -> None:
    served: list[asyncio.Task[object] | None] = []

    async def work() -> None:
        served.append(asyncio.current_task())

    for _ in range(20):
        tasks.hand(work(), "job")
        await turn_of_the_loop()
        await turn_of_the_loop()
    assert len(served) == 20
    assert len(set(served)) == 1


async def test_a_crowd_of_hands_goes_home_but_for_a_few(tasks: Tasks) -> None:
    gate = asyncio.Event()
    for _ in range(MOST_IDLE + 100):
        tasks.hand(gate.wait(), "job")
    assert len(tasks) == MOST_IDLE + 100
    gate.set()
    await eventually(lambda: len(tasks) == MOST_IDLE)


async def test_a_job_that_is_cancelled_inside_ends_its_hand_and_no_other_job(tasks: Tasks) -> None:
    async def cancelled_inside() -> None:
        future = asyncio.get_running_loop().create_future()
        future.cancel()
        await future

    tasks.hand(cancelled_inside(), "bad")
    await eventually(lambda: len(tasks) == 0)
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    tasks.hand(work(), "good")
    await asyncio.wait_for(done.wait(), 1)


async def test_stop_waits_until_every_task_has_cleaned_up(tasks: Tasks) -> None:
    cleaned: list[str] = []

    async def tidy(name: str) -> None:
        try:
            await forever()
        finally:
            await turn_of_the_loop()
            cleaned.append(name)

    tasks.spawn(tidy("spawned"), name="spawned")
    tasks.hand(tidy("handed"), "handed")
    await turn_of_the_loop()
    await tasks.stop()
    assert sorted(cleaned) == ["handed", "spawned"]
    assert len(tasks) == 0


async def test_a_cancellation_that_is_swallowed_is_followed_by_another(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kit, "AGAIN_S", 0.01)
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while swallowed < 3:
            try:
                await forever()
            except asyncio.CancelledError:
                swallowed += 1

    tasks.spawn(stubborn(), name="stubborn")
    await turn_of_the_loop()
    await asyncio.wait_for(tasks.stop(), 5)
    assert swallowed == 3


async def test_what_is_started_while_all_stops_is_stopped_too(tasks: Tasks) -> None:
    ended: list[str] = []

    async def last_words(name: str) -> None:
        try:
            await forever()
        finally:
            ended.append(name)

    async def leave_a_child() -> None:
        try:
            await forever()
        finally:
            tasks.spawn(last_words("spawned"), name="spawned")
            tasks.hand(last_words("handed"), "handed")

    tasks.spawn(leave_a_child(), name="parent")
    await turn_of_the_loop()
    await asyncio.wait_for(tasks.stop(), 5)
    assert len(tasks) == 0
    assert sorted(ended) == ["handed", "spawned"]


@pytest.mark.parametrize("idle_hand", [False, True], ids=["a new hand", "an idle hand"])
async def test_what_was_handed_in_the_last_moment_still_hears_of_the_end(tasks: Tasks, idle_hand: bool) -> None:
    if idle_hand:
        tasks.hand(turn_of_the_loop(), "before")
        await eventually(lambda: len(tasks._idle) == 1)
    heard: list[str] = []

    async def work() -> None:
        try:
            await forever()
        finally:
            heard.append("the end")

    tasks.hand(work(), "last")
    await tasks.stop()
    assert heard == ["the end"]


async def test_hands_work_again_after_a_stop(tasks: Tasks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "AGAIN_S", 0.01)

    async def swallow() -> None:
        try:
            await forever()
        except asyncio.CancelledError:
            return

    tasks.hand(swallow(), "swallows")
    await turn_of_the_loop()
    await tasks.stop()
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    tasks.hand(work(), "after")
    await asyncio.wait_for(done.wait(), 1)


async def test_a_stop_when_all_is_just_about_done_is_fine(tasks: Tasks) -> None:
    async def work() -> None:
        return

    tasks.spawn(work(), name="short")
    await tasks.stop()
    await tasks.stop()
    assert len(tasks) == 0
