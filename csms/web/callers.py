"""Who asks: the holders of keys, looked up in the database and remembered for seconds."""

import hashlib
import time

import asyncpg
from msgspec import Struct

FIND = """
UPDATE api_keys SET last_used_at = now() WHERE sha256 = $1 AND (expires_at IS NULL OR expires_at > now())
RETURNING id, name, scopes
"""
REMEMBERED_S = 10.0
MAX_KEY = 512
"""No key of ours is longer."""


class Caller(Struct, frozen=True):
    """Who asks."""

    id: str
    name: str
    scopes: tuple[str, ...]


class Callers:
    """Knows who holds a key; a key is looked up every few seconds, not for each request."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._known: dict[str, tuple[float, Caller]] = {}

    async def holder_of(self, key: str) -> Caller | None:
        """Return the holder of a key; None for one that is not known or has expired."""
        if len(key) > MAX_KEY:
            return None
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self._recent(digest) or await self._find(digest)

    def _recent(self, digest: str) -> Caller | None:
        found = self._known.get(digest)
        return found[1] if found is not None and time.monotonic() - found[0] < REMEMBERED_S else None

    async def _find(self, digest: str) -> Caller | None:
        record = await self._pool.fetchrow(FIND, digest)
        if record is None:
            self._known.pop(digest, None)
            return None
        caller = Caller(record["id"], record["name"], tuple(record["scopes"]))
        self._known[digest] = (time.monotonic(), caller)
        return caller
