"""The limit of one second, found the long way round: whole seconds, no borders, every rule spelled out again."""

from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from csms.domain.smart_charging.merging import Situation
from csms.domain.smart_charging.profile import Installed, Kind, Period, Purpose, Schedule, Unit

Spoken = tuple[int, Period, Unit]


def limit_of_second(situation: Situation, evse: int, at: datetime, unit: Unit) -> Decimal | None:
    cap = spoken_by(situation, Purpose.STATION_MAX, {0}, at) + foreign(situation, 0, at)
    if evse:
        return floored(least([*own(situation, evse, at), *cap], unit, situation))
    shares = [least(own(situation, one, at), unit, situation) for one in situation.evses]
    total = None if None in shares else sum(share for share in shares if share is not None)
    capped = [value for value in (total, least(cap, unit, situation)) if value is not None]
    return floored(min(capped, default=None))


def own(situation: Situation, evse: int, at: datetime) -> list[Spoken]:
    return (for_session(situation, evse, at) or defaults(situation, evse, at)) + foreign(situation, evse, at)


def for_session(situation: Situation, evse: int, at: datetime) -> list[Spoken]:
    for session in situation.sessions:
        if session.evse == evse:
            mine = [
                known
                for known in situation.installed
                if known.profile.purpose is Purpose.SESSION and known.profile.transaction == session.transaction
            ]
            return highest([(known, period(known, at, session.began_at)) for known in mine])
    return []


def defaults(situation: Situation, evse: int, at: datetime) -> list[Spoken]:
    if situation.exclusive:
        specific = spoken_by(situation, Purpose.DEFAULT, {evse}, at, evse)
        return specific or spoken_by(situation, Purpose.DEFAULT, {0}, at, evse)
    return spoken_by(situation, Purpose.DEFAULT, {0, evse}, at, evse)


def foreign(situation: Situation, evse: int, at: datetime) -> list[Spoken]:
    found = spoken_by(situation, Purpose.EXTERNAL, {evse}, at, evse)
    for constraint in situation.constraints:
        for schedule in constraint.schedules:
            holding = running(schedule, schedule.start or constraint.at, at)
            if constraint.evse == evse and holding is not None:
                found.append((0, holding, schedule.unit))
    return found


def spoken_by(situation: Situation, purpose: Purpose, evses: set[int], at: datetime, evse: int = 0) -> list[Spoken]:
    begins = [session.began_at for session in situation.sessions if session.evse == evse] or [situation.begin]
    there = [known for known in situation.installed if known.profile.purpose is purpose and known.evse in evses]
    return highest([(known, period(known, at, begins[0])) for known in there])


def highest(said: list[tuple[Installed, Period | None]]) -> list[Spoken]:
    spoken = [
        (known.profile.stack_level, holding, known.profile.schedules[0].unit)
        for known, holding in said
        if holding is not None
    ]
    top = max((level for level, _, _ in spoken), default=0)
    return [one for one in spoken if one[0] == top]


def period(known: Installed, at: datetime, anchor: datetime) -> Period | None:
    told = known.profile
    if told.valid_from is not None and at < told.valid_from:
        return None
    if told.valid_to is not None and at >= told.valid_to:
        return None
    schedule = told.schedules[0]
    start = schedule.start
    if told.kind is Kind.RELATIVE or start is None:
        start = anchor
    if told.kind is Kind.RECURRING:
        step = timedelta(days=1 if told.recurrence == "Daily" else 7)
        while start + step <= at:
            start += step
    return running(schedule, start, at)


def running(schedule: Schedule, start: datetime, at: datetime) -> Period | None:
    gone = (at - start).total_seconds()
    if gone < 0 or (schedule.duration_s is not None and gone >= schedule.duration_s):
        return None
    holding = None
    for one in schedule.periods:
        if one.start_s <= gone:
            holding = one
    return holding


def least(spoken: list[Spoken], unit: Unit, situation: Situation) -> Fraction | None:
    supply = situation.supply
    phases = [min(3 if one.phases is None else one.phases, supply.phases) for _, one, _ in spoken]
    values = []
    for (_, one, said_in), own_phases in zip(spoken, phases, strict=True):
        assert one.limit is not None
        value = Fraction(one.limit)
        if said_in != unit and unit == "A":
            value = value / supply.voltage_v / own_phases
        elif said_in != unit:
            value = value * supply.voltage_v * min(phases)
        values.append(value)
    return min(values, default=None)


def floored(value: Fraction | None) -> Decimal | None:
    return None if value is None else Decimal(value * 10 // 1) / 10
