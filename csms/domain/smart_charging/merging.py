"""How the limits of one moment become one: levels within a purpose, then purposes with one another."""

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from msgspec import Struct

from csms.domain.smart_charging.binding import session_of
from csms.domain.smart_charging.profile import Constraint, Installed, Profile, Purpose, Running, Schedule, Unit
from csms.domain.smart_charging.supply import Amount, Bound, Supply, lowest, phases_of
from csms.domain.smart_charging.timing import earliest, said_by, said_by_schedule

Group = tuple[tuple[Profile, datetime], ...]
"""Profiles of which the highest level leads, that first; each with where a relative schedule of it begins."""
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


class Foreign(Struct, frozen=True, gc=False):
    """What others bound: profiles of theirs by level, and schedules of which each counts."""

    profiles: Group
    schedules: tuple[tuple[Schedule, datetime], ...]


class Outlet(Struct, frozen=True, gc=False):
    """What bears on one EVSE: the first of `own` that says anything, the session's before the defaults."""

    own: tuple[Group, ...]
    foreign: Foreign


class Bearing(Struct, frozen=True, gc=False):
    """All that bears on an EVSE, or on the station (`whole`), which is all of its outlets."""

    maximum: Group
    generated: Group
    foreign: Foreign
    outlets: tuple[Outlet, ...]
    supply: Supply
    whole: bool

    @property
    def size(self) -> int:
        """How many profiles and schedules bear on it."""
        groups = [self.maximum, self.generated, self.foreign.profiles, self.foreign.schedules]
        for outlet in self.outlets:
            groups += [*outlet.own, outlet.foreign.profiles, outlet.foreign.schedules]
        return sum(map(len, groups))


def bearing_on(situation: Situation, evse: int) -> Bearing:
    """Return what bears on an EVSE (0: the station), found once for all moments."""
    begin = situation.begin
    return Bearing(
        maximum=_group(_of(situation, Purpose.STATION_MAX, None), begin),
        generated=_group(_of(situation, Purpose.GENERATION, None), begin),
        foreign=_foreign(situation, 0, begin),
        outlets=tuple(_outlet(situation, one) for one in ((evse,) if evse else situation.evses)),
        supply=situation.supply,
        whole=evse == 0,
    )


def _outlet(situation: Situation, evse: int) -> Outlet:
    running = _running(situation, evse)
    anchor = situation.begin if running is None else running.began_at
    mine: Group = ()
    if running is not None:
        profiles = [
            known.profile
            for known in situation.installed
            if known.profile.purpose is Purpose.SESSION and session_of(known, situation.sessions) is running
        ]
        mine = _group(profiles, anchor)
    specific, for_all = (_of(situation, Purpose.DEFAULT, place) for place in (evse, 0))
    groups = (specific, for_all) if situation.exclusive else ([*specific, *for_all],)
    defaults = tuple(_group(profiles, anchor) for profiles in groups)
    return Outlet((mine, *defaults), _foreign(situation, evse, anchor))


def _running(situation: Situation, evse: int) -> Running | None:
    going_on = [known for known in situation.sessions if known.evse == evse and known.ended_at is None]
    return max(going_on, key=lambda known: known.heard_at, default=None)


def _of(situation: Situation, purpose: Purpose, evse: int | None) -> list[Profile]:
    """Return the profiles of a purpose, of an EVSE or (None) wherever they are."""
    return [
        known.profile
        for known in situation.installed
        if known.profile.purpose is purpose and (evse is None or (known.evse or 0) == evse)
    ]


def _group(profiles: Iterable[Profile], anchor: datetime) -> Group:
    ordered = sorted(profiles, key=lambda profile: -profile.stack_level)
    return tuple((profile, anchor) for profile in ordered)


def _foreign(situation: Situation, evse: int, anchor: datetime) -> Foreign:
    schedules = tuple(
        (schedule, constraint.at)
        for constraint in situation.constraints
        if constraint.evse == evse
        for schedule in constraint.schedules
    )
    return Foreign(_group(_of(situation, Purpose.EXTERNAL, evse), anchor), schedules)


def limit_at(bearing: Bearing, at: datetime, unit: Unit) -> tuple[Amount | None, datetime | None]:
    """Return the limit at a moment, and when it may change (SC-30 to SC-34).

    An EVSE: the lowest of what leads for the station, for others' constraints and for its session or,
    without a word on that, for any session. The station: the sum of its EVSEs, capped by its own.
    What it generates itself is added to its cap (2.1).
    """
    supply = bearing.supply
    maximum, until_maximum = _leading(bearing.maximum, at, supply)
    generated, until_generated = _leading(bearing.generated, at, supply)
    foreign, until_foreign = _foreign_at(bearing.foreign, at, supply)
    cap = [*maximum, *foreign]
    heard = [_outlet_at(outlet, at, supply) for outlet in bearing.outlets]
    phases = None
    if not bearing.whole:
        ((own, _),) = heard
        phases = min((bound.phases for bound in (*own, *cap)), default=None)
    amounts = [
        _together(heard, unit, supply, phases),
        _raised(lowest(cap, unit, supply, phases), generated, unit, supply),
    ]
    found = [amount for amount in amounts if amount is not None]
    until = earliest([until_maximum, until_generated, until_foreign, *(ends for _, ends in heard)])
    if not found:
        return None, until
    return Amount(min(amount.value for amount in found), min(amount.phases for amount in found)), until


def _together(heard: Iterable[Heard], unit: Unit, supply: Supply, phases: int | None) -> Amount | None:
    """Return what all outlets may take together; None if one of them, or all that are known, may take anything."""
    amounts = [lowest(bounds, unit, supply, phases) for bounds, _ in heard]
    found = [amount for amount in amounts if amount is not None]
    if not found or len(found) < len(amounts):
        return None
    return Amount(sum((amount.value for amount in found), Fraction()), max(amount.phases for amount in found))


def _raised(cap: Amount | None, generated: list[Bound], unit: Unit, supply: Supply) -> Amount | None:
    more = lowest(generated, unit, supply)
    return cap if cap is None or more is None else Amount(cap.value + more.value, cap.phases)


def _outlet_at(outlet: Outlet, at: datetime, supply: Supply) -> Heard:
    """Return what bounds one outlet besides the station's cap."""
    foreign, until = _foreign_at(outlet.foreign, at, supply)
    untils = [until]
    for group in outlet.own:
        own, until = _leading(group, at, supply)
        untils.append(until)
        if own:
            return [*own, *foreign], earliest(untils)
    return foreign, earliest(untils)


def _leading(group: Group, at: datetime, supply: Supply) -> Heard:
    """Return what the highest level says that says anything (SC-30); of two profiles of a level, both count."""
    bounds: list[Bound] = []
    untils: list[datetime | None] = []
    level: int | None = None
    for profile, anchor in group:
        if level is not None and profile.stack_level < level:
            break
        period, until = said_by(profile, at, anchor)
        untils.append(until)
        if period is not None:
            level = profile.stack_level
            if period.limit is not None:
                bounds.append(Bound(period.limit, profile.schedules[0].unit, phases_of(period.phases, supply)))
    return bounds, earliest(untils)


def _foreign_at(foreign: Foreign, at: datetime, supply: Supply) -> Heard:
    bounds, until = _leading(foreign.profiles, at, supply)
    untils = [until]
    for schedule, anchor in foreign.schedules:
        period, ends = said_by_schedule(schedule, at, anchor)
        untils.append(ends)
        if period is not None and period.limit is not None:
            bounds.append(Bound(period.limit, schedule.unit, phases_of(period.phases, supply)))
    return bounds, earliest(untils)
