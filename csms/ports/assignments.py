"""What can be done to one station on behalf of an operation over many."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from csms.domain.fleet.outcomes import Outcome


class Assignment(Struct, frozen=True):
    """One station of an operation; `body` is what is to be done, as JSON text. `call_id` is given to the call of it."""

    station: str
    command: str
    body: str
    call_id: str
    within_s: float | None
    asked_by: str


class Instead(Struct, frozen=True):
    """What to do with a station that does not know what it was asked, as its operator wants it."""

    command: str
    body: str


class Ending(Struct, frozen=True):
    """How an assignment ended; `answer` is the raw answer as JSON text, `detail` tells people what else there is.

    `instead` is what the operator wants to be tried next, as another call: then this is no end yet.
    """

    outcome: Outcome
    protocol: str | None = None
    action: str | None = None
    answer: str | None = None
    detail: str | None = None
    instead: Instead | None = None


class Watched(Struct, frozen=True):
    """A station that accepted something, and since when something could have come of it.

    `wanted` says what shall come of it, as far as the kind of effect leaves that open.
    """

    station: str
    call_id: str
    asked_at: datetime
    wanted: str


class BodyFault(Exception):
    """What is wished cannot be said; `path` is a JSON pointer into it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


class Carrier(Protocol):
    """Carries out one kind of assignment; `effect` names what must come of it in a campaign that says nothing else."""

    effect: str | None

    async def check(self, body: str, protocols: Sequence[str]) -> None:
        """Raise `BodyFault` for a body that says nothing, or what none of the protocols can say."""

    async def carry(self, assignment: Assignment) -> Ending:
        """Do it, once; whatever happens is an ending."""

    async def recall(self, call_id: str) -> Ending | None:
        """Return how an assignment ended whose carrier is gone; None if nobody knows."""


class Effect(Protocol):
    """Knows what came of assignments that stations accepted."""

    async def seen(self, watched: Sequence[Watched]) -> Mapping[str, Ending]:
        """Return the endings of those stations of which it is known by now."""
