"""What a station's actor is told, apart from the calls of operators."""

from dataclasses import dataclass
from datetime import datetime

from msgspec import Struct

from csms.ocpp.events import LinkEvent
from csms.ports.line import Line
from csms.ports.registry import RegisteredStation


@dataclass(frozen=True, slots=True)
class Attach:
    """A new line for the station, under a new epoch."""

    station: RegisteredStation
    line: Line
    epoch: int


@dataclass(frozen=True, slots=True)
class Changed:
    """The station was set up in another way, or something else is known of its make."""


class Heard(Struct, frozen=True):
    """Something came over a line."""

    line: Line
    event: LinkEvent


@dataclass(frozen=True, slots=True)
class Lost:
    """A line is gone."""

    line: Line


@dataclass(frozen=True, slots=True)
class Superseded:
    """Another node took the station under a higher epoch."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Expelled:
    """The operator took from the station, by a higher epoch, the right to the line that it has."""

    epoch: int


@dataclass(frozen=True, slots=True)
class Review:
    """Time to look at sessions whose end seems lost."""

    now: datetime
