"""The composite schedule is what every single second says, told in as few words as possible."""

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from csms.domain.smart_charging.composite import MOST_STEPS, Composite, Gap, Stretch, composite, difference
from csms.domain.smart_charging.merging import Situation
from csms.domain.smart_charging.profile import Constraint, Kind, Purpose, Recurrence, Unit
from csms.domain.smart_charging.supply import Supply
from tests.unit.domain.smart_charging.oracle import limit_of_second
from tests.unit.domain.smart_charging.profiles import (
    NOW,
    WINDOW_S,
    at,
    installed,
    maximum,
    running,
    schedule,
    situation,
    situations,
)

DAY = 86_400
A, W = Unit.AMPERES, Unit.WATTS


def told(known: Situation, evse: int = 1, seconds: int = WINDOW_S, unit: Unit = A, start: datetime = NOW) -> str:
    """Return a composite in short: `0:16 60:8`; a dash for no limit."""
    made = composite(known, evse, start, seconds, unit)
    return " ".join(
        f"{part.start_s}:{'-' if part.limit is None else f'{float(part.limit):g}'}" for part in made.stretches
    )


def second_by_second(made: Composite) -> list[Decimal | None]:
    limits: list[Decimal | None] = []
    for part, following in zip(made.stretches, (*made.stretches[1:], None), strict=True):
        until = made.duration_s if following is None else following.start_s
        limits += [part.limit] * (until - part.start_s)
    return limits


@pytest.mark.covers("SC-30", "SC-31", "SC-32", "SC-33", "SC-34", "SC-35", "SC-20", "SC-18")
@settings(max_examples=150, deadline=None)
@given(situations(), st.integers(0, 2), st.sampled_from(Unit), st.integers(0, 999_999))
def test_a_composite_says_of_every_second_what_an_oracle_says_of_it(
    known: Situation, evse: int, unit: Unit, microseconds: int
) -> None:
    start = NOW + timedelta(microseconds=microseconds)
    made = composite(known, evse, start, WINDOW_S, unit)
    seconds = [start + timedelta(seconds=s) for s in range(WINDOW_S)]
    assert second_by_second(made) == [limit_of_second(known, evse, moment, unit) for moment in seconds]


@pytest.mark.covers("SC-12", "SC-35")
@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(0, 2), st.sampled_from(Unit), st.integers(1, 400))
def test_a_composite_begins_at_0_rises_and_never_says_a_thing_twice(
    known: Situation, evse: int, unit: Unit, seconds: int
) -> None:
    made = composite(known, evse, NOW, seconds, unit)
    starts = [part.start_s for part in made.stretches]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    assert starts[-1] < made.duration_s == seconds
    said = [(part.limit, part.phases) for part in made.stretches]
    assert all(one != other for one, other in pairwise(said))


@pytest.mark.covers("SC-32", "SC-33")
@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(1, 2), st.sampled_from(Unit))
def test_no_composite_is_above_any_limit_in_force_be_it_in_amperes_or_in_watts(
    known: Situation, evse: int, unit: Unit
) -> None:
    only = [one for one in known.installed if one.profile.purpose in {Purpose.STATION_MAX, Purpose.EXTERNAL}]
    made = composite(known, evse, NOW, WINDOW_S, unit)
    for one in only:
        if one.evse not in {0, evse}:
            continue
        alone = composite(structs.replace(known, installed=(one,), constraints=()), evse, NOW, WINDOW_S, unit)
        levels = [k.profile.stack_level for k in only if k.profile.purpose is one.profile.purpose]
        if one.profile.stack_level < max(levels):
            continue
        for mine, its in zip(second_by_second(made), second_by_second(alone), strict=True):
            assert its is None or (mine is not None and mine <= its)


@pytest.mark.covers("SC-33", "SC-18")
@settings(max_examples=60, deadline=None)
@given(situations(), st.integers(1, 2))
def test_amperes_of_a_composite_never_make_more_watts_than_its_watts_allow(known: Situation, evse: int) -> None:
    amperes, watts = (composite(known, evse, NOW, WINDOW_S, unit) for unit in (A, W))
    for one in amperes.stretches:
        limit = second_by_second(watts)[one.start_s]
        if one.limit is None or one.phases is None:
            assert limit is None
        else:
            assert Fraction(one.limit) * known.supply.voltage_v * one.phases < Fraction(limit or 0) + Fraction(1, 10)


