"""The message log: every frame, both ways."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

LEAF_ROOM = 1_000
"""How many frames a leaf holds at most; a leaf is what is stored together."""


class Direction(StrEnum):
    """Seen from the house."""

    IN = "in"
    OUT = "out"


PINGS = "Ping"
"""The `action` of an entry that tells of WebSocket pings; it has no text."""


class Frame(Struct, frozen=True, array_like=True, gc=False):
    """One frame as it was on the wire; `note` says what was odd about it."""

    at: datetime
    direction: Direction
    text: str
    message_id: str | None = None
    action: str | None = None
    note: str | None = None


class FrameLog(Protocol):
    """Bounded: what does not fit is dropped and counted."""

    def record(self, station: str, frame: Frame) -> None:
        """Keep a frame of a station soon; never blocks, never raises."""
