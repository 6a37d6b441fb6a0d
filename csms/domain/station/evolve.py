"""How facts change the record of a station."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from msgspec.structs import replace

from csms.domain.command import Event
from csms.domain.station.charging import ChargingEvent
from csms.domain.station.charging_rules import charged
from csms.domain.station.errands import ErrandAnswered, ErrandAsked, ErrandDropped, FirmwareFound, ProgressReported
from csms.domain.station.events import MeterReported, NoticeKept, StationBooted, StationEvent, StatusChanged
from csms.domain.station.following import followed
from csms.domain.station.local_list import ListTaken, ListVersionTold, listed
from csms.domain.station.reservations import ReservationEnded, ReservationMade
from csms.domain.station.reserving import reserved
from csms.domain.station.security import SecurityEventTold, mark_of
from csms.domain.station.state import ConnectorState, Flood, Replays, Station

Key = tuple[int, int]
Item = TypeVar("Item")

REMEMBERED = 8
FLOOD_WINDOW = timedelta(minutes=1)

BLOCKS: Mapping[type[Event], Callable[[Station, Any], Station]] = {
    ErrandAsked: followed,
    ErrandAnswered: followed,
    ErrandDropped: followed,
    ProgressReported: followed,
    FirmwareFound: followed,
    ReservationMade: reserved,
    ReservationEnded: reserved,
    ListTaken: listed,
    ListVersionTold: listed,
}
"""The facts whose effect is told with the rules of their block."""


def evolve(station: Station, event: StationEvent) -> Station:
    """Return the station after one more fact; most facts are history and change nothing here."""
    if (change := BLOCKS.get(type(event))) is not None:
        return change(station, event)
    match event:
        case StationBooted():
            return replace(station, registration=event.registration, booted_at=event.at, report=event.report)
        case StatusChanged():
            return _status_changed(station, event) if event.current else _status_replayed(station, event)
        case MeterReported() | NoticeKept() | SecurityEventTold():
            return _remarked(station, event)
        case _:
            return charged(station, event) if isinstance(event, ChargingEvent) else station


def _remarked(station: Station, event: MeterReported | NoticeKept | SecurityEventTold) -> Station:
    """Return the station with what serves to know a repetition, or a flood."""
    if isinstance(event, MeterReported):
        mark = hash((event.evse, event.samples))
        return replace(station, meter_marks=(*station.meter_marks, mark)[-REMEMBERED:])
    if isinstance(event, SecurityEventTold):
        marks = (*station.security_marks, mark_of(event))[-REMEMBERED:]
        return replace(station, flood=_swollen(station.flood, event.received_at), security_marks=marks)
    return replace(station, flood=_swollen(station.flood, event.at))


def _swollen(known: Flood | None, at: datetime) -> Flood:
    goes_on = known is not None and at - known.since < FLOOD_WINDOW
    return Flood(known.since, known.kept + 1) if known and goes_on else Flood(at, 1)


def newest_of(station: Station, key: Key) -> Replays | None:
    """Return what a connector told late; None if it told nothing at all."""
    return next((replays for known, replays in station.replays if known == key), None)


def _status_changed(station: Station, event: StatusChanged) -> Station:
    key = (event.evse, event.connector)
    state = ConnectorState(
        status=event.status,
        at=event.at,
        received_at=event.received_at,
        error=event.error,
        info=event.info,
        vendor=event.vendor,
        vendor_error=event.vendor_error,
    )
    known = newest_of(station, key)
    replays = Replays(event.at) if known is None else Replays(max(known.newest_at, event.at), known.told)
    return replace(
        station,
        connectors=_with(station.connectors, key, state),
        replays=_with(station.replays, key, replays),
    )


def _status_replayed(station: Station, event: StatusChanged) -> Station:
    key = (event.evse, event.connector)
    known = newest_of(station, key) or Replays(event.at)
    told = (*known.told, (event.at, event.status, event.error))[-REMEMBERED:]
    return replace(station, replays=_with(station.replays, key, Replays(known.newest_at, told)))


def _with(items: tuple[tuple[Key, Item], ...], key: Key, value: Item) -> tuple[tuple[Key, Item], ...]:
    others = (item for item in items if item[0] != key)
    return tuple(sorted((*others, (key, value)), key=lambda item: item[0]))
