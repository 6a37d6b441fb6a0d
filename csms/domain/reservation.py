"""Reservations: what was promised to whom, until when, and how that ended, in whatever order it is heard."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from csms.domain.access import TokenRef

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far a station's clock may be off when a start is matched to a reservation that it does not name (Q113)."""


LARGEST = 2**31 - 1


def is_number(number: int | None) -> bool:
    """Whether a reservation can have this number; what stations say instead of one is often none (Q80, Q113)."""
    return number is not None and -LARGEST - 1 <= number <= LARGEST


class Ending(StrEnum):
    """How a reservation ended, the weaker first: what is heard later only counts if it is stronger.

    An expiry may be our own reckoning, so a start that comes late out of a station's queue
    overrides it; nothing overrides a use. `REPLACED`: its number was given to another one.
    """

    EXPIRED = "expired"
    REPLACED = "replaced"
    REMOVED = "removed"
    CANCELLED = "cancelled"
    NO_SESSION = "no-session"
    USED = "used"

    @property
    def rank(self) -> int:
        """How much it counts against others, from 1."""
        return RANKS[self]


RANKS = {ending: rank for rank, ending in enumerate(Ending, 1)}


class Reservation(Struct, frozen=True, gc=False, omit_defaults=True):
    """A promise that a station was asked for; `key` is the id of the call that asked.

    `number` is what the station calls it. `evse` None or 0 leaves the choice to the station.
    `group` lets in the other tokens of a group (1.6: parentIdTag).
    """

    key: str
    number: int
    token: TokenRef
    expires_at: datetime
    asked_at: datetime
    evse: int | None = None
    connector_type: str | None = None
    group: str | None = None


class Told(Struct, frozen=True, gc=False, omit_defaults=True):
    """An end that was told of a number; `session` is what the station calls the session that used it.

    `at` is the time of it, `received_at` that of its message.
    """

    number: int
    ending: Ending
    at: datetime
    received_at: datetime
    session: str | None = None


class Kept(Struct, frozen=True, gc=False):
    """A reservation that a station accepted, and the end it came to."""

    reservation: Reservation
    ending: Ending | None = None

    @property
    def live(self) -> bool:
        """Whether it holds."""
        return self.ending is None

    def yields_to(self, ending: Ending) -> bool:
        """Whether an end that is told now changes what is known."""
        return self.ending is None or self.ending.rank < ending.rank


class Start(Struct, frozen=True, gc=False):
    """A session that began: where, for which token of which group, and the reservation that it named."""

    evse: int | None
    token: TokenRef | None
    group: str | None
    at: datetime


def meant(start: Start, known: Iterable[Kept]) -> Kept | None:
    """Return the reservation that a start used without naming it: of its EVSE, and of its token or group (Q113).

    One for that very EVSE goes before one for any.
    """
    fitting = [kept for kept in known if kept.live and _fits(kept.reservation, start)]
    return max(fitting, key=lambda kept: bool(kept.reservation.evse), default=None)


def _fits(reservation: Reservation, start: Start) -> bool:
    if reservation.evse and start.evse and reservation.evse != start.evse:
        return False
    if not reservation.asked_at - CLOCK_TOLERANCE <= start.at <= reservation.expires_at + CLOCK_TOLERANCE:
        return False
    return _is_for(reservation, start.token) or _is_of_group(reservation, start.group)


def _is_for(reservation: Reservation, token: TokenRef | None) -> bool:
    """Whether a token is the reserved one, whatever kind it is said to be: 1.6 names none."""
    return token is not None and token.value.casefold() == reservation.token.value.casefold()


def _is_of_group(reservation: Reservation, group: str | None) -> bool:
    """Whether groups are the same: they are compared with one another, never with tokens (TX-08)."""
    return group is not None and reservation.group is not None and group.casefold() == reservation.group.casefold()


def is_over(reservation: Reservation, now: datetime) -> bool:
    """Whether the time of a reservation has passed, whatever its station says or fails to say (Q113)."""
    return reservation.expires_at <= now


def strongest(told: Iterable[Told]) -> Told | None:
    """Return the end that counts among all that were told."""
    return max(told, key=lambda end: end.ending.rank, default=None)
