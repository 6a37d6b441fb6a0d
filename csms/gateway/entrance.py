"""The opening handshake of one socket: from its first byte to a line, or to a refusal."""

import asyncio
from typing import Any, Protocol, cast

import structlog
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.http11 import Request
from websockets.server import ServerProtocol

from csms.gateway.brake import end_writing
from csms.gateway.connection import Connection
from csms.gateway.context import Context
from csms.gateway.head import LONGEST_HEAD, head_end, mended
from csms.gateway.knock import Admission, Knock, Refusal, unavailable
from csms.gateway.subprotocol import tokens_in
from csms.ports.journal import JournalUnavailable

log = structlog.get_logger(__name__)

TLS_HELLO = b"\x16\x03"
JUDGED_WITHIN_S = 30.0
OFFER = "Sec-WebSocket-Protocol"
CERTIFICATE = "certificate"
"""What a transport over TLS is asked for: the verified certificate of its peer."""
HINTS = frozenset({"Allow", "Upgrade"})
DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=11,
    compress_settings={"memLevel": 5},
)


class Porter(Protocol):
    """Who keeps watch over the door."""

    def opened(self, stranger: Any) -> None:
        """A socket is there."""

    def knocked(self, entrance: "Entrance") -> None:
        """It has sent its upgrade request, which is judged now."""

    def refused(self, entrance: "Entrance") -> None:
        """It was answered, and will not come in."""

    def admitted(self, entrance: "Entrance", connection: Connection) -> None:
        """It has become a line."""

    def closed(self, gone: Any) -> None:
        """The socket is gone."""


