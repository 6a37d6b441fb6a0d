"""What a station would probably not take, by what it told and by what it answered before: warned of, never refused.

Test tools send what a station must reject, and stations tell wrong limits of themselves (Q107).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from csms.domain.access import HISTORIC_AFTER
from csms.domain.fault import Fault
from csms.domain.smart_charging.binding import Standing, standing
from csms.domain.smart_charging.matching import collides, replaced_by
from csms.domain.smart_charging.profile import Installed, Kind, Profile, Purpose, Running, Unit

CLOCKS_DIFFER = timedelta(minutes=1)
"""So far apart the clocks of a station and ours may be without anybody noticing (Q46)."""


class Limits(Struct, frozen=True, gc=False):
    """What a station told of its smart charging; None: nothing."""

    levels: int | None = None
    units: frozenset[Unit] | None = None
    periods: int | None = None
    profiles: int | None = None
    evses: int | None = None
    able: bool | None = None
    switches_phases: bool | None = None
    purposes: frozenset[str] | None = None
    dynamic: bool | None = None
    least_id: int | None = None


class Try(Struct, frozen=True, gc=False):
    """What a station answered the last time to profiles of one sort."""

    purpose: Purpose
    kind: Kind
    unit: Unit
    stack_level: int
    status: str
    at: datetime

    @property
    def accepted(self) -> bool:
        """Whether the station took it."""
        return self.status == "Accepted"

    @property
    def sort(self) -> tuple[Purpose, Kind, Unit, int]:
        """What the profiles had in common."""
        return self.purpose, self.kind, self.unit, self.stack_level


class Record(Struct, frozen=True, gc=False):
    """What is known of a station that a profile is meant for; `exclusive` as in `Situation`."""

    now: datetime
    limits: Limits = Limits()
    installed: tuple[Installed, ...] = ()
    sessions: tuple[Running, ...] = ()
    tries: tuple[Try, ...] = ()
    exclusive: bool = False


def advise(profile: Profile, evse: int | None, record: Record, *, starting: bool = False) -> Iterator[Fault]:
    """Yield what the station will probably not take of a profile, or not do as meant."""
    yield from _by_limits(profile, evse, record.limits)
    yield from _by_kind(profile)
    yield from _by_clock(profile, record.now)
    yield from _by_tries(profile, record.tries)
    yield from _by_record(profile, evse, record)
    if not starting and profile.purpose is Purpose.SESSION:
        yield from _by_sessions(profile, evse, record.sessions)


def _by_limits(profile: Profile, evse: int | None, told: Limits) -> Iterator[Fault]:
    if told.able is False:
        yield Fault("/profile", "the station told that it has no smart charging")
    if told.evses is not None and evse is not None and evse > told.evses:
        yield Fault("/evse", f"the station told that it has {told.evses} EVSEs")
    if told.levels is not None and profile.stack_level > told.levels:
        yield Fault("/profile/stack_level", f"the station told that its highest level is {told.levels} (SC-11)")
    elif told.levels is not None and profile.stack_level == told.levels > 0:
        yield Fault("/profile/stack_level", "some stations refuse the highest level that they tell of (Q107)")
    if told.least_id is not None and profile.id <= told.least_id:
        yield Fault("/profile/id", f"ids up to {told.least_id} are those of external limits (SC-15)")
    if profile.purpose is Purpose.PRIORITY and profile.purpose not in (told.purposes or ()):
        yield Fault("/profile/purpose", "the station did not tell that it knows this purpose (SC-51)")
    if profile.kind is Kind.DYNAMIC and not told.dynamic:
        yield Fault("/profile/kind", "the station did not tell that it takes dynamic profiles (SC-51)")
    if len(profile.schedules) > 1:
        yield Fault("/profile/schedules", "more than one schedule is for sessions that negotiate by ISO 15118 (SC-16)")
    yield from _by_schedules(profile, told)


def _by_schedules(profile: Profile, told: Limits) -> Iterator[Fault]:
    for number, schedule in enumerate(profile.schedules):
        path = f"/profile/schedules/{number}"
        if told.units and schedule.unit not in told.units:
            yield Fault(f"{path}/unit", f"the station told that it takes {', '.join(sorted(told.units))} only (SC-10)")
        if told.periods is not None and len(schedule.periods) > told.periods:
            yield Fault(f"{path}/periods", f"the station told that it takes {told.periods} periods at most (SC-11)")
        if any(period.phase_to_use for period in schedule.periods) and not told.switches_phases:
            yield Fault(f"{path}/periods", "the station did not tell that it can choose a phase (SC-17)")
        least = schedule.min_rate
        if least is not None and any(
            period.limit is not None and 0 < period.limit < least for period in schedule.periods
        ):
            yield Fault(f"{path}/min_rate", "a limit between 0 and what the car needs at least stops its charging")
        if any(period.limit == 0 for period in schedule.periods):
            yield Fault(f"{path}/periods", "a limit of 0 ends the transaction at some stations (Q108)")


def _by_kind(profile: Profile) -> Iterator[Fault]:
    """Warn of what 1.6 leaves open: where a schedule begins that does not say so, or says so in vain (SC-13)."""
    for number, schedule in enumerate(profile.schedules):
        path = f"/profile/schedules/{number}/start"
        if profile.kind is Kind.RELATIVE and schedule.start is not None:
            yield Fault(path, "plays no part: a relative schedule begins with its transaction")
        elif profile.kind in {Kind.ABSOLUTE, Kind.RECURRING} and schedule.start is None:
            yield Fault(path, "without it the schedule begins with a transaction, or is refused (Q109)")


def _by_clock(profile: Profile, now: datetime) -> Iterator[Fault]:
    """Warn of a schedule that begins just now: where a station's clock is behind, it lies in the future (Q46)."""
    for number, schedule in enumerate(profile.schedules):
        if schedule.start is not None and profile.kind is Kind.ABSOLUTE and abs(schedule.start - now) < CLOCKS_DIFFER:
            why = "is now: a station whose clock is behind refuses it or waits; a minute ago would hold at once (Q46)"
            yield Fault(f"/profile/schedules/{number}/start", why)


