"""Who may use the API: the holders of keys."""

import hashlib
import time
from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from msgspec import Struct

from csms.web.desk import Desk
from csms.web.problems import Problem

HEADER = "X-API-Key"
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


class KeyGuard:
    """Lets in who holds a key; a key is looked up every few seconds, not for each request."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Caller]] = {}

    async def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Refuse a request without a key that is known."""
        if handler.opt.get("public"):
            return
        given = connection.headers.get(HEADER)
        if not given:
            raise Problem(401, f"an API key is needed in the header {HEADER}")
        caller = await self.caller_of(connection.app.state.desk, given)
        if caller is None:
            raise Problem(401, "the API key is not known or no longer valid")
        connection.state.caller = caller

    async def caller_of(self, desk: Desk, key: str) -> Caller | None:
        """Return the holder of a key; None for one that is not known or has expired."""
        if len(key) > MAX_KEY:
            return None
        digest = hashlib.sha256(key.encode()).hexdigest()
        return self._recent(digest) or await self._find(desk, digest)

    def _recent(self, digest: str) -> Caller | None:
        found = self._known.get(digest)
        return found[1] if found is not None and time.monotonic() - found[0] < REMEMBERED_S else None

    async def _find(self, desk: Desk, digest: str) -> Caller | None:
        record = await desk.pool.fetchrow(FIND, digest)
        if record is None:
            self._known.pop(digest, None)
            return None
        caller = Caller(record["id"], record["name"], tuple(record["scopes"]))
        self._known[digest] = (time.monotonic(), caller)
        return caller
