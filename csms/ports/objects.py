"""Where files are kept: whole objects by key, never changed in place."""

import re
from collections.abc import AsyncIterable, AsyncIterator
from datetime import datetime
from typing import NamedTuple, Protocol

_KEY = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,99}/){0,7}[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class StoredObject(NamedTuple):
    """One object, without its bytes."""

    key: str
    size: int
    modified_at: datetime


class ObjectsError(Exception):
    """Something is wrong with the store, or with what it was asked."""


class ObjectsUnavailable(ObjectsError):
    """The store is away or full; nothing is known to have been done."""


class NoSuchObject(ObjectsError):
    """There is no object of this key."""


class Objects(Protocol):
    """A store of objects. Keys are of `checked_key`; every method may raise `ObjectsUnavailable`."""

    async def open(self) -> None:
        """Reach the store; raise `StartFailed` with the setting to change."""

    async def put(self, key: str, body: AsyncIterable[bytes]) -> int:
        """Keep all of `body` and return its size; until then, and if `body` raises, the key holds what it held."""

    def get(self, key: str, *, first: int = 0, last: int | None = None) -> AsyncIterator[bytes]:
        """Yield the bytes from `first` to `last`, both included; raise `NoSuchObject`."""

    async def head(self, key: str) -> StoredObject | None:
        """Return what there is of this key, or None."""

    def list(self, prefix: str = "") -> AsyncIterator[StoredObject]:
        """Yield all objects whose keys begin so, by key."""

    async def delete(self, key: str) -> None:
        """Forget an object, if there is one."""

    async def presign(self, key: str, *, within_s: int) -> str | None:
        """Return an address at which anybody can fetch the object for a time; None where stores have none."""

    async def close(self) -> None:
        """Let go of what the store holds."""


def checked_key(key: str) -> str:
    """Return a key of letters, digits and `._-` in parts by slashes, none of which can lead elsewhere; raise `ValueError`."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"no key of an object: {key!r}")
    return key
