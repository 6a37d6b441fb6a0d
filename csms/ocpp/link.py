"""OCPP-J between two ends, without a socket and without a clock.

Feed it what comes in, take events; ask it to call or answer, take the texts to send. One call
of ours is open at a time and the others queue; calls of both sides may cross (J-40, J-41).
"""

import json
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import Any

import msgspec

from csms.ocpp import codec
from csms.ocpp.codec import Frame, Unreadable
from csms.ocpp.errors import MAX_DESCRIPTION, ErrorCode, spelling
from csms.ocpp.events import (
    CallDropped,
    CallLapsed,
    CallReceived,
    ErrorReceived,
    FrameOdd,
    LinkEvent,
    MessageId,
    OpenCall,
    ResultDisputed,
    ResultReceived,
    SendReceived,
)
from csms.ocpp.version import Version

ERROR_MEMBERS = 3
QUESTIONS = frozenset({"Authorize", "BootNotification", "Heartbeat", "SignCertificate"})
"""Calls whose answer may be another one the next time; a station that counts no ids asks them again under the same (W10)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a link takes: depth of nesting, our calls in the queue, answers kept for repeats.

    `gap_s` is the breath that a station gets between the end of one call of ours and the next (Q31).
    """

    max_depth: int = 32
    max_queue: int = 32
    kept_answers: int = 16
    kept_lapsed: int = 8
    gap_s: float = 0.0


DEFAULT_LIMITS = Limits()


