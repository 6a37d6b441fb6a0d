"""Files between a thread that reads and writes them and the loop that stores them."""

import asyncio
import concurrent.futures
import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from csms.depot.counter import Brought, Refusal
from csms.depot.intake import Body, BrokenOff
from csms.ports.depot import FileStatus

Result = TypeVar("Result")
CHUNKS = 8
ANSWER_S = 30.0


class Loop:
    """The loop, as threads see it; waiting for it is bounded."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def wait(self, work: Coroutine[Any, Any, Result], within_s: float = ANSWER_S) -> Result:
        """Return the result of some work; raise `OSError` if it does not come."""
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(within_s)
        except (concurrent.futures.TimeoutError, concurrent.futures.CancelledError) as error:
            future.cancel()
            raise OSError(errno.EIO, "no answer of the store") from error

    def begin(self, work: Coroutine[Any, Any, Result]) -> "concurrent.futures.Future[Result]":
        """Begin some work."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)


class Incoming:
    """A file that is written by a thread and stored meanwhile; it is good once `finish` returned."""

    def __init__(self, name: str, loop: Loop, bring: Callable[[Body], Awaitable[Brought | Refusal]]) -> None:
        self.name = name
        self.closed = False
        self._loop = loop
        self._bring = bring
        self._chunks: asyncio.Queue[bytes | BrokenOff | None] = asyncio.Queue(CHUNKS)
        self._storing: concurrent.futures.Future[Brought | Refusal] | None = None

    def write(self, chunk: bytes) -> int:
        """Hand on some bytes; raise `OSError` once they are wanted no more."""
        if self._begun().done():
            raise OSError(errno.EFBIG, "not taken")
        self._loop.wait(self._hand_on(bytes(chunk)))
        return len(chunk)

    def finish(self, *, whole: bool) -> None:
        """Return once the file is stored as a whole; raise `OSError` if it is not."""
        self.closed = True
        storing = self._begun()
        self._loop.wait(self._hand_on(None if whole else BrokenOff("gone")))
        try:
            brought = storing.result(ANSWER_S)
        except concurrent.futures.TimeoutError as error:
            raise OSError(errno.EIO, "no answer of the store") from error
        if not isinstance(brought, Brought) or brought.status is not FileStatus.WHOLE:
            raise OSError(errno.EFBIG, "not taken")

    def close(self) -> None:
        """Give up, unless it is finished."""
        self.closed = True

    def _begun(self) -> "concurrent.futures.Future[Brought | Refusal]":
        if self._storing is None:
            self._storing = self._loop.begin(self._store())
        return self._storing

    async def _store(self) -> Brought | Refusal:
        return await self._bring(self._body())

    async def _hand_on(self, item: bytes | BrokenOff | None) -> None:
        """Put an item into the queue, or drop it if nobody reads that any more."""
        while not self._begun().done():
            try:
                self._chunks.put_nowait(item)
            except asyncio.QueueFull:
                await asyncio.sleep(0.005)
            else:
                return

    async def _body(self) -> AsyncIterator[bytes]:
        while (item := await self._chunks.get()) is not None:
            if isinstance(item, BrokenOff):
                raise item
            yield item


class Outgoing:
    """A file that is read by a thread as the loop fetches it."""

    def __init__(self, name: str, loop: Loop, fetch: Callable[[int], AsyncIterator[bytes]]) -> None:
        self.name = name
        self.closed = False
        self._loop = loop
        self._fetch = fetch
        self._first = 0
        self._chunks: AsyncIterator[bytes] | None = None
        self._left = b""

    def seek(self, first: int) -> None:
        """Begin at a byte."""
        self._first = first

    def read(self, size: int) -> bytes:
        """Return some bytes; none at the end."""
        if not self._left:
            self._left = self._loop.wait(self._next())
        piece, self._left = self._left[:size], self._left[size:]
        return piece

    def close(self) -> None:
        """Fetch no more."""
        if not self.closed and self._chunks is not None:
            self._loop.begin(self._end())
        self.closed = True

    async def _next(self) -> bytes:
        if self._chunks is None:
            self._chunks = self._fetch(self._first)
        return await anext(self._chunks, b"")

    async def _end(self) -> None:
        close = getattr(self._chunks, "aclose", None)
        if close is not None:
            await close()