def _by_tries(profile: Profile, tries: Sequence[Try]) -> Iterator[Fault]:
    """Remember what worked: a sort of profile that was refused last, and one that was taken (Q107, Q109)."""
    sort = (profile.purpose, profile.kind, profile.schedules[0].unit, profile.stack_level)
    last = next((known for known in tries if known.sort == sort), None)
    if last is None or last.accepted:
        return
    taken = [known for known in tries if known.accepted and known.purpose is profile.purpose]
    best = max(taken, key=lambda known: known.at, default=None)
    hint = "" if best is None else f"; it took level {best.stack_level}, {best.kind}, in {best.unit}"
    yield Fault("/profile", f"the station answered {last.status} to such a profile{hint}")


def _by_record(profile: Profile, evse: int | None, record: Record) -> Iterator[Fault]:
    new = Installed(evse, profile, record.now)
    live = [known for known in record.installed if _lives(known, record)]
    gone = replaced_by(new, live, exclusive=record.exclusive)
    for old in gone:
        if old.profile.id != profile.id:
            yield Fault("/profile", f"it takes the place of profile {old.profile.id} (SC-14)")
    if gone and profile.valid_from is not None and profile.valid_from > record.now:
        yield Fault("/profile/valid_from", "until then nothing of what it replaces holds (SC-19)")
    for old in [] if record.exclusive else live:
        if old.profile.id != profile.id and collides(old, new):
            why = f"profile {old.profile.id} has its purpose, level and place: a station refuses a second one (SC-14)"
            yield Fault("/profile/stack_level", why)
    most = record.limits.profiles
    if most is not None and len(live) - len(gone) >= most:
        yield Fault("/profile", f"the station told that it takes {most} profiles, and has {len(live)} (SC-11)")
    if profile.valid_to is not None and profile.valid_to <= record.now:
        yield Fault("/profile/valid_to", "is over: the profile will have no effect (SC-20)")


def _lives(known: Installed, record: Record) -> bool:
    return standing(known, record.sessions, record.now, None) not in {Standing.EXPIRED, Standing.ENDED}


def _by_sessions(profile: Profile, evse: int | None, sessions: Sequence[Running]) -> Iterator[Fault]:
    if profile.transaction is None:
        yield Fault("/profile/transaction", "some stations take no TxProfile without it (Q109)")
    here = [known for known in sessions if known.ended_at is None and known.evse == evse]
    if not here:
        yield Fault("/evse", "no session goes on there, as far as is known (SC-02)")
    elif profile.transaction is not None and all(known.transaction != profile.transaction for known in here):
        yield Fault("/profile/transaction", "is not the session that goes on there (SC-02)")
    for known in here:
        late = known.heard_at - known.began_at
        if late > HISTORIC_AFTER and profile.transaction in {None, known.transaction}:
            why = f"began {late.total_seconds() / 60:.0f} minutes before we heard of it, and is probably over (TX-38)"
            yield Fault("/profile/transaction", why)
