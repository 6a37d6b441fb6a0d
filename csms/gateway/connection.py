"""One line of a station: bytes to events and back, with no task of its own while it is idle."""

import asyncio
from collections.abc import Callable

from websockets.exceptions import InvalidState
from websockets.frames import Frame as WireFrame
from websockets.frames import Opcode
from websockets.protocol import State
from websockets.server import ServerProtocol

from csms.gateway.brake import Brake, end_writing
from csms.gateway.context import Context
from csms.gateway.framing import Cutter, Pieces, text_frame
from csms.gateway.knock import Admission
from csms.gateway.liveness import PING, Watch, pace_of, phase_of
from csms.gateway.trace import trace_end, trace_in, trace_odd, trace_out, trace_ping, trace_start
from csms.ocpp.errors import ErrorCode
from csms.ocpp.events import CallReceived, FrameOdd, MessageId
from csms.ocpp.link import Link
from csms.ocpp.version import Version
from csms.ports.line import Ears
from csms.ports.registry import RegisteredStation

MESSAGES = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})


class Connection(asyncio.Protocol):
    """A `Line` over a WebSocket whose opening handshake is done.

    Odd frames are read by the sans-I/O core of `websockets`; a whole text frame, which is nearly all
    there is, takes a short way (decision 0004).
    """

    __slots__ = (
        "_brake",
        "_breath",
        "_closed",
        "_closing",
        "_context",
        "_core",
        "_cutter",
        "_ears",
        "_link",
        "_pieces",
        "_station",
        "_transport",
        "_watch",
        "_why",
        "close_by",
        "frames_in_second",
        "last_inbound",
        "last_outbound",
        "proof",
        "remote",
        "version",
    )

    def __init__(  # all that the entrance knows
        self,
        *,
        context: Context,
        transport: asyncio.Transport,
        core: ServerProtocol,
        admission: Admission,
        remote: str,
        closed: Callable[["Connection"], None],
    ) -> None:
        self._context = context
        self._core = core
        self._transport: asyncio.Transport | None = transport
        self._closed = closed
        self._link: Link | None = None
        self._ears: Ears | None = None
        self._station = admission.station.id
        self._cutter = Cutter(longest=context.max_frame)
        self._pieces = Pieces()
        self._why: str | None = None
        self._breath: asyncio.TimerHandle | None = None
        self._closing = False
        self._brake = Brake(transport)
        self.close_by: float | None = None
        self.frames_in_second = 0
        self.last_inbound = context.clock.monotonic()
        self._watch = Watch(context, admission.station)
        self.last_outbound = self.last_inbound - self._watch.pace.ping_s / 2 * phase_of(admission.station)
        self.remote = remote
        self.version: Version = admission.choice.version
        self.proof = admission.proof

    def start(self, ears: Ears, *, early: bytes) -> None:
        """Finish the handshake and listen, first to what came with the request."""
        self._link = Link(self.version, limits=self._watch.pace.limits)
        self._ears = ears
        self._flush_core()
        trace_start(self._context, self._station, version=self.version, remote=self.remote)
        self._read_frames(early)

    def data_received(self, data: bytes) -> None:
        self.last_inbound = self._context.clock.monotonic()
        if self._closing or (text := self._cutter.whole(data)) is None:
            self._read_frames(data)
        else:
            self._receive(text)

    def eof_received(self) -> None:
        self._core.receive_eof()
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
            trace_end(self._context, self._station, self._core, why=self._why, error=error)
        self._closed(self)

    def _drop_calls(self, ears: Ears) -> None:
        """End the calls of ours at once: nobody waits for a peer that is leaving, or that is dead already (Q8)."""
        for event in self._link.close() if self._link is not None else ():
            ears.heard(event)

    def pause_writing(self) -> None:
        self._watch.stalled_at = self._context.clock.monotonic()

    def resume_writing(self) -> None:
        self._watch.stalled_at = None

    # Reading.

    def _read_frames(self, data: bytes) -> None:
        """Hear whole texts at once; the core reads all other frames, and everything once the line is closing."""
        if not self._closing:
            for piece in self._cutter.cut(data):
                if isinstance(piece, bytes):
                    self._core.receive_data(piece)
                    self._after_core()
                elif not self._closing:
                    self._receive(piece)
            data = b""
        if self._closing:
            self._core.receive_data(self._cutter.rest() + data)
            self._after_core()

    def _after_core(self) -> None:
        """Take what the core has read; a message in pieces is heard when it is whole."""
        for event in self._core.events_received():
            if not isinstance(event, WireFrame):
                continue
            if event.opcode not in MESSAGES:
                self._count_frame()
                if event.opcode is Opcode.PONG:
                    self._watch.unanswered = 0
            elif (whole := self._pieces.add(event)) is not None:
                self._receive(whole)
        self._flush_core()

    def _flush_core(self) -> None:
        for data in self._core.data_to_send():
            if self._transport is None:
                return
            if data:
                self._transport.write(data)
            else:
                end_writing(self._transport)
        if self._core.state in {State.CLOSING, State.CLOSED} and not self._closing:
            self._closing = True
            self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s
        if self._transport is not None and self._transport.get_write_buffer_size() > self._context.max_unsent:
            self._abort("unread")

    def _receive(self, data: str | bytes) -> None:
        if (link := self._link) is None or self._ears is None:
            return
        self._count_frame()
        for event in link.receive(data, self.last_inbound):
            trace_in(self._context, self._station, event, data)
            if type(event) is FrameOdd:
                trace_odd(self._context, self._station, event, self.last_inbound)
                self._flush(event.message_id, event.action)
            else:
                self._ears.heard(event)
        if link.unsent:
            self._flush()

    def _count_frame(self) -> None:
        self.frames_in_second += 1
        if self.frames_in_second > self._watch.pace.frames_per_second:
            self._brake.pull("rate")

    # The line.

    def answer(self, call: CallReceived, payload: bytes) -> None:
        """Send the CALLRESULT."""
        if self._link is not None and not self._closing:
            self._link.answer(call.message_id, payload)
            self._flush(call.message_id, call.action)

    def refuse(self, call: CallReceived, code: ErrorCode, description: str) -> None:
        """Send the CALLERROR."""
        if self._link is not None and not self._closing:
            self._link.refuse(call.message_id, code, description)
            self._flush(call.message_id, call.action)

    def call(self, message_id: str, action: str, payload: bytes, *, within: float) -> bool:
        """Queue a call."""
        if self._link is None or self._closing:
            return False
        queued = self._link.call(message_id, action, payload, self._context.clock.monotonic(), within=within)
        self._flush()
        return queued

    def close(self, code: int, reason: str) -> None:
        """Close the socket; a peer that does not close in time is cut off."""
        if self._transport is None or self._closing:
            return
        self._closing = True
        self.close_by = self._context.clock.monotonic() + self._context.close_timeout_s
        try:
            self._core.send_close(code, reason)
        except InvalidState:
            self._abort("not-open")
            return
        self._flush_core()
        if self._ears is not None:
            self._drop_calls(self._ears)
        self._brake.let_go()

    def pause(self) -> None:
        """Stop reading, because the actor is behind."""
        self._brake.pull("actor")

    def adopt(self, station: RegisteredStation) -> None:
        """Treat the station as is known now."""
        self._watch.adopt(pace_of(self._context, station), self._link)

    def resume(self) -> None:
        """Read again."""
        self._release("actor")

    def _release(self, why: str) -> None:
        if self._brake.release(why):
            self.last_inbound = self._context.clock.monotonic()

    # Sending.

    def _flush(self, message_id: MessageId | None = None, action: str | None = None) -> None:
        if self._link is None or self._transport is None or self._closing:
            return
        if not (texts := self._link.texts_to_send()):
            return
        for text in texts:
            self._transport.write(text_frame(text))
        trace_out(self._context, self._station, texts, message_id, action)
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

    def tick(self, now: float) -> None:
        """Do what is due: deadlines, pings, the end of a silent or stuck peer."""
        if self.frames_in_second:
            self.frames_in_second = 0
            self._release("rate")
        if self.close_by is not None:
            if now >= self.close_by:
                self._abort("no-close")
            return
        if self._link is not None and self._link.next_deadline is not None:
            self._advance(now)
        if (why := self._watch.why_cut(now, self.last_inbound, reading=not self._brake.pulled)) is not None:
            self._abort(why)
        elif self._watch.wants_ping(now, self.last_outbound) and self._transport is not None:
            self._transport.write(PING)
            self.last_outbound = now
            trace_ping(self._context, self._station, self._watch.unanswered)
            self._watch.unanswered += 1

    def _abort(self, reason: str) -> None:
        self._closing = True
        self._why = self._why or reason
        if self._transport is not None:
            self._transport.abort()
