"""One socket of a station: bytes to events and back, with no task of its own while it is idle."""

import asyncio
import zlib
from typing import Protocol, cast

import structlog
from websockets.exceptions import InvalidState
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory
from websockets.frames import CloseCode, Opcode
from websockets.frames import Frame as WireFrame
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from csms.gateway.context import Context
from csms.gateway.doorman import Admission, Knock, Refusal, unavailable
from csms.gateway.framing import MAX_HEADER, frame_size, text_frame, whole_text
from csms.gateway.head import LONGEST_HEAD, head_end, mended
from csms.gateway.subprotocol import tokens_in
from csms.ocpp import codec
from csms.ocpp.errors import ErrorCode
from csms.ocpp.events import CallReceived, FrameOdd, LinkEvent, OpenCall
from csms.ocpp.link import Link
from csms.ocpp.secrets import SECRETIVE, redacted
from csms.ocpp.version import Version
from csms.ports.frames import Direction, Frame
from csms.ports.journal import JournalUnavailable
from csms.ports.line import Ears

log = structlog.get_logger(__name__)

PING = b"\x89\x00"
TLS_HELLO = b"\x16\x03"
JUDGED_WITHIN_S = 30.0
OFFER = "Sec-WebSocket-Protocol"
MESSAGES = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Listener(Protocol):
    """Who keeps the connections."""

    def opened(self, connection: "Connection") -> None:
        """A socket is there."""

    def knocked(self, connection: "Connection") -> None:
        """It has sent its upgrade request, which is judged now."""

    def settled(self, connection: "Connection", *, admitted: bool) -> None:
        """It was answered."""

    def closed(self, connection: "Connection") -> None:
        """A socket is gone."""


