"""One socket of a station: bytes to events and back, with no task of its own while it is idle."""

import asyncio
from typing import Protocol, cast

import structlog
from websockets.exceptions import InvalidState
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from csms.gateway.context import Context
from csms.gateway.doorman import Admission, Knock, Refusal, unavailable
from csms.gateway.framing import MAX_HEADER, frame_size, text_frame, whole_text
from csms.gateway.subprotocol import tokens_in
from csms.ocpp.errors import ErrorCode
from csms.ocpp.events import CallReceived, LinkEvent, OpenCall
from csms.ocpp.link import Link
from csms.ocpp.version import Version
from csms.ports.frames import Direction, Frame
from csms.ports.journal import JournalUnavailable
from csms.ports.line import Ears

log = structlog.get_logger(__name__)

PING = b"\x89\x00"
TLS_HELLO = b"\x16\x03"


class Listener(Protocol):
    """Who keeps the connections."""

    def opened(self, connection: "Connection") -> None:
        """A socket is there."""

    def closed(self, connection: "Connection") -> None:
        """A socket is gone."""


class Connection(asyncio.Protocol):
    """A `Line` over a WebSocket.

    The opening handshake and every odd frame are read by the sans-I/O core of `websockets`; a
    whole text frame, which is nearly all there is, takes a short way (decision 0004).
    """

    __slots__ = (
        "_closing",
        "_context",
        "_ears",
        "_fresh",
        "_link",
        "_listener",
        "_opened_at",
        "_partial",
        "_paused_by",
        "_protocol",
        "_stalled_at",
        "_station",
        "_transport",
        "close_by",
        "frames_in_second",
        "last_inbound",
        "last_outbound",
        "remote",
        "silence_s",
        "version",
    )

    def __init__(self, *, context: Context, listener: Listener) -> None:
        self._context = context
        self._listener = listener
        self._protocol = ServerProtocol(max_size=context.max_frame, logger=context.wire_log)
        self._transport: asyncio.Transport | None = None
        self._link: Link | None = None
        self._ears: Ears | None = None
        self._station = ""
        self._fresh = True
        self._partial = b""
        self._closing = False
        self._paused_by: frozenset[str] = frozenset()
        self._stalled_at: float | None = None
        self._opened_at = 0.0
        self.close_by: float | None = None
        self.frames_in_second = 0
        self.last_inbound = 0.0
        self.last_outbound = 0.0
        self.silence_s = 0.0
        self.remote = ""
        self.version = Version.V16

    # The transport.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self.remote = str(peer[0]) if peer else "unknown"
        self._opened_at = self.last_inbound = self._context.clock.monotonic()
        self._listener.opened(self)

    def data_received(self, data: bytes) -> None:
        self.last_inbound = self._context.clock.monotonic()
        if self._link is not None:
            self._read_frames(data)
            return
        if self._fresh:
            self._fresh = False
            if data[:2] == TLS_HELLO:
                log.info("tls_on_plain_port", remote=self.remote)
                self._abort("tls-on-plain-port")
                return
        self._protocol.receive_data(data)
        self._after_core()

    def eof_received(self) -> None:
        self._protocol.receive_eof()
        self._after_core()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._closing = True
        ears, self._ears = self._ears, None
        if ears is not None:
            for event in self._link.close() if self._link is not None else ():
                ears.heard(event)
            ears.lost()
            self._context.metrics.connections.dec()
            self._context.metrics.closes.labels(self._close_reason(error)).inc()
            log.info("station_disconnected", station=self._station, reason=self._close_reason(error))
        self._listener.closed(self)

    def pause_writing(self) -> None:
        self._stalled_at = self._context.clock.monotonic()

    def resume_writing(self) -> None:
        self._stalled_at = None

    # Reading.

    def _read_frames(self, data: bytes) -> None:
        """Cut what came in into frames: whole texts take the short way, all others go to the core one by one."""
        if self._partial:
            data, self._partial = self._partial + data, b""
        start = 0
        while start < len(data) and not self._closing:
            size = frame_size(data, start)
            if size is None or (start + size > len(data) and size <= self._context.max_frame + MAX_HEADER):
                break
            text = whole_text(data, start, size) if self._protocol.current_size is None else None
            if text is None:
                self._protocol.receive_data(data[start : start + size])
                self._after_core()
            else:
                self._receive(text)
            start += size
        if self._closing:
            self._protocol.receive_data(data[start:])
            self._after_core()
        else:
            self._partial = data[start:]

    def _after_core(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._context.tasks.spawn(self._open(event), name="handshake")
            elif isinstance(event, WireFrame) and event.opcode in {Opcode.TEXT, Opcode.BINARY}:
                data = bytes(event.data)
                self._receive(data if event.opcode is Opcode.BINARY else data.decode("utf-8", "replace"))
        self._flush_core()

    def _flush_core(self) -> None:
        for data in self._protocol.data_to_send():
            if self._transport is None:
                return
            if data:
                self._transport.write(data)
            elif self._transport.can_write_eof():
                self._transport.write_eof()
        if self._protocol.state in {State.CLOSING, State.CLOSED} and not self._closing:
            self._closing = True
            self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s
        if self._protocol.close_expected() and self.close_by is None:
            self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s

    def _receive(self, data: str | bytes) -> None:
        if self._link is None or self._ears is None:
            return
        self.frames_in_second += 1
        if self.frames_in_second > self._context.frames_per_second:
            self._pause("rate")
        for event in self._link.receive(data, self.last_inbound):
            self._log_in(event, data)
            self._ears.heard(event)
        self._flush()

    # The opening handshake.

    async def _open(self, request: Request) -> None:
        headers = request.headers
        knock = Knock(
            path=request.path,
            offered=tokens_in(headers.get_all("Sec-WebSocket-Protocol")),
            authorization=headers.get_all("Authorization"),
            remote=self.remote,
            tls=self._context.tls,
        )
        if "Upgrade" not in headers:
            self._reject(
                Refusal(426, "no-upgrade", "this is a WebSocket endpoint of OCPP-J", (("Upgrade", "websocket"),))
            )
            return
        async with self._context.gate:
            verdict = await self._context.doorman.judge(knock)
            if isinstance(verdict, Refusal):
                self._reject(verdict)
            elif not self._closing:
                await self._admit(request, knock, verdict)

    async def _admit(self, request: Request, knock: Knock, admission: Admission) -> None:
        choice = admission.choice
        self._protocol.select_subprotocol = lambda _: choice.token  # type: ignore[method-assign, assignment, return-value]
        if choice.version.is_2x and self._context.deflate:
            self._protocol.available_extensions = [DEFLATE]
        response = self._protocol.accept(request)
        if response.status_code != 101:  # noqa: PLR2004  # the core found fault with the request
            self._context.metrics.handshakes.labels("malformed").inc()
            log.info("handshake_malformed", remote=self.remote, error=str(self._protocol.handshake_exc))
            self._protocol.send_response(response)
            self._flush_core()
            return
        if choice.token is not None and "Sec-WebSocket-Protocol" not in response.headers:
            response.headers["Sec-WebSocket-Protocol"] = choice.token
        self.version = choice.version
        self._station = admission.station.id
        self.silence_s = max(
            self._context.silence_s, 3.0 * (admission.station.heartbeat_s or 0), 3.0 * self._context.ping_s
        )
        try:
            ears = await self._context.house.welcome(admission.station, self)
        except JournalUnavailable:
            refusal = unavailable("not-ready")
            self._context.doorman.refused(knock, refusal)
            self._reject(refusal)
            return
        if self._transport is None:
            ears.lost()
            return
        self._link = Link(choice.version, limits=self._context.limits)
        self._ears = ears
        self._protocol.send_response(response)
        self._flush_core()
        self.last_outbound = self._context.clock.monotonic()
        self._context.metrics.handshakes.labels("accepted").inc()
        self._context.metrics.connections.inc()
        log.info("station_connected", station=self._station, protocol=choice.version.value, remote=self.remote)
        self._after_core()

    def _reject(self, refusal: Refusal) -> None:
        if self._transport is None:
            return
        response = self._protocol.reject(refusal.status, refusal.reason + "\n")
        for name, value in refusal.headers:
            response.headers[name] = value
        self._protocol.send_response(response)
        self._flush_core()
        self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s

    # The line.

    def answer(self, call: CallReceived, payload: bytes) -> None:
        """Send the CALLRESULT."""
        if self._link is not None and not self._closing:
            self._link.answer(call.message_id, payload)
            self._flush(call.action)

    def refuse(self, call: CallReceived, code: ErrorCode, description: str) -> None:
        """Send the CALLERROR."""
        if self._link is not None and not self._closing:
            self._link.refuse(call.message_id, code, description)
            self._flush(call.action)

    def call(self, message_id: str, action: str, payload: bytes, *, within: float) -> bool:
        """Queue a call."""
        if self._link is None or self._closing:
            return False
        now = self._context.clock.monotonic()
        queued = self._link.call(message_id, action, payload, now, within=within)
        self._flush(action)
        return queued

    def close(self, code: int, reason: str) -> None:
        """Close the socket; a peer that does not close in time is cut off."""
        if self._transport is None or self._closing:
            return
        self._closing = True
        self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s
        try:
            self._protocol.send_close(code, reason)
        except InvalidState:
            self._abort("not-open")
            return
        self._flush_core()
        if self._paused_by and self._transport is not None:
            self._paused_by = frozenset()
            self._transport.resume_reading()

    def pause(self) -> None:
        """Stop reading, because the actor is behind."""
        self._pause("actor")

    def resume(self) -> None:
        """Read again."""
        self._resume("actor")

    def _pause(self, why: str) -> None:
        if self._transport is not None and not self._paused_by:
            self._transport.pause_reading()
        self._paused_by |= {why}

    def _resume(self, why: str) -> None:
        was, self._paused_by = self._paused_by, self._paused_by - {why}
        if was and not self._paused_by and self._transport is not None:
            self.last_inbound = self._context.clock.monotonic()
            self._transport.resume_reading()

    # Sending.

    def _flush(self, action: str | None = None) -> None:
        if self._link is None or self._transport is None or self._closing:
            return
        texts = self._link.texts_to_send()
        if not texts:
            return
        for text in texts:
            self._transport.write(text_frame(text))
            self._log_out(text, action)
            self.last_outbound = self.last_inbound
        if self._transport.get_write_buffer_size() > self._context.max_unsent:
            self._abort("unread")

    def _log_in(self, event: LinkEvent, data: str | bytes) -> None:
        self._context.metrics.traffic.received += 1
        if type(event) is CallReceived:
            self._log(Direction.IN, event.text, str(event.message_id), event.action, ",".join(event.notes) or None)
        else:
            self._log(Direction.IN, *told_of(event, data))

    def _log_out(self, text: str, action: str | None) -> None:
        self._context.metrics.traffic.sent += 1
        self._log(Direction.OUT, text, None, action, None)

    def _log(
        self, direction: Direction, text: str, message_id: str | None, action: str | None, note: str | None
    ) -> None:
        self._context.frames.record(
            Frame(self._station, self._context.clock.now(), direction, text, message_id, action, note)
        )

    # Time.

    def tick(self, now: float) -> None:
        """Do what is due: deadlines, pings, the end of a silent or stuck peer."""
        if self.frames_in_second:
            self.frames_in_second = 0
            self._resume("rate")
        if self.close_by is not None:
            if now >= self.close_by:
                self._abort("no-close")
        elif self._link is None:
            if now - self._opened_at > self._context.handshake_timeout_s:
                self._abort("slow-handshake")
        else:
            self._tick_open(now)

    def _tick_open(self, now: float) -> None:
        if self._link is not None and self._ears is not None and self._link.next_deadline is not None:
            for event in self._link.tick(now):
                self._ears.heard(event)
            self._flush()
        if self._stalled_at is not None and now - self._stalled_at > self._context.stall_s:
            self._abort("stalled")
        elif not self._paused_by and now - self.last_inbound > self.silence_s:
            log.info("station_silent", station=self._station, seconds=round(now - self.last_inbound))
            self._abort("silent")
        elif self._context.ping_s and now - self.last_outbound > self._context.ping_s and self._transport is not None:
            self._transport.write(PING)
            self.last_outbound = now

    def _abort(self, reason: str) -> None:
        self._closing = True
        self._context.metrics.closes.labels(reason).inc()
        if self._transport is not None:
            self._transport.abort()

    def _close_reason(self, error: Exception | None) -> str:
        sent, received = self._protocol.close_sent, self._protocol.close_rcvd
        if received is not None:
            return f"received-{received.code}"
        if sent is not None:
            return f"sent-{sent.code}"
        return type(error).__name__ if error is not None else "eof"


DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=11,
    compress_settings={"memLevel": 5},
)


def told_of(event: LinkEvent, data: str | bytes) -> tuple[str, str | None, str | None, str | None]:
    """Return text, message id, action and note of an event for the message log."""
    call: OpenCall | None = getattr(event, "call", None)
    message_id = call.message_id if call is not None else getattr(event, "message_id", None)
    action = call.action if call is not None else getattr(event, "action", None)
    text = getattr(event, "text", None)
    return (
        text if isinstance(text, str) else str(data),
        None if message_id is None else str(message_id),
        action,
        getattr(event, "reason", None),
    )
