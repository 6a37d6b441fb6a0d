"""Frames as broken stations send them: each mangler takes a good text and gives what goes out."""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from simulators.seen import (
    CALL,
    EXTRA,
    Wire,
    bare_numbers,
    name_0,
    no_reason,
    number_0,
    outside_values,
    strange_calls,
)


class Socket(Protocol):
    """The part of a WebSocket connection that the `ocpp` package uses."""

    async def recv(self) -> str | bytes:
        """Return the next message."""

    async def send(self, message: Any) -> None:
        """Send a message, whole or in a list of fragments."""


def binary(text: str) -> Wire:
    """A binary frame in place of a text (Q38)."""
    return [text.encode()]


def latin1(text: str) -> Wire:
    """Bytes that are no UTF-8 (Q38)."""
    return [text.replace("Accepted", "Acceptéd").encode("latin-1", "replace")]


def bom(text: str) -> Wire:
    """A byte order mark first (Q38)."""
    return ["\ufeff" + text]


def nul(text: str) -> Wire:
    """A NUL at the end (Q38)."""
    return [text + "\0"]


def empty_frames(text: str) -> Wire:
    """An empty text before each frame (Q24)."""
    return ["", text]


def twice(text: str) -> Wire:
    """Each frame repeated, under the same id (Q27)."""
    return [text, text]


def concatenated(text: str) -> Wire:
    """Two arrays in one frame (Q38)."""
    return [text + text]


def numeric_ids(text: str) -> Wire:
    """Message ids as numbers (Q26)."""
    frame = json.loads(text)
    if frame[0] == CALL:
        frame[1] = int.from_bytes(str(frame[1]).encode()[:6], "big")
    return [json.dumps(frame)]


def reused_ids(text: str) -> Wire:
    """A counter of message ids that begins anew all the time (Q27)."""
    frame = json.loads(text)
    if frame[0] == CALL:
        frame[1] = str(1_000_000 + sum(str(frame[1]).encode()) % 3)
    return [json.dumps(frame)]


def pipelined(text: str) -> Wire:
    """Three more calls before each, and none waits for its answer (Q30)."""
    if json.loads(text)[0] != CALL:
        return [text]
    return [*(json.dumps([CALL, f"{EXTRA}{n}", "Heartbeat", {}]) for n in range(3)), text]


def truncated(text: str) -> Wire:
    """The end of every third frame cut off (Q25)."""
    return [text[:-3] if sum(text.encode()) % 3 == 0 else text]


def strings_for_numbers(text: str) -> Wire:
    """Every number in a payload as a text (Q32)."""
    return _rewritten(
        text, lambda value: str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    )


def nulls(text: str) -> Wire:
    """A null member in every object of the payload (Q35)."""
    frame = json.loads(text)
    _add_member(frame[-1], "vendorErrorCode", None)
    return [json.dumps(frame)]


def extra_fields(text: str) -> Wire:
    """An unknown member in every payload (Q34)."""
    frame = json.loads(text)
    _add_member(frame[-1], "x_foo", {"bar": [1]})
    return [json.dumps(frame)]


def missing_members(text: str) -> Wire:
    """Without members that must be there (Q36)."""
    frame = json.loads(text)
    for place in (frame[-1], frame[-1].get("chargingStation")):
        for name in MANDATORY if isinstance(place, dict) else ():
            place.pop(name, None)
    return [json.dumps(frame)]


def overlong(text: str) -> Wire:
    """Texts far longer than they may be (Q33)."""
    frame = json.loads(text)
    for place in (frame[-1], frame[-1].get("chargingStation")):
        for name in DESCRIPTIVE if isinstance(place, dict) else ():
            if name in place:
                place[name] = place[name] + "x" * 300
    return [json.dumps(frame)]


def padded_numbers(text: str) -> Wire:
    """Whole numbers with a fraction, numeric texts with blanks around (Q32, Q84)."""
    return _rewritten(text, _padded)


