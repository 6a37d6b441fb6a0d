"""What a link makes of the frames it receives, and of the time that passes."""

from dataclasses import dataclass, field

MessageId = str | int | float
"""Echoed as it came: some stations count in numbers (Q26)."""


@dataclass(frozen=True, slots=True)
class CallReceived:
    """The station calls us and waits for an answer. `payload` is its JSON text as it came."""

    message_id: MessageId
    action: str
    payload: bytes
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SendReceived:
    """The station tells us something and waits for nothing (2.1 SEND)."""

    message_id: MessageId
    action: str
    payload: bytes
    text: str


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call of ours on its way: queued, or sent and not yet answered."""

    message_id: str
    action: str
    payload: bytes
    deadline: float
    sent_at: float | None = None


@dataclass(frozen=True, slots=True)
class ResultReceived:
    """The station answered our call. `late` says that we had given up on it."""

    call: OpenCall
    payload: bytes
    text: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class ErrorReceived:
    """The station answered our call with a CALLERROR; the code is in its own spelling."""

    call: OpenCall
    code: str
    description: str
    details: str
    text: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class CallLapsed:
    """No answer came before the deadline, which counts the time in the queue (`sent` tells)."""

    call: OpenCall
    sent: bool


@dataclass(frozen=True, slots=True)
class CallDropped:
    """The connection ended with our call on it; `sent` tells whether the station may have acted on it."""

    call: OpenCall
    sent: bool


@dataclass(frozen=True, slots=True)
class ResultDisputed:
    """The station could not use a result of ours (2.1 CALLRESULTERROR)."""

    message_id: MessageId
    code: str
    description: str
    text: str


@dataclass(frozen=True, slots=True)
class FrameOdd:
    """A frame that leads to nothing above; `answered` says that the link queued a CALLERROR or a repeated answer."""

    reason: str
    text: str
    answered: bool = False
    message_id: MessageId | None = None
    action: str | None = field(default=None)


LinkEvent = (
    CallReceived
    | SendReceived
    | ResultReceived
    | ErrorReceived
    | CallLapsed
    | CallDropped
    | ResultDisputed
    | FrameOdd
)