@pytest.mark.covers("SC-30", "SC-34", "16-SC-01")
def test_the_highest_level_leads_and_lower_ones_are_heard_in_its_gaps() -> None:
    low = installed(16, stack_level=0, id=1)
    high = installed(6, (20, 10), stack_level=2, id=2, start=at(30), duration_s=40)
    assert told(situation(low, high)) == "0:16 30:6 50:10 70:16"
    assert told(situation(high)) == "0:- 30:6 50:10 70:-"


@pytest.mark.covers("SC-30")
def test_a_higher_level_leads_even_if_it_allows_more() -> None:
    assert told(situation(installed(6, stack_level=1), installed(32, stack_level=3, id=2))) == "0:32"


@pytest.mark.covers("SC-31", "SC-24")
def test_a_profile_of_the_session_replaces_the_default_while_it_says_something() -> None:
    default = installed(16, id=1)
    mine = installed(20, id=2, purpose=Purpose.SESSION, transaction="TX", duration_s=50)
    other = installed(6, id=3, purpose=Purpose.SESSION, transaction="other")
    assert told(situation(default, mine, other, sessions=(running(),))) == "0:20 50:16"
    assert told(situation(default, mine, other)) == "0:16"


@pytest.mark.covers("SC-32")
def test_the_station_caps_each_of_its_evses_and_their_sum() -> None:
    known = situation(maximum(24, (60, 10)), installed(16, evse=1, id=2), installed(13, evse=2, id=3))
    assert told(known, 1) == "0:16 60:10"
    assert told(known, 0) == "0:24 60:10"
    assert told(situation(installed(16, evse=0))) == "0:16"
    assert told(situation(installed(16, evse=0)), 0) == "0:32"
    assert told(situation(installed(16, evse=1)), 0) == "0:-"


@pytest.mark.covers("SC-32", "V21-SC-07")
def test_what_a_station_generates_is_added_to_its_cap() -> None:
    made = installed(8, evse=0, id=9, purpose=Purpose.GENERATION)
    assert told(situation(maximum(10), made, installed(32, id=2))) == "0:18"
    assert told(situation(made)) == "0:-"


@pytest.mark.covers("SC-32", "SC-37")
def test_what_others_told_to_limit_bounds_its_evse_or_the_station() -> None:
    grid = Constraint("SO", 0, at(-60), (schedule((0, 12), start=NOW, duration_s=60),))
    local = Constraint("EMS", 1, at(-60), (schedule(9, start=at(90)),))
    known = situation(installed(16, evse=0), constraints=(grid, local))
    assert told(known, 1) == "0:12 60:16 90:9"
    assert told(known, 2) == "0:12 60:16"
    assert told(situation(constraints=(Constraint("SO", 0, NOW),))) == "0:-"


@pytest.mark.covers("SC-14")
@pytest.mark.parametrize(("exclusive", "said"), [(True, "0:10 60:16"), (False, "0:16")])
def test_a_default_of_an_evse_replaces_that_of_the_station_in_1_6_and_competes_with_it_later(
    exclusive: bool, said: str
) -> None:
    for_all = installed(16, evse=0, stack_level=3)
    specific = installed(10, evse=1, stack_level=0, id=2, duration_s=60)
    assert told(situation(for_all, specific, exclusive=exclusive)) == said


@pytest.mark.covers("SC-13", "SC-23")
def test_a_relative_profile_begins_with_its_transaction_or_else_with_the_question() -> None:
    relative = installed(6, (100, 16), kind=Kind.RELATIVE, start=None)
    assert told(situation(relative, sessions=(running(began=-70),))) == "0:6 30:16"
    assert told(situation(relative)) == "0:6 100:16"


@pytest.mark.covers("SC-20")
def test_a_profile_is_valid_from_its_first_moment_until_before_its_last() -> None:
    assert told(situation(installed(6, valid_from=at(10), valid_to=at(20)))) == "0:- 10:6 20:-"


@pytest.mark.covers("SC-50")
def test_a_dynamic_profile_says_its_one_limit_as_long_as_it_is_valid() -> None:
    assert told(situation(installed(6, kind=Kind.DYNAMIC, start=None, valid_to=at(30)))) == "0:6 30:-"


NIGHT = installed(
    6, (7 * 3600, 16), kind=Kind.RECURRING, recurrence=Recurrence.DAILY, start=NOW - timedelta(hours=14, days=3)
)


