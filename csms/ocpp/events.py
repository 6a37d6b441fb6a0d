"""What a link makes of the frames it receives, and of the time that passes."""

from msgspec import Struct

MessageId = str | int | float
"""Echoed as it came: some stations count in numbers (Q26)."""


class CallReceived(Struct, frozen=True, gc=False):
    """The station calls us and waits for an answer. `payload` is its JSON text as it came."""

    message_id: MessageId
    action: str
    payload: bytes
    text: str
    notes: tuple[str, ...] = ()


class SendReceived(Struct, frozen=True, gc=False):
    """The station tells us something and waits for nothing (2.1 SEND)."""

    message_id: MessageId
    action: str
    payload: bytes
    text: str


class OpenCall(Struct, frozen=True, gc=False):
    """A call of ours on its way: queued, or sent and not yet answered."""

    message_id: str
    action: str
    payload: bytes
    deadline: float
    sent_at: float | None = None


class ResultReceived(Struct, frozen=True, gc=False):
    """The station answered our call. `late` says that we had given up on it."""

    call: OpenCall
    payload: bytes
    text: str
    late: bool = False


class ErrorReceived(Struct, frozen=True, gc=False):
    """The station answered our call with a CALLERROR; the code is in its own spelling."""

    call: OpenCall
    code: str
    description: str
    details: str
    text: str
    late: bool = False


class CallLapsed(Struct, frozen=True, gc=False):
    """No answer came before the deadline, which counts the time in the queue (`sent` tells)."""

    call: OpenCall
    sent: bool


class CallDropped(Struct, frozen=True, gc=False):
    """The connection ended with our call on it; `sent` tells whether the station may have acted on it."""

    call: OpenCall
    sent: bool


class ResultDisputed(Struct, frozen=True, gc=False):
    """The station could not use a result of ours (2.1 CALLRESULTERROR)."""

    message_id: MessageId
    code: str
    description: str
    text: str


class FrameOdd(Struct, frozen=True, gc=False):
    """A frame that leads to nothing above; `answered` says that the link queued a CALLERROR or a repeated answer."""

    reason: str
    text: str
    answered: bool = False
    message_id: MessageId | None = None
    action: str | None = None


LinkEvent = (
    CallReceived | SendReceived | ResultReceived | ErrorReceived | CallLapsed | CallDropped | ResultDisputed | FrameOdd
)
