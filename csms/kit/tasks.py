"""Every task has a name and an owner."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)

Work = Coroutine[Any, Any, Any]

MOST_IDLE = 1024
AGAIN_S = 0.5


class Tasks:
    """The tasks of one owner: held, named, and ended with it.

    A task that fails is logged with its name; the others go on. Work that is long has a task
    to itself (`spawn`); short work is handed to tasks that do one thing after the other
    (`hand`), which costs less than half of a new task.
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