@pytest.mark.covers("SC-34")
def test_a_daily_profile_begins_again_every_24_hours() -> None:
    assert told(situation(NIGHT), seconds=2 * DAY) == "0:16 36000:6 61200:16 122400:6 147600:16"


@pytest.mark.covers("SC-34")
def test_a_day_of_a_profile_is_24_hours_also_where_clocks_are_changed() -> None:
    spring = datetime(2026, 3, 28, 22, tzinfo=timezone(timedelta(hours=1)))
    daily = installed(6, (3600, 16), kind=Kind.RECURRING, recurrence=Recurrence.DAILY, start=spring)
    told_at = spring.astimezone(NOW.tzinfo)
    assert told(situation(daily), seconds=2 * DAY, start=told_at) == "0:6 3600:16 86400:6 90000:16"


@pytest.mark.covers("SC-34")
def test_a_recurring_profile_that_is_shorter_than_its_cycle_leaves_gaps_and_a_longer_one_is_cut() -> None:
    weekly = installed(6, kind=Kind.RECURRING, recurrence=Recurrence.WEEKLY, duration_s=3600)
    assert told(situation(weekly, installed(16, id=2, stack_level=0, evse=0), exclusive=True), seconds=8 * DAY) == (
        f"0:6 3600:16 {7 * DAY}:6 {7 * DAY + 3600}:16"
    )
    longer = installed(6, (DAY - 10, 8), kind=Kind.RECURRING, recurrence=Recurrence.DAILY, duration_s=3 * DAY)
    assert told(situation(longer), seconds=DAY + 20) == f"0:6 {DAY - 10}:8 {DAY}:6"


def test_a_recurring_profile_says_nothing_before_its_first_start() -> None:
    later = installed(6, kind=Kind.RECURRING, recurrence=Recurrence.DAILY, start=at(60))
    assert told(situation(later)) == "0:- 60:6"


@pytest.mark.covers("SC-33", "Q108")
def test_units_are_converted_by_voltage_and_phases_and_the_fewest_phases_win() -> None:
    one_phase = installed(7360, unit=W, phases=1, evse=1)
    assert told(situation(one_phase), unit=A) == "0:32"
    three = maximum(16)
    assert told(situation(one_phase, three), unit=A) == "0:16"
    assert told(situation(one_phase, three), unit=W) == "0:3680"
    assert told(situation(three), unit=W) == "0:11040"
    assert told(situation(three, supply=Supply(120, 1)), unit=W) == "0:1920"


@pytest.mark.covers("SC-18", "Q108")
def test_what_comes_out_uneven_is_rounded_down_to_a_tenth() -> None:
    assert told(situation(installed(4000, unit=W)), unit=A) == "0:5.7"


def test_a_time_beyond_all_calendars_is_never() -> None:
    end_of_time = datetime(9999, 12, 31, 23, tzinfo=NOW.tzinfo)
    known = situation(installed(6, (2**31 - 1, 8), start=end_of_time))
    assert told(known) == "0:-"
    assert told(known, start=end_of_time, seconds=3000) == "0:6"


def test_a_window_with_too_many_changes_is_cut_short_and_says_so() -> None:
    busy = [(s, 6 + s % 2) for s in range(1024)]
    assert composite(situation(installed(*busy)), 1, NOW, 3 * DAY, A).duration_s == 3 * DAY
    daily = installed(*busy, kind=Kind.RECURRING, recurrence=Recurrence.DAILY)
    made = composite(situation(daily), 1, NOW, 5 * DAY, A)
    assert (made.duration_s, len(made.stretches)) == (2 * DAY, MOST_STEPS)


@pytest.mark.covers("SC-36")
def test_two_composites_differ_where_both_speak_and_do_not_say_the_same() -> None:
    ours = Composite(NOW, 100, A, (Stretch(0, Decimal(16)), Stretch(50, Decimal(8))))
    same = Composite(NOW, 100, A, (Stretch(0, Decimal("16.04")), Stretch(50, Decimal("8.0"))))
    assert difference(same, ours) == ()
    later = Composite(at(20), 200, A, (Stretch(0, Decimal(16)), Stretch(40, None)))
    assert difference(later, ours) == (
        Gap(30, 40, Decimal(16), Decimal(8)),
        Gap(40, 80, None, Decimal(8)),
    )
    earlier = Composite(at(-20), 60, A, (Stretch(0, Decimal(6)),))
    assert difference(earlier, ours) == (Gap(20, 60, Decimal(6), Decimal(16)),)
    assert difference(Composite(at(500), 60, A, ()), ours) == ()
