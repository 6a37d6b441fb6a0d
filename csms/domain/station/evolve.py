"""How facts change the record of a station."""

from msgspec.structs import replace

from csms.domain.station.events import StationBooted, StationEvent, StatusChanged
from csms.domain.station.state import ConnectorState, Station


def evolve(station: Station, event: StationEvent) -> Station:
    """Return the station after one more fact; most facts are history and change nothing here."""
    match event:
        case StationBooted():
            return replace(station, registration=event.registration, booted_at=event.at, report=event.report)
        case StatusChanged(current=True):
            return _status_changed(station, event)
        case _:
            return station


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
    others = tuple(item for item in station.connectors if item[0] != key)
    return replace(station, connectors=tuple(sorted((*others, (key, state)), key=lambda item: item[0])))
