"""A write that is sent again with the same `Idempotency-Key` is done once, and answered the same."""

import hashlib
from typing import Any

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Message, Receive, Scope, Send

from csms.web.desk import Desk, desk_in
from csms.web.keys import HEADER as KEY_HEADER
from csms.web.problems import MEDIA_TYPE, TITLES

HEADER = b"idempotency-key"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
KEPT_HEADERS = frozenset({b"content-type", b"location", b"etag"})
MAX_KEY, MAX_BODY = 255, 1_048_576
NOT_KEPT = frozenset({401, 413, 500, 503})
"""Answers after which nothing was done, so that the next try may do it."""

TAKE = """
INSERT INTO idempotency_keys AS known (caller, key, fingerprint) VALUES ($1, $2, $3)
ON CONFLICT (caller, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = NULL, created_at = now()
WHERE known.created_at < now() - CASE WHEN known.status IS NULL THEN interval '15 minutes' ELSE interval '24 hours' END
RETURNING 1
"""
FIND = "SELECT fingerprint, status, headers, body FROM idempotency_keys WHERE caller = $1 AND key = $2"
KEEP = "UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE caller = $1 AND key = $2"
RELEASE = "DELETE FROM idempotency_keys WHERE caller = $1 AND key = $2"


class Idempotency:
    """Middleware. Keys belong to their callers, live in the database for a day, and hold across nodes and restarts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory what was answered before; do all else, and remember the answer."""
        headers = dict(scope["headers"]) if scope["type"] == ScopeType.HTTP else {}
        key = headers.get(HEADER)
        if key is None or scope["type"] != ScopeType.HTTP or scope["method"] not in WRITES or _streams(scope):
            await self._app(scope, receive, send)
            return
        desk = desk_in(scope)
        given = headers.get(KEY_HEADER.lower().encode(), b"").decode("latin-1")
        caller = await desk.callers.holder_of(given) if given else None
        body = await _whole(receive)
        if caller is None or body is None:  # the guard, or the limit on bodies, has the say
            await self._app(scope, _again(body or b"\0" * (MAX_BODY + 1), receive), send)
        elif not 0 < len(key) <= MAX_KEY:
            await _refuse(send, 422, f"an Idempotency-Key has 1 to {MAX_KEY} characters")
        else:
            request = (scope["method"], scope["path"], scope["query_string"].decode("latin-1"), body)
            digest = hashlib.sha256(msgspec.msgpack.encode(request)).digest()
            await self._once(desk, (caller.id, key.decode("latin-1")), digest, scope, _again(body, receive), send)

    async def _once(  # a request, and what makes it one
        self, desk: Desk, name: tuple[str, str], digest: bytes, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not await desk.pool.fetchval(TAKE, *name, digest):
            await _answer_again(desk, name, digest, send)
            return
        heard = _Recorder()
        try:
            await self._app(scope, receive, heard)
        finally:
            if heard.status is None or heard.status in NOT_KEPT:
                await desk.pool.execute(RELEASE, *name)
            else:
                await desk.pool.execute(KEEP, *name, heard.status, msgspec.json.encode(heard.headers), heard.body)
        for message in heard.messages:
            await send(message)


class _Recorder:
    """Holds an answer back until it is kept: who has it may ask again at once, on any node."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status: int | None = None
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = [
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in message["headers"]
                if name.lower() in KEPT_HEADERS
            ]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        self.messages.append(message)


async def _answer_again(desk: Desk, name: tuple[str, str], digest: bytes, send: Send) -> None:
    known = await desk.pool.fetchrow(FIND, *name)
    if known is None or (known["fingerprint"] == digest and known["status"] is None):
        await _refuse(send, 409, "the first request with this Idempotency-Key is not answered yet")
    elif known["fingerprint"] != digest:
        await _refuse(send, 422, "this Idempotency-Key was used for another request")
    else:
        headers = msgspec.json.decode(known["headers"], type=list[tuple[str, str]])
        await _send_whole(send, known["status"], [*headers, ("idempotency-replayed", "true")], known["body"])


async def _refuse(send: Send, status: int, detail: str) -> None:
    document = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    await _send_whole(send, status, [("content-type", MEDIA_TYPE)], msgspec.json.encode(document))


async def _send_whole(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _streams(scope: Scope) -> bool:
    """Whether a request has a body of any size: it puts a thing in its place, which may be done again."""
    return bool(scope["route_handler"].opt.get("streams"))


async def _whole(receive: Receive) -> bytes | None:
    """Return the body of a request; None for one that is too large or was broken off."""
    parts: list[bytes] = []
    size = 0
    while True:
        message: Any = await receive()
        if message["type"] != "http.request":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MAX_BODY:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return what gives a body that was read already, and then what comes after it."""
    first = True

    async def give() -> Any:
        nonlocal first
        if not first:
            return await receive()
        first = False
        whole: HTTPReceiveMessage = {"type": "http.request", "body": body, "more_body": False}
        return whole

    return give
