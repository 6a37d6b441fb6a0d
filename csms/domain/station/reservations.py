"""What can be asked of a station's record about reservations, and the facts of it."""

from datetime import datetime

from csms.domain.access import TokenRef
from csms.domain.command import Command, Event
from csms.domain.reservation import Ending, Reservation, Told
from csms.domain.session.commands import BeginSession, EndSession, UpdateSession

ACCEPTED = "accepted"


class RecordReservation(Command[None], frozen=True):
    """The station answered to a reservation that it was asked for, with a status in its own word."""

    reservation: Reservation
    status: str
    at: datetime


class RecordCancellation(Command[None], frozen=True):
    """The station answered to the cancelling of a number, asked at `asked_at`."""

    number: int
    status: str
    asked_at: datetime
    at: datetime


class UseReservation(Command[None], frozen=True):
    """A session began, by the reservation `number` or by none that it names; `session` is its name at the station."""

    number: int | None
    session: str
    evse: int | None
    token: TokenRef | None
    group: str | None
    at: datetime
    received_at: datetime


def used_by(
    command: BeginSession | UpdateSession | EndSession, group: str | None, number: int | None
) -> UseReservation:
    """Return what a message of a session says of reservations; `group` is that of its token."""
    told = command.observation
    return UseReservation(number, command.ref, told.evse, told.token, group, told.at, told.received_at)


class EndReservation(Command[None], frozen=True):
    """The station told how a reservation ended (2.x)."""

    number: int
    ending: Ending
    at: datetime


class ExpireReservations(Command[None], frozen=True):
    """Time has passed."""

    now: datetime


class ReservationMade(Event, frozen=True):
    """The station promised an outlet."""

    reservation: Reservation
    at: datetime


class ReservationRefused(Event, frozen=True):
    """The station did not promise what it was asked for; `status` is its own word."""

    reservation: Reservation
    status: str
    at: datetime


class ReservationEnded(Event, frozen=True):
    """A reservation came to an end; without a `key`, the newest that the station calls by that number."""

    told: Told
    key: str = ""


ReservationEvent = ReservationMade | ReservationRefused | ReservationEnded
