"""Simulated stations and the house reckon composite schedules apart from one another, and say the same."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from csms.domain.smart_charging.composite import Composite, composite
from csms.domain.smart_charging.merging import Situation
from csms.domain.smart_charging.profile import Installed, Purpose, Unit
from csms.domain.smart_charging.supply import Supply
from simulators.limits import DEFAULT, EXTERNAL, FOREVER, MAXIMUM, SESSION, Going, Limit, Limits
from tests.unit.domain.smart_charging.profiles import NOW, WINDOW_S, at, installed, maximum, situations


def held(known: Installed, situation: Situation) -> Limit:
    """Return a profile as a station would hold it."""
    told = known.profile
    (schedule,) = told.schedules
    running = {session.transaction: session.key for session in situation.sessions}
    return Limit(
        number=told.id,
        evse=known.evse or 0,
        level=told.stack_level,
        purpose=told.purpose.value,
        kind=told.kind.value,
        unit=schedule.unit.value,
        parts=tuple((part.start_s, float(part.limit or 0), 3) for part in schedule.periods),
        start=schedule.start,
        duration_s=FOREVER if schedule.duration_s is None else schedule.duration_s,
        cycle=None if told.recurrence is None else told.recurrence.value,
        valid_from=told.valid_from,
        valid_to=told.valid_to,
        transaction=told.transaction,
        session=running.get(told.transaction or "", told.transaction),
    )


def as_on_three_phases(known: Installed) -> Installed:
    """Return a profile whose limits are all for three phases, at which every way of counting is the same."""
    (schedule,) = known.profile.schedules
    parts = tuple(structs.replace(part, phases=3) for part in schedule.periods)
    schedules = (structs.replace(schedule, periods=parts),)
    return structs.replace(known, profile=structs.replace(known.profile, schedules=schedules))


def station(situation: Situation, now: datetime) -> Limits:
    going = [Going(one.evse or 0, one.key, one.transaction, one.began_at) for one in situation.sessions]
    limits = Limits(
        habits=(), evses=situation.evses, exclusive=situation.exclusive, going=lambda: going, clock=lambda: now
    )
    limits.held = [held(known, situation) for known in situation.installed]
    return limits


def seconds_of(told: list[tuple[int, float, int]] | Composite) -> list[float | None]:
    parts = told.stretches if isinstance(told, Composite) else [(start, limit) for start, limit, _ in told]
    said = [(part.start_s, part.limit) if not isinstance(part, tuple) else part for part in parts]
    found: list[float | None] = []
    for n, (start, limit) in enumerate(said):
        end = said[n + 1][0] if n + 1 < len(said) else WINDOW_S
        found += [None if limit is None else float(limit)] * (end - start)
    return found


@pytest.mark.covers("SC-30", "SC-31", "SC-32", "SC-34", "SC-35")
@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(0, 2), st.sampled_from(Unit))
def test_a_station_tells_what_the_house_computes(drawn: Situation, evse: int, unit: Unit) -> None:
    known = structs.replace(
        drawn,
        begin=NOW,
        installed=tuple(map(as_on_three_phases, drawn.installed)),
        constraints=(),
        supply=Supply(),
    )
    ours = seconds_of(composite(known, evse, NOW, WINDOW_S, unit))
    _, parts = station(known, NOW).composite(evse, WINDOW_S, unit.value, NOW)
    built = 32.0 if unit is Unit.AMPERES else 32.0 * 690
    for mine, its in zip(ours, seconds_of(parts), strict=True):
        most = built if evse else 2 * built
        if mine is None or mine >= built:
            assert its <= most  # type: ignore[operator]  # a station always tells a limit: its own at least
        else:
            assert its == pytest.approx(mine, abs=0.11)


def test_a_car_draws_what_it_wants_and_may() -> None:
    known = Situation(begin=NOW, installed=(maximum(10), installed(6, start=at(60))), evses=(1,))
    assert station(known, NOW).watts(1, 11_000) == 6900
    assert station(known, NOW).watts(1, 3000) == 3000
    assert station(known, at(61)).watts(1, 11_000) == 4140


def test_purposes_are_spelled_as_the_house_spells_them() -> None:
    assert {MAXIMUM, DEFAULT, SESSION, EXTERNAL} < {purpose.value for purpose in Purpose}
