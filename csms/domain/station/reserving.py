"""The rules of a station's reservations: one function for each command, and how their facts change the record."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from csms.domain.command import Deciders, Decision
from csms.domain.reservation import (
    CLOCK_TOLERANCE,
    Ending,
    Kept,
    Reservation,
    Start,
    Told,
    is_number,
    is_over,
    meant,
    strongest,
)
from csms.domain.station.events import StatusChanged
from csms.domain.station.reservations import (
    ACCEPTED,
    EndReservation,
    ExpireReservations,
    RecordCancellation,
    RecordReservation,
    ReservationEnded,
    ReservationMade,
    ReservationRefused,
    UseReservation,
)
from csms.domain.station.state import ConnectorState, Station

OUT_OF_ORDER = frozenset({"faulted", "unavailable"})
RESERVED, AVAILABLE = "reserved", "available"
LIVE_LIMIT, ENDED_LIMIT, TOLD_LIMIT = 64, 8, 8


def record_reservation(station: Station, command: RecordReservation) -> Decision[None]:
    """Note what the station answered; what it told of the reservation before its answer counts (16-RES-01).

    A number that is used again replaces the reservation that had it (16-RES-03).
    """
    reservation = command.reservation
    if not (is_number(reservation.number) and is_number(reservation.evse or 0)):
        return Decision(None)
    if command.status.casefold() != ACCEPTED:
        return Decision(None, (ReservationRefused(reservation, command.status, command.at),))
    replaced = tuple(
        ReservationEnded(Told(reservation.number, Ending.REPLACED, command.at, command.at), kept.reservation.key)
        for kept in station.reservations
        if kept.live and kept.reservation.number == reservation.number
    )
    heard = strongest(
        [
            told
            for told in (*station.ends_told, *_out_of_order(station, command))
            if told.number == reservation.number and told.received_at >= reservation.asked_at
        ]
    )
    ended = () if heard is None else (ReservationEnded(heard, reservation.key),)
    return Decision(None, (*replaced, ReservationMade(reservation, command.at), *ended))


def _out_of_order(station: Station, command: RecordReservation) -> list[Told]:
    """Return the end of a reservation whose EVSE, or station, broke down between the question and the answer."""
    number, places = command.reservation.number, {command.reservation.evse or 0, 0}
    since = [_out_since(station.connectors, place) for place in places]
    return [Told(number, Ending.REMOVED, at, at) for at in since if at is not None]


def record_cancellation(station: Station, command: RecordCancellation) -> Decision[None]:
    """End what the station agreed to cancel; one that it does not cancel stays until its time is over (Q113)."""
    if command.status.casefold() != ACCEPTED:
        return Decision(None)
    told = Told(command.number, Ending.CANCELLED, command.at, command.at)
    newest = _newest(station, command.number)
    if newest is not None and newest.reservation.asked_at > command.asked_at:
        return Decision(None)
    return Decision(None, _ends(station, told))


def use_reservation(station: Station, command: UseReservation) -> Decision[None]:
    """End the reservation that a session was begun by: the one it names, else one for its token (TX-28, Q113)."""
    number = command.number if is_number(command.number) else None
    if number is None or (number <= 0 and _newest(station, number) is None):
        if not station.reservations:
            return Decision(None)
        found = meant(Start(command.evse, command.token, command.group, command.at), station.reservations)
        if found is None:
            return Decision(None)
        number = found.reservation.number
    told = Told(number, Ending.USED, command.at, command.received_at, command.session)
    return Decision(None, _ends(station, told))


def end_reservation(station: Station, command: EndReservation) -> Decision[None]:
    """End what the station says has ended (H04)."""
    return Decision(None, _ends(station, Told(command.number, command.ending, command.at, command.at)))


def expire_reservations(station: Station, command: ExpireReservations) -> Decision[None]:
    """End what has outlived its time: many stations never say so (16-RES-05, Q113)."""
    over = [kept.reservation for kept in station.reservations if kept.live and is_over(kept.reservation, command.now)]
    return Decision(
        None,
        tuple(ReservationEnded(Told(one.number, Ending.EXPIRED, one.expires_at, command.now), one.key) for one in over),
    )


def ended_by_status(station: Station, status: StatusChanged) -> tuple[ReservationEnded, ...]:
    """Return the reservations that a new status ends (16-RES-05).

    A breakdown takes those of its EVSE with it, that of the station all. 1.6 tells of an expiry
    only by what was `Reserved` becoming `Available`; before its time that means a loss.
    """
    live = [kept.reservation for kept in station.reservations if kept.live]
    if not live or not status.current:
        return ()
    place, at = (status.evse, status.connector), status.received_at
    before = next((state for known, state in station.connectors if known == place), None)
    after = [(known, state) for known, state in station.connectors if known != place]
    after.append((place, ConnectorState(status.status, status.at, at)))
    ended: list[tuple[Reservation, Ending]] = []
    if _out_since(after, status.evse) is not None:
        ended = [(one, Ending.REMOVED) for one in live if status.evse in {0, one.evse}]
    elif before is not None and before.status.casefold() == RESERVED and status.status.casefold() == AVAILABLE:
        ended = [
            (one, Ending.EXPIRED if one.expires_at - at <= CLOCK_TOLERANCE else Ending.REMOVED)
            for one in live
            if (one.evse or 0) == status.evse and before.received_at >= one.asked_at
        ]
    return tuple(ReservationEnded(Told(one.number, ending, at, at), one.key) for one, ending in ended)


def _out_since(connectors: Iterable[tuple[tuple[int, int], ConnectorState]], evse: int) -> datetime | None:
    """Return when the last connector of an EVSE went out of order; None while one is in order, or none is known."""
    here = [state for (place, _), state in connectors if place == evse]
    if not here or any(state.status.casefold() not in OUT_OF_ORDER for state in here):
        return None
    return max(state.received_at for state in here)


def _newest(station: Station, number: int) -> Kept | None:
    return next((kept for kept in reversed(station.reservations) if kept.reservation.number == number), None)


def _ends(station: Station, told: Told) -> tuple[ReservationEnded, ...]:
    """Return the fact that an end makes; none if it is known already, or a stronger one is."""
    if not is_number(told.number):
        return ()
    newest = _newest(station, told.number)
    if newest is not None:
        return (ReservationEnded(told, newest.reservation.key),) if newest.yields_to(told.ending) else ()
    known = strongest(known for known in station.ends_told if known.number == told.number)
    return () if known is not None and known.ending.rank >= told.ending.rank else (ReservationEnded(told),)


RESERVING: Deciders = {
    RecordReservation: record_reservation,
    RecordCancellation: record_cancellation,
    UseReservation: use_reservation,
    EndReservation: end_reservation,
    ExpireReservations: expire_reservations,
}


def reserved(station: Station, event: ReservationMade | ReservationEnded) -> Station:
    """Return the station after one more fact of a reservation."""
    if isinstance(event, ReservationMade):
        return replace(station, reservations=_bounded((*station.reservations, Kept(event.reservation))))
    if not event.key:
        return replace(station, ends_told=(*station.ends_told, event.told)[-TOLD_LIMIT:])
    kept = tuple(
        Kept(known.reservation, event.told.ending) if known.reservation.key == event.key else known
        for known in station.reservations
    )
    return replace(station, reservations=_bounded(kept))


def _bounded(known: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """Return the newest of the live ones and a few of those that have ended, in their order."""
    live = [kept for kept in known if kept.live][-LIVE_LIMIT:]
    ended = [kept for kept in known if not kept.live][-ENDED_LIMIT:]
    return tuple(kept for kept in known if kept in live or kept in ended)
