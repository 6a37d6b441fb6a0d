"""The depot over HTTP: GET and HEAD with ranges, PUT and POST of bytes or of a form.

A station is let in by the key in the path; whatever stands behind the key is the name of its file.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any
from urllib.parse import quote

from litestar.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from csms.depot.counter import Brought, Counter, Refusal, key_in
from csms.depot.forms import boundary_of, files_in
from csms.depot.intake import Body, BrokenOff, TooLarge
from csms.depot.ranges import Unsatisfiable, range_of
from csms.ports.depot import FileStatus, Image, Purpose, Ticket
from csms.ports.objects import ObjectsError

OK, PARTIAL_CONTENT, NOT_SATISFIABLE = 200, 206, 416
METHODS = {"GET": Purpose.FETCH, "HEAD": Purpose.FETCH, "PUT": Purpose.BRING, "POST": Purpose.BRING}
REFUSED = {
    Refusal.UNKNOWN: (404, "there is nothing here"),
    Refusal.EXPIRED: (410, "the time for this is over"),
    Refusal.WRONG_WAY: (405, "this address is for the other way"),
    Refusal.ENOUGH: (409, "enough was brought here"),
    Refusal.AWAY: (503, "try again later"),
}
BROUGHT = {
    FileStatus.WHOLE: (OK, ""),  # some stations take nothing but 200 for success
    FileStatus.PARTIAL: (408, "it broke off"),
    FileStatus.TOO_LARGE: (413, "too large"),
    FileStatus.LOST: (503, "try again later"),
}
LATER = {503: {"Retry-After": "60"}, 405: {"Allow": "GET, HEAD, PUT, POST"}}
Headers = Mapping[str, str]


class DepotApp:
    """The ASGI application; `stall_s` is how long a station may say nothing in the midst of a file."""

    def __init__(self, *, counter: Counter, stall_s: float) -> None:
        self._counter = counter
        self._stall_s = stall_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; nothing of its path is told to anybody."""
        request: Any = scope
        found, purpose = key_in(request["path"]), METHODS.get(request["method"])
        if found is None or purpose is None:
            await _refuse(send, *(REFUSED[Refusal.UNKNOWN] if purpose else (405, "not here")))
            return
        ticket = await self._counter.admit(found[0], purpose)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request["headers"]}
        if isinstance(ticket, Refusal):
            await _refuse(send, *REFUSED[ticket])
        elif purpose is Purpose.BRING:
            client = request.get("client")
            body = self._body(headers, receive)
            remote = client[0] if client else None
            await _tell(send, await self._bring(ticket, found[1], headers, body, _way(request), remote))
        elif ticket.image is not None:
            wants_body = request["method"] == "GET"
            await self._fetch(ticket, ticket.image, headers, _way(request), receive if wants_body else None, send)

    # What stations bring.

    async def _body(self, headers: Headers, receive: Receive) -> AsyncIterator[bytes]:
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > self._counter.largest_bytes:
            raise TooLarge
        more = True
        while more:
            try:
                async with asyncio.timeout(self._stall_s):
                    message: Any = await receive()
            except TimeoutError:
                raise BrokenOff("silent") from None
            if message["type"] != "http.request":
                raise BrokenOff("gone")
            more = message.get("more_body", False)
            yield message.get("body", b"")

    async def _bring(  # what is known of a request
        self, ticket: Ticket, name: str, headers: Headers, body: Body, way: str, remote: str | None
    ) -> Brought | Refusal:
        if "content-range" in headers:
            return Refusal.WRONG_WAY  # a part of a file is no file (RFC 9110 §14.5)
        boundary = boundary_of(headers.get("content-type", ""))
        if boundary is None:
            return await self._counter.bring(ticket, name, body, transport=way, remote=remote)
        worst: Brought | Refusal | None = None
        try:
            async for told, part in files_in(body, boundary):
                brought = await self._counter.bring(ticket, told or name, part, transport=way, remote=remote)
                if not isinstance(brought, Brought) or brought.status is not FileStatus.WHOLE:
                    return brought
                worst = worst or brought
        except BrokenOff:
            return Brought(FileStatus.PARTIAL, 0)
        except TooLarge:
            return Brought(FileStatus.TOO_LARGE, 0)
        return worst or Refusal.UNKNOWN

    # What stations fetch.

    async def _fetch(  # what is known of a request
        self, ticket: Ticket, image: Image, headers: Headers, way: str, receive: Receive | None, send: Send
    ) -> None:
        tag = f'"{image.sha256}"'
        asked = headers.get("range") if headers.get("if-range", tag) == tag else None
        told = {
            "Accept-Ranges": "bytes",
            "ETag": tag,
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(image.name)}",
        }
        try:
            part = range_of(asked, image.size)
        except Unsatisfiable:
            await _refuse(send, NOT_SATISFIABLE, "", {"Content-Range": f"bytes */{image.size}"})
            return
        first, last = part or (0, image.size - 1)
        if part is not None:
            told["Content-Range"] = f"bytes {first}-{last}/{image.size}"
        told["Content-Length"] = str(last - first + 1)
        status = OK if part is None else PARTIAL_CONTENT
        if receive is None:
            await _start(send, status, told)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        async with aclosing(self._counter.fetch(ticket, first=first, last=last, transport=way)) as chunks:
            await _stream(chunks, status, told, receive, send)


async def _stream(chunks: AsyncIterator[bytes], status: int, headers: Headers, receive: Receive, send: Send) -> None:
    """Send a file, as long as there is somebody who takes it; nothing is promised before its first bytes are there."""
    try:
        chunk = await anext(chunks, b"")
    except ObjectsError:
        await _refuse(send, *REFUSED[Refusal.AWAY])
        return
    await _start(send, status, headers)
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        while chunk and not gone.done():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
            chunk = await anext(chunks, b"")
        if not gone.done():
            await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()


async def _disconnected(receive: Receive) -> None:
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return


async def _tell(send: Send, brought: Brought | Refusal) -> None:
    await _refuse(send, *(REFUSED[brought] if isinstance(brought, Refusal) else BROUGHT[brought.status]))


async def _refuse(send: Send, status: int, text: str, more: Headers | None = None) -> None:
    body = f"{text}\n".encode() if text else b""
    headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
    await _start(send, status, {**headers, **LATER.get(status, {}), **(more or {})})
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _start(send: Send, status: int, headers: Headers) -> None:
    safe = {**headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in safe.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})


def _way(request: Any) -> str:
    return str(request.get("scheme", "http"))


def impatient(*, head_s: float, stall_s: float) -> type[H11Protocol]:
    """Return a protocol that cuts off who does not ask at all, and who takes nothing in any more."""

    class Impatient(H11Protocol):
        _stalled: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as it is there
            super().connection_made(transport)
            self.access_log = False  # it would tell keys
            self.loop.call_later(head_s, self._hurry)

        def _hurry(self) -> None:
            if self.cycle is None:
                self.transport.abort()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._stalled = self.loop.call_later(stall_s, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            if self._stalled is not None:
                self._stalled.cancel()
                self._stalled = None

    return Impatient
