"""Objects as files of a folder: the embedded default."""

import asyncio
import contextlib
import os
import time
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from csms.ports.objects import NoSuchObject, ObjectsUnavailable, StoredObject, checked_key

CHUNK = 262_144
FLUSH = 1_048_576
INCOMING = ".incoming"
LEFT_AFTER_S = 86_400.0
"""What was not written to for so long is nobody's any more; other processes may share the folder."""


class FolderObjects:
    """The `Objects` of one folder; what comes in is written beside, made durable and moved to its place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / INCOMING

    async def open(self) -> None:
        """Make the folder, and remove what was never finished there."""
        with _told():
            await asyncio.to_thread(self._make)

    async def close(self) -> None:
        """Hold nothing."""

    async def put(self, key: str, body: AsyncIterable[bytes]) -> int:
        place, beside = self._place(key), self._incoming / uuid.uuid4().hex
        try:
            with _told():
                size = await self._write(beside, body)
                await asyncio.to_thread(_move, beside, place)
        finally:
            with contextlib.suppress(OSError):
                await asyncio.to_thread(beside.unlink)
        return size

    async def get(self, key: str, *, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        left = None if last is None else last - first + 1
        with _told():
            file = await asyncio.to_thread(_opened, self._place(key), first)
        try:
            while left is None or left > 0:
                with _told():
                    chunk = await asyncio.to_thread(file.read, CHUNK if left is None else min(CHUNK, left))
                if not chunk:
                    return
                left = None if left is None else left - len(chunk)
                yield chunk
        finally:
            file.close()

    async def head(self, key: str) -> StoredObject | None:
        with _told():
            return await asyncio.to_thread(_looked_up, self._place(key), key)

    async def list(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        with _told():
            found = await asyncio.to_thread(lambda: sorted(self._walk(prefix)))
        for one in found:
            yield one

    async def delete(self, key: str) -> None:
        with _told():
            await asyncio.to_thread(self._place(key).unlink, missing_ok=True)

    async def presign(self, key: str, *, within_s: int) -> str | None:
        """Return None: nobody but us can see the folder."""
        return None

    def _make(self) -> None:
        self._incoming.mkdir(parents=True, exist_ok=True)
        for left in self._incoming.iterdir():
            if time.time() - left.stat().st_mtime > LEFT_AFTER_S:
                left.unlink(missing_ok=True)

    def _place(self, key: str) -> Path:
        return self._folder / checked_key(key)

    async def _write(self, beside: Path, body: AsyncIterable[bytes]) -> int:
        size = 0
        file = await asyncio.to_thread(beside.open, "wb")
        try:
            async for piece in _gathered(body):
                await asyncio.to_thread(file.write, piece)
                size += len(piece)
            await asyncio.to_thread(_sync, file)
        finally:
            file.close()
        return size

    def _walk(self, prefix: str) -> Iterator[StoredObject]:
        for folder, folders, names in os.walk(self._folder):
            if Path(folder) == self._folder:
                folders[:] = [name for name in folders if name != INCOMING]
            for name in names:
                path = Path(folder, name)
                key = path.relative_to(self._folder).as_posix()
                found = _looked_up(path, key) if key.startswith(prefix) else None
                if found is not None:
                    yield found


async def _gathered(body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in larger pieces: each costs a trip to a thread."""
    waiting = bytearray()
    async for chunk in body:
        waiting += chunk
        if len(waiting) >= FLUSH:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _move(beside: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    beside.replace(place)
    parent = os.open(place.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _opened(place: Path, first: int) -> BinaryIO:
    file = place.open("rb")
    file.seek(first)
    return file


def _looked_up(place: Path, key: str) -> StoredObject | None:
    try:
        told = place.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return StoredObject(key, told.st_size, datetime.fromtimestamp(told.st_mtime, UTC))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Tell what the file system refuses as the port tells it."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NoSuchObject(str(error)) from error
    except OSError as error:
        raise ObjectsUnavailable(f"{error.strerror}: {error.filename}") from error
