"""Texts to frames and back. Nothing that comes in makes this raise."""

import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from csms.ocpp.events import MessageId

CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND = 2, 3, 4, 5, 6
UNREADABLE_ID = "-1"
MAX_ID = 256


class CallFrame(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The shape of nearly every frame that stations send; its payload is left as text."""

    kind: int
    message_id: str
    action: str
    payload: msgspec.Raw


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, taken apart. `rest` is what follows the message id, as values."""

    kind: int
    message_id: MessageId
    rest: tuple[Any, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A text that is no frame; what of it could be recovered.

    `kind` and `message_id` are None where nothing tells them; `empty` texts are keepalives (Q24).
    """

    reason: str
    kind: int | None = None
    message_id: MessageId | None = None
    action: str | None = None
    empty: bool = False


class FrameHead(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What every frame begins with."""

    kind: int
    message_id: MessageId


_fast = msgspec.json.Decoder(CallFrame)
_head = msgspec.json.Decoder(FrameHead)
_slow = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_START = re.compile(
    r'^\s*\[\s*(\d+)\s*,\s*("(?:[^"\\]|\\.){0,256}"|-?\d{1,20}(?:\.\d{1,10})?)\s*(?:,\s*"([A-Za-z0-9]{1,64})"|,|$)'
)


def decode_call(text: str | bytes) -> CallFrame | None:
    """Return a well-formed CALL or SEND; None for all else, which `decode` takes."""
    try:
        return _fast.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def label_of(text: str) -> tuple[MessageId, str | None]:
    """Return the message id of a frame of ours, and its action if it names one."""
    if (call := decode_call(text)) is not None:
        return call.message_id, call.action
    try:
        return _head.decode(text).message_id, None
    except (msgspec.DecodeError, UnicodeError):  # an id that was echoed and that no text can hold
        return UNREADABLE_ID, None


def to_text(data: str | bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of a frame without its wrapping (Q38), and what was odd about it."""
    notes: list[str] = []
    text = data if isinstance(data, str) else _decoded(data, notes)
    stripped = text.strip("\ufeff\0 \t\r\n")
    if len(stripped) != len(text):
        notes.append("padded")
    return stripped, tuple(notes)


def _decoded(data: bytes, notes: list[str]) -> str:
    notes.append("binary")
    try:
        return data.decode()
    except UnicodeDecodeError:
        notes.append("latin-1")
        return data.decode("latin-1")


def decode(text: str, *, max_depth: int) -> list[Frame | Unreadable]:
    """Return all frames of a text: one, or several in a row (Q38)."""
    if not text:
        return [Unreadable("empty", empty=True)]
    if _depth(text) > max_depth:
        return [_recover(text, "too deep")]
    try:
        return [_frame(_slow.decode(text))]
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return _decode_row(text)


def _decode_row(text: str) -> list[Frame | Unreadable]:
    """Read texts that the strict parser refuses: arrays in a row, numbers out of range, lone surrogates."""
    decoder, at = json.JSONDecoder(), 0
    found: list[Frame | Unreadable] = []
    while at < len(text):
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found.append(_recover(text[at:], "not JSON"))
            break
        found.append(_frame(value, mended=True))
        at = end
        while at < len(text) and text[at] in " \t\r\n\0,":
            at += 1
    return found


def storable(value: Any) -> Any:
    """Return a value of JSON in whose texts is nothing that no database takes.

    U+FFFD stands for every half of a surrogate pair and every NUL; NULs that only pad a text are cut off.
    """
    match value:
        case str():
            if "\0" in value:
                value = value.rstrip("\0").replace("\0", "\ufffd")
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case list():
            return [storable(item) for item in value]
        case dict():
            return {storable(name): storable(item) for name, item in value.items()}
        case _:
            return value


def _frame(value: Any, *, mended: bool = False) -> Frame | Unreadable:
    """Take a value apart; the id stays as it is, even where all else is mended, for the answer must repeat it."""
    if not isinstance(value, list) or not value:
        return Unreadable("not an array")
    kind = value[0]
    if isinstance(kind, str) and kind.isascii() and kind.isdigit():
        kind = int(kind[:3])
    if isinstance(kind, bool) or not isinstance(kind, int):
        return Unreadable("no message type")
    message_id = value[1] if len(value) > 1 else None
    if isinstance(message_id, bool) or not isinstance(message_id, str | int | float):
        return Unreadable("no message id", kind=kind)
    if isinstance(message_id, str):
        message_id = message_id[:MAX_ID]
    rest = storable(value[2:]) if mended else value[2:]
    return Frame(kind, message_id, tuple(rest))


def _recover(text: str, reason: str) -> Unreadable:
    """Find type, id and action at the start of a broken frame, so that nobody waits for it (Q25)."""
    match = _START.match(text[:600])
    if match is None:
        return Unreadable(reason)
    kind, message_id, action = match.groups()
    try:
        known: MessageId = json.loads(message_id)
    except ValueError:
        return Unreadable(reason, kind=int(kind[:3]))
    return Unreadable(reason, kind=int(kind[:3]), message_id=known, action=action)


def _depth(text: str) -> int:
    """Return how deep brackets nest, those in strings left out; cheap for texts that nest little."""
    if text.count("[") + text.count("{") <= 16:  # noqa: PLR2004  # cannot be deeper than it has brackets
        return 16
    deepest = depth = 0
    for bracket in re.findall(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        if bracket in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif bracket in "]}":
            depth -= 1
    return deepest


def encode_result(message_id: MessageId, payload: bytes) -> str:
    """Return the text of a CALLRESULT."""
    return f"[3,{_id(message_id)},{payload.decode()}]"


def encode_call(message_id: str, action: str, payload: bytes) -> str:
    """Return the text of a CALL."""
    return f'[2,"{message_id}",{json.dumps(action)},{payload.decode()}]'


def encode_error(message_id: MessageId, code: str, description: str) -> str:
    """Return the text of a CALLERROR; it never carries what was wrong with the input (Q126)."""
    return f'[4,{_id(message_id)},"{code}",{json.dumps(description)},{{}}]'


def _id(message_id: MessageId) -> str:
    return _encoder.encode(message_id).decode() if str(message_id).isascii() else json.dumps(message_id)