def lower_case(text: str) -> Wire:
    """Enumeration values in the wrong case (Q37)."""
    return _rewritten(text, lambda value: value.lower() if value in {"Available", "Charging", "Accepted"} else value)


def no_zone(text: str) -> Wire:
    """Timestamps without a zone (Q44)."""
    return _rewritten(
        text, lambda value: value.removesuffix("Z") if isinstance(value, str) and value[10:11] == "T" else value
    )


MANGLERS: dict[str, Callable[[str], Wire]] = {
    mangler.__name__.replace("_", "-"): mangler
    for mangler in (
        binary,
        latin1,
        bom,
        nul,
        empty_frames,
        twice,
        concatenated,
        numeric_ids,
        reused_ids,
        pipelined,
        truncated,
        missing_members,
        overlong,
        padded_numbers,
        strings_for_numbers,
        nulls,
        extra_fields,
        lower_case,
        no_zone,
        number_0,
        name_0,
        no_reason,
        outside_values,
        bare_numbers,
        strange_calls,
    )
}

MANDATORY = ("errorCode", "chargePointVendor", "vendorName", "triggerReason", "reason")
DESCRIPTIVE = ("chargePointModel", "chargePointSerialNumber", "firmwareVersion", "model", "serialNumber")
RENAMING = {numeric_ids, reused_ids}


class MangledSocket:
    """A socket that spoils what goes out, and hands through what comes in.

    Answers to the station's own calls keep their ids: what was renamed is put back. A text that is
    `fragmented` leaves in several WebSocket frames (Q23).
    """

    def __init__(self, socket: Socket, names: Iterable[str], *, fragment: bool = False) -> None:
        self._socket = socket
        self._fragment = fragment
        self.last_at = asyncio.get_running_loop().time()
        self._manglers = [MANGLERS[name] for name in names]
        self._ids: dict[str, str] = {}

    async def recv(self) -> str | bytes:
        """Return the next message, under the id that the station knows."""
        while True:
            text = await self._socket.recv()
            self.last_at = asyncio.get_running_loop().time()
            frame = json.loads(text)
            if frame[0] == CALL or not str(frame[1]).startswith(EXTRA):
                return self._known(text, frame)

    def _known(self, text: str | bytes, frame: list[Any]) -> str | bytes:
        if frame[0] != CALL and (original := self._ids.pop(str(frame[1]), None)) is not None:
            frame[1] = original
            return json.dumps(frame)
        return text

    async def send(self, message: str | bytes) -> None:
        """Send what the manglers make of a text."""
        text = message if isinstance(message, str) else message.decode()
        wire: Wire = [text]
        for mangle in self._manglers:
            wire = [piece for item in wire for piece in (mangle(item) if isinstance(item, str) and item else [item])]
        self._remember(text, wire)
        self.last_at = asyncio.get_running_loop().time()
        for piece in wire:
            middle = len(piece) // 2
            await self._socket.send([piece[:middle], piece[middle:]] if self._fragment else piece)

    def _remember(self, text: str, wire: Wire) -> None:
        original = json.loads(text)
        if original[0] != CALL or RENAMING.isdisjoint(self._manglers):
            return
        for piece in wire:
            sent = json.loads(piece) if isinstance(piece, str) and piece else None
            if sent is not None:
                self._ids[str(sent[1])] = str(original[1])


def _rewritten(text: str, change: Callable[[Any], Any]) -> Wire:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(member) for key, member in value.items()}
        if isinstance(value, list):
            return [walk(member) for member in value]
        return change(value)

    frame = json.loads(text)
    frame[-1] = walk(frame[-1])
    return [json.dumps(frame)]


def _padded(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return f"  {value} " if isinstance(value, str) and value.replace(".", "", 1).isdigit() else value


def _add_member(payload: Any, name: str, value: Any) -> None:
    if isinstance(payload, dict):
        payload[name] = value