class Entrance(asyncio.Protocol):
    """Reads the upgrade request, has it judged, and hands the socket on to a `Connection`."""

    __slots__ = (
        "_closing",
        "_context",
        "_core",
        "_knock_by",
        "_knocked",
        "_partial",
        "_porter",
        "_transport",
        "_unheard",
        "close_by",
        "remote",
    )

    def __init__(self, *, context: Context, porter: Porter) -> None:
        self._context = context
        self._porter = porter
        self._core = ServerProtocol(max_size=context.max_frame, logger=context.wire_log)
        self._transport: asyncio.Transport | None = None
        self._partial = b""
        self._knocked = False
        self._knock_by = 0.0
        self._unheard = True
        self._closing = False
        self.close_by: float | None = None
        self.remote = ""

    # The transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.remote = str(peer[0]) if peer else "unknown"
        self._knock_by = self._context.clock.monotonic() + self._context.handshake_timeout_s
        self._porter.opened(self)

    def data_received(self, data: bytes) -> None:
        if self.close_by is None:
            self._read_head(data)

    def eof_received(self) -> None:
        self._closing = True

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._closing = True
        if self._unheard:
            self._context.metrics.handshakes.labels("no-request").inc()
        self._porter.closed(self)

    # Time, and the end.

    def tick(self, now: float) -> None:
        """End what takes too long: the caller, the judging, the leaving."""
        if self.close_by is not None:
            if now >= self.close_by:
                self._abort()
        elif now < self._knock_by:
            return
        elif self._knocked:  # the delay is ours
            self._context.doorman.failed(self.remote, "not-judged")
            self._reject(unavailable("not-judged"))
        else:
            self._spoil(Refusal(408, "slow-handshake", "no request in time"))

    def cut_off(self) -> None:
        """Say nothing more: the house closes."""
        self._abort()

    # The request.

    def _read_head(self, data: bytes) -> None:
        """Gather the upgrade request; what follows it waits until it is answered."""
        self._partial += data
        if not self._knocked and self._partial[:2] == TLS_HELLO:
            self._context.doorman.spoilt(self.remote, "tls-on-plain-port")
            self._abort()
            return
        end = None if self._knocked else head_end(self._partial)
        if end is None:
            if len(self._partial) > LONGEST_HEAD:
                self._spoil(Refusal(431, "head-too-long", "request header too long"))
            return
        head, self._partial = self._partial[:end], self._partial[end:]
        self._core.receive_data(mended(head))
        request = next(iter(self._core.events_received()), None)
        if isinstance(request, Request):
            self._knocked = True
            self._knock_by = self._context.clock.monotonic() + JUDGED_WITHIN_S
            self._unheard = False
            self._porter.knocked(self)
            self._context.tasks.spawn(self._open(request), name="handshake")
        else:
            fault = self._core.handshake_exc
            log.debug("handshake_malformed", remote=self.remote, fault=repr(fault and fault.__cause__))
            self._spoil(Refusal(400, "malformed", "not a request that can be read"))

    def _spoil(self, refusal: Refusal) -> None:
        self._unheard = False
        self._context.doorman.spoilt(self.remote, refusal.outcome, status=refusal.status)
        self._reject(refusal)

    def turn_away(self) -> None:
        """Make room for others: too many are at the door (L14)."""
        if self.close_by is None:
            self._unheard = False
            self._context.doorman.failed(self.remote, "crowded")
            self._reject(unavailable("crowded"))
        if self._transport is not None:
            self._transport.close()

    async def _open(self, request: Request) -> None:
        headers = request.headers
        knock = Knock(
            path=request.path,
            offered=tokens_in(headers.get_all(OFFER)),
            authorization=headers.get_all("Authorization"),
            remote=self.remote,
            profiles=self._context.profiles,
            certificate=None if self._transport is None else self._transport.get_extra_info(CERTIFICATE),
        )
        if "Upgrade" not in headers:
            self._refuse(knock, Refusal(426, "no-upgrade", "an endpoint of OCPP-J", (("Upgrade", "websocket"),)))
            return
        async with self._context.gate:
            verdict = await self._context.doorman.judge(knock)
            if isinstance(verdict, Refusal):
                self._reject(verdict)
            elif not self._closing:
                await self._admit(request, knock, verdict)

    async def _admit(self, request: Request, knock: Knock, admission: Admission) -> None:
        choice = admission.choice
        while OFFER in request.headers:  # chosen already; the core would find fault with some spellings (Q2)
            del request.headers[OFFER]
        if choice.version.is_2x and self._context.deflate:
            self._core.available_extensions = [DEFLATE]
        response = self._core.accept(request)
        if response.status_code != 101:  # noqa: PLR2004  # the core found fault with the request
            headers = tuple((name, value) for name, value in response.headers.raw_items() if name in HINTS)
            fault = str(self._core.handshake_exc)
            self._refuse(knock, Refusal(response.status_code, "malformed", fault, headers))
            return
        if choice.token is not None:
            response.headers[OFFER] = choice.token
        if self._transport is None:
            return
        line = Connection(
            context=self._context,
            transport=self._transport,
            core=self._core,
            admission=admission,
            remote=self.remote,
            closed=self._porter.closed,
        )
        try:
            ears = await self._context.house.welcome(admission.station, line)
        except JournalUnavailable:
            self._refuse(knock, unavailable("not-ready"))
            return
        if self._transport is None or self._closing:
            ears.lost()
            return
        self._core.send_response(response)
        self._porter.admitted(self, line)
        self._context.doorman.admitted(knock, admission.station.id)
        self._transport.set_protocol(line)
        line.start(ears, early=self._partial)

    def _refuse(self, knock: Knock, refusal: Refusal) -> None:
        self._context.doorman.refused(knock, refusal)
        self._reject(refusal)

    def _reject(self, refusal: Refusal) -> None:
        if self._transport is None or self._closing:
            return
        self._closing = True
        response = self._core.reject(refusal.status, refusal.reason + "\n")
        for name, value in refusal.headers:
            response.headers[name] = value
        self._transport.write(response.serialize())
        end_writing(self._transport)
        self._partial = b""
        self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s
        self._porter.refused(self)

    def _abort(self) -> None:
        self._closing = True
        self._unheard = False
        if self._transport is not None:
            self._transport.abort()
