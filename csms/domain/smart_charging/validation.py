"""What is wrong with a profile, whatever the station: told before anything is sent."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from csms.domain.fault import Fault
from csms.domain.smart_charging.profile import Kind, Period, Profile, Purpose, Schedule

MOST = Decimal(1_000_000_000)
YEARS = range(1970, 9999)
OTHERS = frozenset({Purpose.EXTERNAL, Purpose.GENERATION})
"""What only others set and clear (SC-01)."""


def faults_of(profile: Profile, evse: int | None, *, starting: bool = False) -> Iterator[Fault]:
    """Yield what is wrong with a profile for an EVSE (0: the station); `starting`: it comes with a remote start."""
    if profile.id < 0:
        yield Fault("/profile/id", "numbers below 0 are those of limits that others set (SC-15)")
    yield from _of_purpose(profile, evse, starting=starting)
    if (profile.recurrence is None) is (profile.kind is Kind.RECURRING):
        yield Fault("/profile/recurrence", "is for profiles of the kind Recurring, and they need it (SC-13)")
    if None not in {profile.valid_from, profile.valid_to} and not profile.valid_from < profile.valid_to:  # type: ignore[operator]
        yield Fault("/profile/valid_to", "must be later than valid_from (SC-20)")
    yield from _of_time(profile.valid_from, "/profile/valid_from")
    yield from _of_time(profile.valid_to, "/profile/valid_to")
    for number, schedule in enumerate(profile.schedules):
        yield from _of_schedule(schedule, f"/profile/schedules/{number}")
    if profile.kind is Kind.DYNAMIC and (len(profile.schedules) > 1 or len(profile.schedules[0].periods) > 1):
        yield Fault("/profile/schedules", "a dynamic profile has one schedule with one period (SC-50)")


def _of_purpose(profile: Profile, evse: int | None, *, starting: bool) -> Iterator[Fault]:
    purpose = profile.purpose
    if starting:
        if purpose is not Purpose.SESSION:
            yield Fault("/profile/purpose", "a session is begun with a TxProfile (SC-02)")
        if profile.transaction is not None:
            yield Fault("/profile/transaction", "a session that is about to begin has no name yet (SC-02)")
        return
    if purpose in OTHERS:
        yield Fault("/profile/purpose", "is set by others, never by a central system (SC-01)")
    if purpose is Purpose.SESSION and evse == 0:
        yield Fault("/evse", "a TxProfile belongs to an EVSE, not to the station (SC-02)")
    if purpose is Purpose.STATION_MAX and evse != 0:
        yield Fault("/evse", "a ChargingStationMaxProfile belongs to the station: EVSE 0 (SC-03)")
    if purpose is not Purpose.SESSION and profile.transaction is not None:
        yield Fault("/profile/transaction", "only a TxProfile names a transaction (SC-02)")


def _of_time(at: datetime | None, path: str) -> Iterator[Fault]:
    if at is not None and at.year not in YEARS:
        yield Fault(path, f"must be between the years {YEARS[0]} and {YEARS[-1]}")


def _of_schedule(schedule: Schedule, path: str) -> Iterator[Fault]:
    yield from _of_time(schedule.start, f"{path}/start")
    if schedule.duration_s == 0:
        yield Fault(f"{path}/duration_s", "must be more than nothing")
    if schedule.min_rate is not None:
        yield from _of_amount(schedule.min_rate, f"{path}/min_rate")
    last = -1
    for number, period in enumerate(schedule.periods):
        here = f"{path}/periods/{number}"
        if number == 0 and period.start_s != 0:
            yield Fault(f"{here}/start_s", "the first period starts at 0 (SC-12)")
        elif period.start_s <= last:
            yield Fault(f"{here}/start_s", "must be later than the period before (SC-12)")
        elif schedule.duration_s and period.start_s >= schedule.duration_s:
            yield Fault(f"{here}/start_s", "must be before the end of the schedule (SC-12)")
        last = max(last, period.start_s)
        yield from _of_period(period, here)


def _of_period(period: Period, path: str) -> Iterator[Fault]:
    if period.limit is None:
        yield Fault(f"{path}/limit", "is needed")
    else:
        yield from _of_amount(period.limit, f"{path}/limit")
    if period.phase_to_use is not None and period.phases != 1:
        yield Fault(f"{path}/phase_to_use", "is for limits on one phase: phases must be 1 (SC-17)")


def _of_amount(amount: Decimal, path: str) -> Iterator[Fault]:
    if not amount.is_finite() or not 0 <= amount <= MOST:
        yield Fault(path, f"must be between 0 and {MOST}")
    elif amount.as_tuple().exponent < -1 and amount != round(amount, 1):  # type: ignore[operator]  # finite: a number
        yield Fault(path, "takes one decimal at most (SC-18)")
