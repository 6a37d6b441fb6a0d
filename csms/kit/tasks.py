"""Every task has a name and an owner."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from csms.kit.backoff import Backoff

log = structlog.get_logger(__name__)

Work = Coroutine[Any, Any, Any]

MOST_IDLE = 1024
AGAIN_S = 0.5
PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
GOOD_AFTER_S = 300.0
"""Who has worked for so long has not failed for the reason of the time before."""


class Tasks:
    """The tasks of one owner: held, named, and ended with it.

    A task that fails is logged with its name; the others go on. Work that is long has a task
    to itself (`spawn`), and what is to go on for ever is begun again if it fails (`keep`); short
    work is handed to tasks that do one thing after the other (`hand`), which costs less than half
    of a new task.
    """

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._idle: list[asyncio.Future[tuple[Work, str]]] = []

    def __len__(self) -> int:
        return len(self._running)

    def spawn(self, work: Work, *, name: str) -> asyncio.Task[Any]:
        """Start `work`; it is cancelled by `stop` if it still runs then."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def keep(self, begin: Callable[[], Work], *, name: str) -> asyncio.Task[Any]:
        """Have done for ever what `begin` begins: where it fails it is begun again, after pauses that grow."""
        return self.spawn(self._kept(begin, name), name=name)

    async def _kept(self, begin: Callable[[], Work], name: str) -> None:
        clock, pauses = asyncio.get_running_loop().time, Backoff(first_s=PAUSE_S, most_s=LONGEST_PAUSE_S)
        while True:
            began = clock()
            try:
                await begin()
            except Exception as error:  # a mistake in one round must not end all rounds to come
                log.exception("task_failed", task=name, exc_info=error)
            else:
                return
            if clock() - began > GOOD_AFTER_S:
                pauses.reset()
            await asyncio.sleep(pauses.next_s())

    def hand(self, work: Work, name: str) -> None:
        """Let one of the hands do `work` soon; nobody waits for its end."""
        if self._idle:
            self._idle.pop().set_result((work, name))
        else:
            self.spawn(self._lend(work, name), name="hand")

    async def _lend(self, work: Work, name: str) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                await work
            except Exception as error:  # one failed job must not end the hand
                log.exception("task_failed", task=name, exc_info=error)
            if len(self._idle) >= MOST_IDLE:
                return
            waiting: asyncio.Future[tuple[Work, str]] = loop.create_future()
            self._idle.append(waiting)
            work, name = await waiting

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("task_failed", task=task.get_name(), exc_info=error)

    async def stop(self) -> None:
        """Cancel what still runs, and what that starts in its end, and wait until all has ended.

        A library that swallows a cancellation gets another.
        """
        while True:
            await asyncio.sleep(0)  # what was handed just now begins, so that it can hear of its end
            self._idle.clear()
            if not self._running:
                return
            for task in self._running:
                task.cancel()
            await asyncio.wait(set(self._running), timeout=AGAIN_S)