class Link:
    """One end of one connection. Empty containers are not made before they are needed: there are many links."""

    __slots__ = ("_answers", "_lapsed", "_open", "_queued", "_rests_until", "limits", "unsent", "version")

    def __init__(self, version: Version, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self.version = version
        self.limits = limits
        self._open: OpenCall | None = None
        self._queued: deque[OpenCall] | None = None
        self._lapsed: OrderedDict[str, OpenCall] | None = None
        self._answers: dict[MessageId, tuple[int, str | None]] | None = None
        self.unsent: list[str] = []
        self._rests_until = 0.0

    # What comes in.

    def receive(self, data: str | bytes, now: float) -> list[LinkEvent]:
        """Return what a message of the station means; never raises."""
        call = codec.decode_call(data) if isinstance(data, str) else None
        if (
            call is not None
            and call.kind == codec.CALL
            and (payload := bytes(call.payload)).startswith(b"{")
            and len(call.message_id) <= codec.MAX_ID
        ):
            return [self._call(call.message_id, call.action, payload, str(data), ())]
        text, notes = codec.to_text(data)
        return [
            self._odd(item, text, now)
            if isinstance(item, Unreadable)
            else self._take(Frame(item.kind, item.message_id, item.rest, notes), text, now)
            for item in codec.decode(text, max_depth=self.limits.max_depth)
        ]

    def _take(self, frame: Frame, text: str, now: float) -> LinkEvent:
        match frame.kind:
            case codec.CALL:
                return self._take_call(frame, text)
            case codec.CALL_RESULT:
                return self._take_result(frame, text, now)
            case codec.CALL_ERROR:
                return self._take_error(frame, text, now)
            case codec.SEND if self.version is Version.V21 and frame.rest:
                payload = frame.rest[1] if len(frame.rest) > 1 else {}
                return SendReceived(frame.message_id, str(frame.rest[0]), msgspec.json.encode(payload), text)
            case codec.CALL_RESULT_ERROR if self.version is Version.V21:
                code, description, _ = _error_parts(frame.rest)
                return ResultDisputed(frame.message_id, code, description, text)
            case _:
                return FrameOdd("message type", text, message_id=frame.message_id)

    def _take_call(self, frame: Frame, text: str) -> LinkEvent:
        action = frame.rest[0] if frame.rest else None
        if not isinstance(action, str):
            return self._refuse_frame(frame.message_id, ErrorCode.RPC_FRAMEWORK_ERROR, "action", text)
        payload = frame.rest[1] if len(frame.rest) > 1 else None
        notes = frame.notes
        if payload is None:
            payload, notes = {}, (*notes, "no-payload")
        if not isinstance(payload, dict):
            return self._refuse_frame(frame.message_id, ErrorCode.FORMAT_VIOLATION, "payload", text)
        try:
            raw = msgspec.json.encode(payload)
        except (UnicodeError, ValueError, RecursionError):  # lone surrogates, numbers out of range
            raw = json.dumps(payload).encode()
        return self._call(frame.message_id, action, raw, text, notes)

    def _call(self, message_id: MessageId, action: str, payload: bytes, text: str, notes: tuple[str, ...]) -> LinkEvent:
        """Take a call, unless it is the repetition of one: that gets the same answer (Q27), or a new one to a question."""
        content = hash((action, payload))
        answers = self._answers
        if answers is None:
            answers = self._answers = {}
        elif (
            (known := answers.pop(message_id, None)) is not None
            and known[0] == content
            and (known[1] is None or action not in QUESTIONS)
        ):
            answers[message_id] = known
            if known[1] is not None:
                self.unsent.append(known[1])
            return FrameOdd("repeated", text, answered=known[1] is not None, message_id=message_id, action=action)
        answers[message_id] = (content, None)
        if len(answers) > self.limits.kept_answers:
            del answers[next(iter(answers))]
        return CallReceived(message_id, action, payload, text, notes)

    def _take_result(self, frame: Frame, text: str, now: float) -> LinkEvent:
        call, late = self._close(frame.message_id, now)
        if call is None:
            return FrameOdd("answer to no call", text, message_id=frame.message_id)
        payload = frame.rest[0] if frame.rest and frame.rest[0] is not None else {}
        return ResultReceived(call, msgspec.json.encode(payload), text, late)

    def _take_error(self, frame: Frame, text: str, now: float) -> LinkEvent:
        call, late = self._close(frame.message_id, now)
        if call is None and frame.message_id == codec.UNREADABLE_ID and self._open is not None:
            call, late = self._close(self._open.message_id, now)
        if call is None:
            return FrameOdd("error to no call", text, message_id=frame.message_id)
        code, description, details = _error_parts(frame.rest)
        return ErrorReceived(call, code, description, details, text, late)

    def _odd(self, item: Unreadable, text: str, now: float) -> LinkEvent:
        """Answer what can be answered of a broken frame, and fail the call that it was an answer to."""
        if item.empty:
            return FrameOdd("empty", text)
        if item.kind in {codec.CALL_RESULT, codec.CALL_ERROR} and item.message_id is not None:
            call, late = self._close(item.message_id, now)
            if call is not None:
                return ErrorReceived(
                    call, ErrorCode.FORMAT_VIOLATION, f"unreadable answer: {item.reason}", "{}", text, late
                )
            return FrameOdd("unreadable answer", text, message_id=item.message_id)
        if item.kind in {codec.CALL, None}:
            return self._refuse_frame(
                codec.UNREADABLE_ID if item.message_id is None else item.message_id,
                ErrorCode.RPC_FRAMEWORK_ERROR,
                item.reason,
                text,
            )
        return FrameOdd(item.reason, text, message_id=item.message_id)

    def _refuse_frame(self, message_id: MessageId, code: ErrorCode, reason: str, text: str) -> FrameOdd:
        self.unsent.append(codec.encode_error(message_id, spelling(code, self.version), f"unreadable: {reason}"))
        return FrameOdd(reason, text, answered=True, message_id=message_id)

    # What goes out.

    def answer(self, message_id: MessageId, payload: bytes) -> str:
        """Queue the result of a call and return its text."""
        text = codec.encode_result(message_id, payload)
        self.unsent.append(text)
        if self._answers is not None and (known := self._answers.get(message_id)) is not None:
            self._answers[message_id] = (known[0], text)
        return text

    def refuse(self, message_id: MessageId, code: ErrorCode, description: str) -> str:
        """Queue the error of a call and return its text; said again under its id, the call is heard again (W9)."""
        text = codec.encode_error(message_id, spelling(code, self.version), description[:MAX_DESCRIPTION])
        if self._answers is not None:
            self._answers.pop(message_id, None)
        self.unsent.append(text)
        return text

    def call(self, message_id: str, action: str, payload: bytes, now: float, *, within: float) -> bool:
        """Queue a call that must be answered `within` seconds, queueing included; False if the queue is full."""
        if self._queued is None:
            self._queued = deque()
        if len(self._queued) >= self.limits.max_queue:
            return False
        self._queued.append(OpenCall(message_id, action, payload, now + within))
        self._open_next(now)
        return True

    def texts_to_send(self) -> list[str]:
        """Return what is to be sent, once."""
        texts, self.unsent = self.unsent, []
        return texts

    # Time, and the end.

    @property
    def next_deadline(self) -> float | None:
        """When `tick` has something to do."""
        deadlines = [call.deadline for call in (self._open, *(self._queued or ())) if call is not None]
        return min(deadlines) if deadlines else None

    @property
    def opens_at(self) -> float | None:
        """When a call that only waits for the station's breath may go; `tick` sends it."""
        return self._rests_until if self._open is None and self._queued else None

    def tick(self, now: float) -> list[LinkEvent]:
        """Give up on the calls whose time is over."""
        if self._open is None and not self._queued:
            return []
        events: list[LinkEvent] = []
        if self._open is not None and self._open.deadline <= now:
            lapsed, self._open = self._open, None
            if self._lapsed is None:
                self._lapsed = OrderedDict()
            self._lapsed[lapsed.message_id] = lapsed
            if len(self._lapsed) > self.limits.kept_lapsed:
                self._lapsed.popitem(last=False)
            self._rests_until = now + self.limits.gap_s if self.limits.gap_s else 0.0
            events.append(CallLapsed(lapsed, sent=True))
        for call in [call for call in self._queued or () if call.deadline <= now]:
            if self._queued is not None:
                self._queued.remove(call)
            events.append(CallLapsed(call, sent=False))
        self._open_next(now)
        return events

    def close(self) -> list[LinkEvent]:
        """Give up on all calls: the connection is gone."""
        dropped: list[LinkEvent] = [] if self._open is None else [CallDropped(self._open, sent=True)]
        dropped += [CallDropped(call, sent=False) for call in self._queued or ()]
        self._open, self._queued = None, None
        return dropped

    def _close(self, message_id: MessageId, now: float) -> tuple[OpenCall | None, bool]:
        """Return the call that an answer is for, and whether it comes late."""
        key = str(message_id)
        if self._open is not None and self._open.message_id == key:
            call, self._open = self._open, None
            self._rests_until = now + self.limits.gap_s if self.limits.gap_s else 0.0
            self._open_next(now)
            return call, False
        return (self._lapsed.pop(key, None) if self._lapsed else None), True

    def _open_next(self, now: float) -> None:
        if self._open is None and self._queued and now >= self._rests_until:
            call = self._queued.popleft()
            self._open = OpenCall(call.message_id, call.action, call.payload, call.deadline, now)
            self.unsent.append(codec.encode_call(call.message_id, call.action, call.payload))


def _error_parts(rest: tuple[Any, ...]) -> tuple[str, str, str]:
    """Return code, description and details of an error, however many of them there are (Q39)."""
    padded = (*rest, *[None] * ERROR_MEMBERS)
    code, description, details = padded[0], padded[1], padded[2]
    return (
        str(code if code is not None else ErrorCode.GENERIC_ERROR),
        str(description if description is not None else ""),
        msgspec.json.encode(details if details is not None else {}).decode(),
    )
