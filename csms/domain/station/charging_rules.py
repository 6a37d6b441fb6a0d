"""The rules of a station's charging profiles: one function for each command, and how their facts change the record."""

from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec.structs import replace

from csms.domain.command import Deciders, Decision, Event
from csms.domain.smart_charging.matching import Criteria, matches, replaced_by
from csms.domain.smart_charging.profile import Installed, Origin
from csms.domain.smart_charging.validation import OTHERS
from csms.domain.station.charging import (
    ACCEPTED,
    Charging,
    ChargingEvent,
    ClearConstraint,
    CompositeTold,
    ConstraintCleared,
    ConstraintTold,
    Inquiry,
    ProfileAnswered,
    ProfileInstalled,
    ProfilesDropped,
    ProfilesInquired,
    ProfilesReported,
    RecordClearing,
    RecordComposite,
    RecordInquiry,
    RecordProfile,
    ReportConstraint,
    ReportProfiles,
)
from csms.domain.station.state import Station

KEPT, INQUIRIES = 200, 4


def record_profile(station: Station, command: RecordProfile) -> Decision[None]:
    """Note what the station answered; a profile that it took replaces what it must (SC-14, SC-15)."""
    new = command.installed
    answered = ProfileAnswered(new, command.status)
    if command.status != ACCEPTED:
        return Decision(None, (answered,))
    known = station.charging.profiles
    gone = replaced_by(new, known, exclusive=command.exclusive)
    ids = tuple(old.profile.id for old in gone if old.profile.id != new.profile.id)
    oldest = _too_many([old.profile.id for old in known if old not in gone], {new.profile.id})
    return Decision(None, (answered, *_dropped((*ids, *oldest), new.at, "replaced"), ProfileInstalled(new)))


def record_clearing(station: Station, command: RecordClearing) -> Decision[None]:
    """Forget what a request to clear meant; what others set stays, unless it was named (SC-01, SC-22, SC-25)."""
    criteria = command.criteria
    meant = _meant(station, criteria, lambda known: bool(criteria.ids) or known.profile.purpose not in OTHERS)
    return Decision(None, _dropped(meant, command.at, "cleared"))


def record_inquiry(station: Station, command: RecordInquiry) -> Decision[None]:
    """Note that a report will come; it may have come already. What the station told not to have is gone (Q110)."""
    fact = ProfilesInquired(command.request_id, command.criteria, command.found, command.at)
    begun = _inquiry(station.charging, command.request_id)
    seen: tuple[int, ...] | None = None if command.found else ()
    if begun is not None and begun.criteria is None and begun.complete:
        seen = begun.seen
    return Decision(None, (fact, *_missing(station, command.criteria, seen, command.at)))


def report_profiles(station: Station, command: ReportProfiles) -> Decision[None]:
    """Take what a station tells to hold; the last part of a report tells also what it does not hold (SC-21)."""
    known = {old.profile.id: old for old in station.charging.profiles}
    installed: list[Event] = []
    for profile in command.profiles:
        old = known.get(profile.id)
        new = Installed(command.evse, profile, command.at, Origin.REPORTED, command.source)
        if old is not None and old.origin is not Origin.REPORTED:
            new = replace(old, evse=command.evse, profile=profile, source=command.source)
        elif old is not None and old.profile == profile:
            new = replace(new, at=old.at)
        if new != old:
            installed.append(ProfileInstalled(new))
    ids = tuple(profile.id for profile in command.profiles)
    reported = ProfilesReported(command.request_id, ids, command.last, command.at)
    begun = _inquiry(station.charging, command.request_id)
    gone: tuple[Event, ...] = ()
    if command.last and begun is not None and begun.criteria is not None:
        gone = _missing(station, begun.criteria, (*_seen(begun), *ids), command.at)
    oldest = _dropped(_too_many(list(known), set(ids)), command.at, "replaced")
    return Decision(None, (reported, *gone, *oldest, *installed))


def record_composite(station: Station, command: RecordComposite) -> Decision[None]:
    """Note what composite schedule the station told."""
    told = CompositeTold(command.evse, command.status, command.at, command.duration_s, command.unit, command.composite)
    return Decision(None, (told,))


def report_constraint(station: Station, command: ReportConstraint) -> Decision[None]:
    """Note that somebody else limits the station."""
    return Decision(None, (ConstraintTold(command.constraint),))


def clear_constraint(station: Station, command: ClearConstraint) -> Decision[None]:
    """Note that such a limit is gone."""
    return Decision(None, (ConstraintCleared(command.source, command.evse, command.at),))


def _inquiry(charging: Charging, request_id: int) -> Inquiry | None:
    return next((known for known in charging.inquiries if known.request_id == request_id), None)


def _seen(inquiry: Inquiry) -> tuple[int, ...]:
    """Return what a report has told so far; one that is complete is told anew."""
    return () if inquiry.complete else inquiry.seen


def _too_many(known: list[int], new: set[int]) -> tuple[int, ...]:
    """Return the oldest profiles that must be forgotten so that new ones find room."""
    old = [known_id for known_id in known if known_id not in new]
    return tuple(old[: max(0, len(old) + len(new) - KEPT)])


def _meant(station: Station, criteria: Criteria, also: Callable[[Installed], bool]) -> tuple[int, ...]:
    return tuple(old.profile.id for old in station.charging.profiles if matches(criteria, old) and also(old))


def _missing(
    station: Station, criteria: Criteria, seen: Iterable[int] | None, at: datetime
) -> tuple[ProfilesDropped, ...]:
    """Return what a complete report should have told and did not; `seen` is None while it is not complete."""
    if seen is None:
        return ()
    told = frozenset(seen)
    return _dropped(_meant(station, criteria, lambda old: old.profile.id not in told), at, "not-reported")


def _dropped(ids: tuple[int, ...], at: datetime, why: str) -> tuple[ProfilesDropped, ...]:
    return (ProfilesDropped(ids, at, why),) if ids else ()


CHARGING: Deciders = {
    RecordProfile: record_profile,
    RecordClearing: record_clearing,
    RecordInquiry: record_inquiry,
    ReportProfiles: report_profiles,
    RecordComposite: record_composite,
    ReportConstraint: report_constraint,
    ClearConstraint: clear_constraint,
}


def charged(station: Station, event: ChargingEvent) -> Station:
    """Return the station after one more fact of its charging profiles."""
    charging = station.charging
    match event:
        case ProfileInstalled():
            others = tuple(old for old in charging.profiles if old.profile.id != event.installed.profile.id)
            changed = replace(charging, profiles=(*others, event.installed))
        case ProfilesDropped():
            changed = replace(
                charging, profiles=tuple(old for old in charging.profiles if old.profile.id not in event.ids)
            )
        case ProfilesInquired():
            begun = _inquiry(charging, event.request_id)
            fresh = Inquiry(event.request_id) if begun is None or begun.criteria is not None else begun
            changed = _with(charging, replace(fresh, criteria=event.criteria))
        case ProfilesReported():
            begun = _inquiry(charging, event.request_id) or Inquiry(event.request_id)
            seen = (*_seen(begun), *event.ids)[-KEPT:]
            changed = _with(charging, replace(begun, seen=seen, complete=event.last))
        case _:
            return station
    return replace(station, charging=changed)


def _with(charging: Charging, inquiry: Inquiry) -> Charging:
    others = [known for known in charging.inquiries if known.request_id != inquiry.request_id]
    return replace(charging, inquiries=(*others, inquiry)[-INQUIRIES:])
