"""What one profile says at a moment, and until when it says so."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from csms.domain.smart_charging.profile import Kind, Period, Profile, Recurrence, Schedule

CYCLES = {Recurrence.DAILY: timedelta(days=1), Recurrence.WEEKLY: timedelta(days=7)}
"""Days of 24 hours: schedules are in UTC, which knows no summer."""

SECOND = timedelta(seconds=1)
_start_of = attrgetter("start_s")

Saying = tuple[Period | None, datetime | None]
"""A period that holds, or None for nothing; and when that may change, None for never."""


def said_by(profile: Profile, at: datetime, anchor: datetime) -> Saying:
    """Return what a profile says at a moment; `anchor` is where a relative schedule begins.

    The first schedule counts: the others are offers to a car. Valid from `valid_from` until
    before `valid_to` (SC-20); in a gap it says nothing, and lower levels are heard (SC-34).
    """
    if profile.valid_from is not None and at < profile.valid_from:
        return None, profile.valid_from
    if profile.valid_to is not None and at >= profile.valid_to:
        return None, None
    schedule = profile.schedules[0]
    if profile.kind is Kind.DYNAMIC:
        return schedule.periods[0], profile.valid_to
    begin = anchor if profile.kind is Kind.RELATIVE or schedule.start is None else schedule.start
    cycle = CYCLES.get(profile.recurrence or Recurrence.DAILY) if profile.kind is Kind.RECURRING else None
    period, until = _in_run(schedule, at, begin, cycle)
    return period, earliest((until, profile.valid_to))


def said_by_schedule(schedule: Schedule, at: datetime, anchor: datetime) -> Saying:
    """Return what a schedule says by itself."""
    return _in_run(schedule, at, schedule.start or anchor, None)


def _in_run(schedule: Schedule, at: datetime, begin: datetime, cycle: timedelta | None) -> Saying:
    """Return what a schedule says that begins at `begin`, and again after each `cycle`."""
    if at < begin:
        return None, begin
    again: datetime | None = None
    if cycle is not None:
        begin += (at - begin) // cycle * cycle
        again = after(begin, cycle)
    end = None if schedule.duration_s is None else after(begin, timedelta(seconds=schedule.duration_s))
    if end is not None and at >= end:
        return None, again
    place = bisect_right(schedule.periods, (at - begin) // SECOND, key=_start_of)
    following = schedule.periods[place] if place < len(schedule.periods) else None
    change = None if following is None else after(begin, timedelta(seconds=following.start_s))
    return schedule.periods[place - 1] if place else None, earliest((change, end, again))


def after(at: datetime, span: timedelta) -> datetime | None:
    """Return a later moment; None for one that no calendar has."""
    try:
        return at + span
    except OverflowError:
        return None


def earliest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the first of some moments; None, which is never, comes last."""
    return min((moment for moment in moments if moment is not None), default=None)
