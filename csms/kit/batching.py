"""Group work without knowing what it is."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from csms.kit.tasks import Tasks

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Many submits, one flush.

    While a flush runs, what is submitted waits and leaves together in the next one: batches grow
    with the load, and an idle system pays no delay. The next flush is on its way before the
    submitters of the last one go on, so that both sides work at the same time. `flush` returns a result for each item, in
    order; a result that is an exception is raised to the submitter of that item.

    When a flush raises `splits_on`, its batch is halved and tried again, so that a poisonous
    item fails alone. Any other error fails the whole batch, and nothing is tried twice.
    """

    def __init__(
        self,
        flush: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        name: str,
        tasks: Tasks,
        splits_on: tuple[type[Exception], ...] = (),
        limit: int = 500,
    ) -> None:
        self._flush = flush
        self._name = name
        self._tasks = tasks
        self._splits_on = splits_on
        self._limit = limit
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._running = False
        self._loop: asyncio.AbstractEventLoop | None = None  # asked for once: each asking is a system call

    def __len__(self) -> int:
        return len(self._waiting)

    def submit(self, item: Item) -> "asyncio.Future[Result]":
        """Return what will be the result of `item` once the flush that carries it is done."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        done: asyncio.Future[Result] = self._loop.create_future()
        self._waiting.append((item, done))
        if not self._running:
            self._running = True
            self._tasks.hand(self._drain(), self._name)
        return done

    async def _drain(self) -> None:
        batch: list[tuple[Item, asyncio.Future[Result]]] = []
        try:
            await asyncio.sleep(0)  # the rest of this turn of the loop boards
            while self._waiting:
                batch, self._waiting = self._waiting[: self._limit], self._waiting[self._limit :]
                await self._carry(batch)
        except BaseException:
            for _, done in (*batch, *self._waiting):
                done.cancel()
            self._waiting = []
            raise
        finally:
            self._running = False

    async def _carry(self, batch: list[tuple[Item, "asyncio.Future[Result]"]]) -> None:
        try:
            results = await self._flush([item for item, _ in batch])
            if len(results) != len(batch):
                raise ValueError(f"{self._name}: {len(results)} results for {len(batch)} items")
        except self._splits_on as refusal:
            if len(batch) == 1:
                _fail(batch, refusal)
                return
            middle = len(batch) // 2
            await self._carry(batch[:middle])
            await self._carry(batch[middle:])
        except Exception as error:  # noqa: BLE001  # the submitters decide
            _fail(batch, error)
        else:
            asyncio.get_running_loop().call_soon(_settle, batch, results)


def _settle(batch: "list[tuple[Item, asyncio.Future[Result]]]", results: Sequence[Result | Exception]) -> None:
    for (_, done), result in zip(batch, results, strict=True):
        if done.done():
            continue
        if isinstance(result, Exception):
            done.set_exception(result)
        else:
            done.set_result(result)


def _fail(batch: "list[tuple[Item, asyncio.Future[Result]]]", error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)