class Connection(asyncio.Protocol):
    """A `Line` over a WebSocket.

    The opening handshake and every odd frame are read by the sans-I/O core of `websockets`; a
    whole text frame, which is nearly all there is, takes a short way (decision 0004).
    """

    __slots__ = (
        "_breath",
        "_closing",
        "_context",
        "_ears",
        "_knock_by",
        "_knocked",
        "_link",
        "_listener",
        "_partial",
        "_paused_by",
        "_pieces",
        "_protocol",
        "_stalled_at",
        "_station",
        "_transport",
        "_why",
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
        self._knocked = False
        self._knock_by = 0.0
        self._partial: bytes | bytearray = b""
        self._pieces: tuple[Opcode, bytearray] | None = None
        self._why: str | None = None
        self._breath: asyncio.TimerHandle | None = None
        self._closing = False
        self._paused_by: frozenset[str] = frozenset()
        self._stalled_at: float | None = None
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
        self.last_inbound = self._context.clock.monotonic()
        self._knock_by = self.last_inbound + self._context.handshake_timeout_s
        self._listener.opened(self)

    def data_received(self, data: bytes) -> None:
        self.last_inbound = self._context.clock.monotonic()
        if self._link is not None:
            self._read_frames(data)
        elif self.close_by is None:
            self._read_head(data)

    def eof_received(self) -> None:
        if self._link is None:
            self._closing = True
            return
        self._protocol.receive_eof()
        self._after_core()

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._closing = True
        if self._breath is not None:
            self._breath.cancel()
        ears, self._ears = self._ears, None
        if ears is not None:
            self._drop_calls(ears)
            ears.lost()
            self._tell_end(self._close_reason(error))
        elif not self._knocked and self.close_by is None and self._why is None:
            self._context.metrics.handshakes.labels("no-request").inc()
        self._listener.closed(self)

    def _drop_calls(self, ears: Ears) -> None:
        """End the calls of ours at once: nobody waits for a peer that is leaving, or that is dead already (Q8)."""
        for event in self._link.close() if self._link is not None else ():
            ears.heard(event)

    def _tell_end(self, reason: str) -> None:
        self._context.metrics.connections.dec()
        self._context.metrics.closes.labels(reason).inc()
        fault = self._protocol.parser_exc
        detail = {} if fault is None or isinstance(fault, EOFError) else {"detail": str(fault)}
        log.info("station_disconnected", station=self._station, reason=reason, **detail)

    def pause_writing(self) -> None:
        self._stalled_at = self._context.clock.monotonic()

    def resume_writing(self) -> None:
        self._stalled_at = None

    # Reading.

    def _read_frames(self, data: bytes) -> None:
        """Cut what came in into frames: whole texts take the short way, all others go to the core one by one."""
        if self._partial:
            self._partial += data
            if not self._closing and self._is_short(self._partial):
                return
            data, self._partial = bytes(self._partial), b""
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
        elif start < len(data):
            self._partial = bytearray(data[start:])

    def _is_short(self, data: bytes | bytearray) -> bool:
        """Whether `data` is only the beginning of a frame that may still become whole."""
        size = frame_size(data, 0)
        return size is None or len(data) < size <= self._context.max_frame + MAX_HEADER

    def _after_core(self) -> None:
        for event in self._protocol.events_received():
            if isinstance(event, WireFrame):
                self._take_wire(event)
        self._flush_core()

    def _take_wire(self, frame: WireFrame) -> None:
        """Take a frame from the core; a message in pieces is heard when it is whole."""
        if frame.opcode not in MESSAGES:
            self._count_frame()
            return
        opcode, data = self._pieces or (frame.opcode, bytearray())
        data += frame.data
        self._pieces = None if frame.fin else (opcode, data)
        if self._pieces is None:
            whole = bytes(data)
            self._receive(whole if opcode is Opcode.BINARY else text_of(whole))

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
        if self._transport is not None and self._transport.get_write_buffer_size() > self._context.max_unsent:
            self._abort("unread")

    def _receive(self, data: str | bytes) -> None:
        if self._link is None or self._ears is None:
            return
        self._count_frame()
        for event in self._link.receive(data, self.last_inbound):
            self._log_in(event, data)
            if type(event) is FrameOdd:
                self._note_odd(event)
            else:
                self._ears.heard(event)
        self._flush()

    def _count_frame(self) -> None:
        self.frames_in_second += 1
        if self.frames_in_second > self._context.frames_per_second:
            self._pause("rate")

    def _note_odd(self, event: FrameOdd) -> None:
        """Count a frame that leads to nothing; of many, a few are told (Q24, Q28)."""
        self._context.metrics.odd_frames.labels(event.reason).inc()
        if event.reason != "empty" and self._context.odd_lines.pour(self._station, 1, self.last_inbound):
            log.info("frame_odd", station=self._station, reason=event.reason, text=event.text[:200])

    # The opening handshake.

    def _read_head(self, data: bytes) -> None:
        """Gather the upgrade request; what follows it waits until it is answered."""
        self._partial += data
        if not self._knocked and self._partial[:2] == TLS_HELLO:
            self._context.doorman.spoilt(self.remote, "tls-on-plain-port")
            self._abort("tls-on-plain-port")
            return
        end = None if self._knocked else head_end(self._partial)
        if end is None:
            if len(self._partial) > LONGEST_HEAD:
                self._spoil(Refusal(431, "head-too-long", "request header too long"))
            return
        head, self._partial = bytes(self._partial[:end]), self._partial[end:]
        self._protocol.receive_data(mended(head))
        request = next(iter(self._protocol.events_received()), None)
        if isinstance(request, Request):
            self._knocked = True
            self._knock_by = self.last_inbound + JUDGED_WITHIN_S
            self._listener.knocked(self)
            self._context.tasks.spawn(self._open(request), name="handshake")
        else:
            fault = self._protocol.handshake_exc
            log.debug("handshake_malformed", remote=self.remote, fault=repr(fault and fault.__cause__))
            self._spoil(Refusal(400, "malformed", "not a request that can be read"))

    def _spoil(self, refusal: Refusal) -> None:
        self._context.doorman.spoilt(self.remote, refusal.outcome, status=refusal.status)
        self._reject(refusal)

    def turn_away(self) -> None:
        """Make room for others: too many are at the door (L14)."""
        if self.close_by is None:
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
            tls=self._context.tls,
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
            self._protocol.available_extensions = [DEFLATE]
        response = self._protocol.accept(request)
        if response.status_code != 101:  # noqa: PLR2004  # the core found fault with the request
            headers = tuple((name, value) for name, value in response.headers.raw_items() if name in HINTS)
            fault = str(self._protocol.handshake_exc)
            self._refuse(knock, Refusal(response.status_code, "malformed", fault, headers))
            return
        if choice.token is not None:
            response.headers[OFFER] = choice.token
        self.version = choice.version
        self._station = admission.station.id
        heartbeat_s = admission.station.heartbeat_s or self._context.heartbeat_s
        self.silence_s = max(self._context.silence_s, 3.0 * heartbeat_s, 3.0 * self._context.ping_s)
        try:
            ears = await self._context.house.welcome(admission.station, self)
        except JournalUnavailable:
            self._refuse(knock, unavailable("not-ready"))
            return
        if self._transport is None or self._closing:
            ears.lost()
            return
        self._link = Link(choice.version, limits=self._context.limits)
        self._ears = ears
        self._protocol.send_response(response)
        self._flush_core()
        self.last_outbound = self._context.clock.monotonic() - self._context.ping_s / 2 * phase_of(self._station)
        self._listener.settled(self, admitted=True)
        self._context.doorman.admitted(knock, self._station)
        self._context.metrics.connections.inc()
        log.info("station_connected", station=self._station, protocol=choice.version.value, remote=self.remote)
        early, self._partial = bytes(self._partial), b""
        self._read_frames(early)

    def _refuse(self, knock: Knock, refusal: Refusal) -> None:
        self._context.doorman.refused(knock, refusal)
        self._reject(refusal)

    def _reject(self, refusal: Refusal) -> None:
        if self._transport is None or self._closing:
            return
        self._closing = True
        response = self._protocol.reject(refusal.status, refusal.reason + "\n")
        for name, value in refusal.headers:
            response.headers[name] = value
        self._transport.write(response.serialize())
        if self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()
        self._partial = b""
        self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s
        self._listener.settled(self, admitted=False)

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
        if self._ears is not None:
            self._drop_calls(self._ears)
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
        if self._breath is None and (opens_at := self._link.opens_at) is not None:
            delay = max(0.0, opens_at - self._context.clock.monotonic())
            self._breath = asyncio.get_running_loop().call_later(delay, self._breathed)
        if self._transport.get_write_buffer_size() > self._context.max_unsent:
            self._abort("unread")

    def _breathed(self) -> None:
        """Send the call that waited for the station to draw breath (Q31)."""
        self._breath = None
        self._advance(self._context.clock.monotonic())

    def _advance(self, now: float) -> None:
        if self._link is not None and self._ears is not None:
            for event in self._link.tick(now):
                self._ears.heard(event)
            self._flush()

    def _log_in(self, event: LinkEvent, data: str | bytes) -> None:
        self._context.metrics.traffic.received += 1
        if type(event) is CallReceived:
            self._log(Direction.IN, event.text, str(event.message_id), event.action, ",".join(event.notes) or None)
        else:
            self._log(Direction.IN, *told_of(event, data))

    def _log_out(self, text: str, action: str | None) -> None:
        self._context.metrics.traffic.sent += 1
        if action is None and (call := codec.decode_call(text)) is not None:  # it has waited for another call
            action = call.action
        self._log(Direction.OUT, text, None, action, None)

    def _log(
        self, direction: Direction, text: str, message_id: str | None, action: str | None, note: str | None
    ) -> None:
        if action in SECRETIVE:
            text = redacted(action, text)
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
            self._tick_closed(now)
        else:
            self._tick_open(now)

    def _tick_closed(self, now: float) -> None:
        if now < self._knock_by:
            return
        if self._knocked:  # the delay is ours
            self._context.doorman.failed(self.remote, "not-judged")
            self._reject(unavailable("not-judged"))
        else:
            self._spoil(Refusal(408, "slow-handshake", "no request in time"))

    def _tick_open(self, now: float) -> None:
        if self._link is not None and self._link.next_deadline is not None:
            self._advance(now)
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
        self._why = self._why or reason
        if self._transport is not None:
            self._transport.abort()

    def _close_reason(self, error: Exception | None) -> str:
        sent, received = self._protocol.close_sent, self._protocol.close_rcvd
        if self._why is not None:
            return self._why
        if received is not None:
            return f"received-{received.code}" if received.code in STANDARD else "received-other"
        if sent is not None:
            return f"sent-{sent.code}"
        return type(error).__name__ if error is not None else "eof"


DEFLATE = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=11,
    compress_settings={"memLevel": 5},
)


HINTS = frozenset({"Allow", "Upgrade"})
STANDARD = frozenset(code.value for code in CloseCode)


def text_of(data: bytes) -> str | bytes:
    """Return a text; its bytes if it is not UTF-8, which the link can still read (Q38)."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def phase_of(station: str) -> float:
    """Return a part of 1 that is a station's own, so that those that came together are not pinged together (L16)."""
    return zlib.crc32(station.encode()) / 0xFFFFFFFF


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
