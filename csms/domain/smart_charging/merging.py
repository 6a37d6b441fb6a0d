"""How the limits of one moment become one: levels within a purpose, then purposes with one another."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from msgspec import Struct

from csms.domain.smart_charging.binding import session_of
from csms.domain.smart_charging.profile import Constraint, Installed, Purpose, Running, Unit
from csms.domain.smart_charging.supply import Amount, Bound, Supply, lowest, phases_of
from csms.domain.smart_charging.timing import Saying, earliest, said_by, said_by_schedule

Heard = tuple[list[Bound], datetime | None]
"""The limits that hold at a moment, and when that may change; None for never."""


class Situation(Struct, frozen=True, gc=False):
    """All that bears on the limits of one station.

    `begin` is where a relative schedule begins that no session began. `exclusive`: a default of an
    EVSE replaces those of the station there, as in 1.6; else the highest level of both leads.
    """

    begin: datetime
    installed: tuple[Installed, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    sessions: tuple[Running, ...] = ()
    evses: tuple[int, ...] = ()
    supply: Supply = Supply()
    exclusive: bool = False


def limit_at(situation: Situation, evse: int, at: datetime, unit: Unit) -> tuple[Amount | None, datetime | None]:
    """Return the limit of an EVSE, or of the whole station (0), and when it may change (SC-30 to SC-34).

    An EVSE: the lowest of what leads for the station, for others' constraints and for its session or,
    without a word on that, for any session. The station: the sum of its EVSEs, capped by its own.
    What it generates itself is added to its cap (2.1).
    """
    cap, generated, until = _cap_at(situation, evse, at)
    supply = situation.supply
    if evse:
        own, own_until = _own_at(situation, evse, at)
        phases = min((bound.phases for bound in (*own, *cap)), default=None)
        amounts = [
            lowest(own, unit, supply, phases),
            _raised(lowest(cap, unit, supply, phases), generated, unit, supply),
        ]
    else:
        total, own_until = _sum_at(situation, at, unit)
        amounts = [total, _raised(lowest(cap, unit, supply), generated, unit, supply)]
    found = [amount for amount in amounts if amount is not None]
    if not found:
        return None, earliest((until, own_until))
    least = Amount(min(amount.value for amount in found), min(amount.phases for amount in found))
    return least, earliest((until, own_until))


def _sum_at(situation: Situation, at: datetime, unit: Unit) -> tuple[Amount | None, datetime | None]:
    """Return what all EVSEs may take together; None if one of them, or all that are known, may take anything."""
    heard = [_own_at(situation, evse, at) for evse in situation.evses]
    until = earliest(ends for _, ends in heard)
    amounts = [lowest(bounds, unit, situation.supply) for bounds, _ in heard]
    found = [amount for amount in amounts if amount is not None]
    if not found or len(found) < len(amounts):
        return None, until
    return Amount(sum((amount.value for amount in found), Fraction()), max(amount.phases for amount in found)), until


def _raised(cap: Amount | None, generated: Sequence[Bound], unit: Unit, supply: Supply) -> Amount | None:
    more = lowest(generated, unit, supply)
    return cap if cap is None or more is None else Amount(cap.value + more.value, cap.phases)


def _cap_at(situation: Situation, evse: int, at: datetime) -> tuple[list[Bound], list[Bound], datetime | None]:
    """Return what bounds the station as a whole, what it generates, and until when."""
    maximum, until = _leading(situation, _of(situation, Purpose.STATION_MAX, None), at)
    generated, generated_until = _leading(situation, _of(situation, Purpose.GENERATION, None), at)
    foreign, foreign_until = _foreign(situation, 0, at)
    return [*maximum, *foreign], generated, earliest((until, generated_until, foreign_until))


def _own_at(situation: Situation, evse: int, at: datetime) -> Heard:
    """Return what bounds one EVSE besides the station's cap."""
    foreign, foreign_until = _foreign(situation, evse, at)
    own, until = _leading(situation, _sessions_at(situation, evse), at)
    if not own:
        own, default_until = _default_at(situation, evse, at)
        until = earliest((until, default_until))
    return [*own, *foreign], earliest((until, foreign_until))


def _default_at(situation: Situation, evse: int, at: datetime) -> Heard:
    specific = _of(situation, Purpose.DEFAULT, evse)
    for_all = _of(situation, Purpose.DEFAULT, 0)
    if not situation.exclusive:
        return _leading(situation, [*specific, *for_all], at, evse)
    bounds, until = _leading(situation, specific, at, evse)
    if bounds:
        return bounds, until
    bounds, until_for_all = _leading(situation, for_all, at, evse)
    return bounds, earliest((until, until_for_all))


def _sessions_at(situation: Situation, evse: int) -> list[Installed]:
    """Return the profiles for the session that goes on at an EVSE."""
    running = _running(situation, evse)
    if running is None:
        return []
    profiles = _of(situation, Purpose.SESSION, None)
    return [known for known in profiles if session_of(known, situation.sessions) is running]


def _running(situation: Situation, evse: int) -> Running | None:
    going_on = [known for known in situation.sessions if known.evse == evse and known.ended_at is None]
    return max(going_on, key=lambda known: known.heard_at, default=None)


def _of(situation: Situation, purpose: Purpose, evse: int | None) -> list[Installed]:
    """Return the profiles of a purpose, of an EVSE or (None) wherever they are."""
    return [
        known
        for known in situation.installed
        if known.profile.purpose is purpose and (evse is None or (known.evse or 0) == evse)
    ]


def _leading(situation: Situation, profiles: Sequence[Installed], at: datetime, evse: int | None = None) -> Heard:
    """Return what the highest level says that says anything (SC-30); of two profiles of a level, both count."""
    saying: list[tuple[int, Saying]] = []
    for known in profiles:
        place = known.evse if evse is None else evse
        running = None if not place else _running(situation, place)
        if known.profile.purpose is Purpose.SESSION:
            running = session_of(known, situation.sessions)
        anchor = situation.begin if running is None else running.began_at
        saying.append((known.profile.stack_level, said_by(known.profile, at, anchor)))
    level = max((level for level, (period, _) in saying if period is not None), default=0)
    bounds = [
        Bound(period.limit, known.profile.schedules[0].unit, phases_of(period.phases, situation.supply))
        for known, (_, (period, _)) in zip(profiles, saying, strict=True)
        if period is not None and period.limit is not None and known.profile.stack_level == level
    ]
    return bounds, earliest(until for spoken, (_, until) in saying if spoken >= level)


def _foreign(situation: Situation, evse: int, at: datetime) -> Heard:
    """Return what others bound: profiles of theirs by level, and constraints of which each counts."""
    bounds, until = _leading(situation, _of(situation, Purpose.EXTERNAL, evse), at)
    untils = [until]
    for constraint in situation.constraints:
        for schedule in constraint.schedules if constraint.evse == evse else ():
            period, ends = said_by_schedule(schedule, at, constraint.at)
            untils.append(ends)
            if period is not None and period.limit is not None:
                bounds.append(Bound(period.limit, schedule.unit, phases_of(period.phases, situation.supply)))
    return bounds, earliest(untils)
