"""Many submits, one flush: order, limits, poison, cancellation, and nobody left waiting."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.kit.batching import Batcher
from csms.kit.tasks import Tasks


class Poison(Exception):
    """What a flush says of a batch that it refuses."""


class Press:
    """A flush that waits for its gate, and refuses batches with poison in them."""

    def __init__(self, *, poison: frozenset[int] = frozenset()) -> None:
        self.poison = poison
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def flush(self, items: Sequence[int]) -> list[int | Exception]:
        self.batches.append(list(items))
        await self.gate.wait()
        if self.poison & set(items):
            raise Poison(f"{len(items)} items")
        return [item * 10 for item in items]


@pytest.fixture
async def tasks() -> AsyncIterator[Tasks]:
    owner = Tasks()
    yield owner
    await owner.stop()


def batcher(press: Any, tasks: Tasks, **more: Any) -> Batcher[int, int]:
    return Batcher(press.flush, name="press", tasks=tasks, **more)


async def results(futures: "Sequence[asyncio.Future[int]]") -> list[int | BaseException]:
    async with asyncio.timeout(5):
        return await asyncio.gather(*futures, return_exceptions=True)


async def test_what_is_submitted_in_one_turn_of_the_loop_leaves_together(tasks: Tasks) -> None:
    press = Press()
    batch = batcher(press, tasks)
    assert await results([batch.submit(n) for n in range(5)]) == [0, 10, 20, 30, 40]
    assert press.batches == [[0, 1, 2, 3, 4]]


async def test_what_comes_while_a_flush_runs_leaves_together_in_the_next_one(tasks: Tasks) -> None:
    press = Press()
    press.gate.clear()
    batch = batcher(press, tasks)
    first = batch.submit(0)
    while not press.batches:
        await asyncio.sleep(0)
    later = []
    for n in range(1, 6):
        later.append(batch.submit(n))
        await asyncio.sleep(0)
    assert len(batch) == 5
    press.gate.set()
    assert await results([first, *later]) == [0, 10, 20, 30, 40, 50]
    assert press.batches == [[0], [1, 2, 3, 4, 5]]


async def test_what_a_flush_submits_itself_leaves_in_the_next_one(tasks: Tasks) -> None:
    inner: list[asyncio.Future[int]] = []

    async def flush(items: Sequence[int]) -> list[int | Exception]:
        if items[0] == 1:
            inner.append(batch.submit(2))
        return list(items)

    batch: Batcher[int, int] = Batcher(flush, name="press", tasks=tasks)
    assert await batch.submit(1) == 1
    assert await results(inner) == [2]


@settings(max_examples=50, deadline=None)
@given(count=st.integers(1, 60), limit=st.integers(1, 9))
async def test_no_batch_is_larger_than_the_limit_and_the_order_is_kept(count: int, limit: int) -> None:
    tasks, press = Tasks(), Press()
    batch = batcher(press, tasks, limit=limit)
    assert await results([batch.submit(n) for n in range(count)]) == [n * 10 for n in range(count)]
    assert [n for items in press.batches for n in items] == list(range(count))
    assert all(len(items) == limit for items in press.batches[:-1])
    assert len(press.batches[-1]) <= limit
    await tasks.stop()


@settings(max_examples=100, deadline=None)
@given(count=st.integers(1, 40), poison=st.frozensets(st.integers(0, 39), max_size=4), limit=st.integers(1, 40))
async def test_poison_fails_alone_and_everything_else_succeeds_in_order(
    count: int, poison: frozenset[int], limit: int
) -> None:
    tasks, press = Tasks(), Press(poison=poison)
    batch = batcher(press, tasks, limit=limit, splits_on=(Poison,))
    got = await results([batch.submit(n) for n in range(count)])
    assert [isinstance(result, Poison) for result in got] == [n in poison for n in range(count)]
    assert [result for n, result in enumerate(got) if n not in poison] == [
        n * 10 for n in range(count) if n not in poison
    ]
    passed = [n for items in press.batches if not poison & set(items) for n in items]
    assert passed == [n for n in range(count) if n not in poison], "each good one is flushed once, in order"
    await tasks.stop()


async def test_one_poison_in_many_costs_few_flushes(tasks: Tasks) -> None:
    press = Press(poison=frozenset({333}))
    batch = batcher(press, tasks, limit=512, splits_on=(Poison,))
    got = await results([batch.submit(n) for n in range(512)])
    assert sum(isinstance(result, Poison) for result in got) == 1
    assert len(press.batches) == 1 + 2 * 9


async def test_any_other_error_reaches_every_submitter_and_nothing_is_tried_twice(tasks: Tasks) -> None:
    flushed: list[list[int]] = []

    async def flush(items: Sequence[int]) -> list[int | Exception]:
        flushed.append(list(items))
        raise ConnectionError("away")

    batch: Batcher[int, int] = Batcher(flush, name="press", tasks=tasks, splits_on=(Poison,), limit=3)
    got = await results([batch.submit(n) for n in range(5)])
    assert [str(result) for result in got] == ["away"] * 5
    assert flushed == [[0, 1, 2], [3, 4]]


async def test_a_result_that_is_an_error_reaches_its_submitter_alone(tasks: Tasks) -> None:
    async def flush(items: Sequence[int]) -> list[int | Exception]:
        return [KeyError(item) if item == 1 else item for item in items]

    batch: Batcher[int, int] = Batcher(flush, name="press", tasks=tasks)
    got = await results([batch.submit(n) for n in range(3)])
    assert (got[0], type(got[1]), got[2]) == (0, KeyError, 2)


async def test_a_submitter_that_goes_away_disturbs_nobody_and_its_item_is_flushed(tasks: Tasks) -> None:
    press = Press(poison=frozenset({3}))
    press.gate.clear()
    batch = batcher(press, tasks, splits_on=(Poison,))
    futures = [batch.submit(n) for n in range(5)]
    while not press.batches:
        await asyncio.sleep(0)
    late = batch.submit(7)
    for gone in (futures[1], futures[3], late):
        gone.cancel()
    press.gate.set()
    assert await results([futures[0], futures[2], futures[4]]) == [0, 20, 40]
    assert await batch.submit(8) == 80
    assert {7, 8} <= {n for items in press.batches for n in items}


@pytest.mark.parametrize("answers", [0, 1, 3])
async def test_a_flush_that_answers_too_few_or_too_many_leaves_nobody_waiting(tasks: Tasks, answers: int) -> None:
    async def flush(items: Sequence[int]) -> list[int | Exception]:
        return [0] * answers

    batch: Batcher[int, int] = Batcher(flush, name="press", tasks=tasks)
    got = await results([batch.submit(n) for n in range(2)])
    assert [type(result) for result in got] == [ValueError, ValueError]
    assert [type(result) for result in await results([batch.submit(n) for n in range(2)])] == [ValueError] * 2


async def test_a_stop_in_mid_flush_cancels_all_who_wait(tasks: Tasks) -> None:
    press = Press()
    press.gate.clear()
    batch = batcher(press, tasks, limit=2)
    futures = [batch.submit(n) for n in range(6)]
    while not press.batches:
        await asyncio.sleep(0)
    await tasks.stop()
    assert [type(result) for result in await results(futures)] == [asyncio.CancelledError] * 6
    press.gate.set()
    assert await batch.submit(9) == 90, "it works again"


async def test_a_stop_while_a_refused_batch_is_halved_cancels_both_halves(tasks: Tasks) -> None:
    started = asyncio.Event()

    async def flush(items: Sequence[int]) -> list[int | Exception]:
        if len(items) == 4:
            raise Poison
        started.set()
        await asyncio.Event().wait()
        return []

    batch: Batcher[int, int] = Batcher(flush, name="press", tasks=tasks, splits_on=(Poison,))
    futures = [batch.submit(n) for n in range(4)]
    await started.wait()
    await tasks.stop()
    assert [type(result) for result in await results(futures)] == [asyncio.CancelledError] * 4


async def test_a_stop_right_after_a_submit_leaves_nobody_waiting(tasks: Tasks) -> None:
    press = Press()
    press.gate.clear()
    batch = batcher(press, tasks)
    future = batch.submit(1)
    await tasks.stop()
    assert [type(result) for result in await results([future])] == [asyncio.CancelledError]
    press.gate.set()
    assert await batch.submit(2) == 20
