"""What can be asked of a station's record about its local list, the facts of it, and their rules."""

from datetime import datetime

from msgspec.structs import replace

from csms.domain.command import Command, Deciders, Decision, Event
from csms.domain.local_list import LARGEST, UNSUPPORTED, Update
from csms.domain.station.state import Station

ACCEPTED = "accepted"


class RecordListVersion(Command[None], frozen=True):
    """The station told the version of its list: -1 without lists, 0 for an empty one."""

    version: int
    at: datetime


class RecordListUpdate(Command[None], frozen=True):
    """The station answered to an update of its list, with a status in its own word."""

    update: Update
    status: str
    at: datetime


class ListVersionTold(Event, frozen=True):
    """The list of the station has another version than was known."""

    version: int
    at: datetime


class ListTaken(Event, frozen=True):
    """The station took an update of its list."""

    update: Update
    at: datetime


class ListRefused(Event, frozen=True):
    """The station did not take an update of its list; `status` is its own word."""

    version: int
    full: bool
    status: str
    at: datetime


ListEvent = ListVersionTold | ListTaken | ListRefused


def record_list_version(station: Station, command: RecordListVersion) -> Decision[None]:
    """Note a version that is not the known one: what the list holds is not known any more (16-LAL-01, Q112)."""
    if command.version == station.list_version or not UNSUPPORTED <= command.version <= LARGEST:
        return Decision(None)
    return Decision(None, (ListVersionTold(command.version, command.at),))


def record_list_update(station: Station, command: RecordListUpdate) -> Decision[None]:
    """Note what the station has now: only what it accepted counts (16-LAL-08)."""
    update = command.update
    if not UNSUPPORTED <= update.version <= LARGEST:
        return Decision(None)
    if command.status.casefold() != ACCEPTED:
        return Decision(None, (ListRefused(update.version, update.full, command.status, command.at),))
    return Decision(None, (ListTaken(update, command.at),))


LISTING: Deciders = {RecordListVersion: record_list_version, RecordListUpdate: record_list_update}


def listed(station: Station, event: ListTaken | ListVersionTold) -> Station:
    """Return the station after one more fact of its list."""
    version = event.update.version if isinstance(event, ListTaken) else event.version
    return replace(station, list_version=version)
