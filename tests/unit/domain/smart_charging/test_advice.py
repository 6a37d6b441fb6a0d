"""What a station will probably not take is warned of."""

from functools import partial
from typing import Any

import pytest
from msgspec import structs

from csms.domain.smart_charging.advice import Limits, Record, Try, advise
from csms.domain.smart_charging.profile import Kind, Profile, Purpose, Unit
from tests.unit.domain.smart_charging import profiles
from tests.unit.domain.smart_charging.profiles import NOW, at, installed, maximum, running

profile = partial(profiles.profile, start=at(-3600))
A, W = Unit.AMPERES, Unit.WATTS
SESSION = Purpose.SESSION


def warned(told: Profile, evse: int | None = 1, *, starting: bool = False, **record: Any) -> list[str]:
    limits = Limits(**record.pop("limits", {}))
    found = advise(told, evse, Record(NOW, limits, **record), starting=starting)
    return [f"{fault.path.removeprefix('/profile')}: {fault.why}" for fault in found]


def places(*arguments: Any, **record: Any) -> list[str]:
    return [text.partition(":")[0] for text in warned(*arguments, **record)]


@pytest.mark.covers("16-SC-03")
def test_a_station_that_told_nothing_is_sent_what_is_good() -> None:
    assert warned(profile(6)) == []


@pytest.mark.covers("16-SC-03", "SC-10", "SC-11", "SC-15", "SC-51", "Q107", "Q108")
@pytest.mark.parametrize(
    ("told", "limits", "place"),
    [
        (profile(6, stack_level=4), {"levels": 3}, "/stack_level"),
        (profile(6, stack_level=3), {"levels": 3}, "/stack_level"),
        (profile(6, stack_level=2), {"levels": 3}, None),
        (profile(6, stack_level=0), {"levels": 0}, None),
        (profile(6), {"units": frozenset({W})}, "/schedules/0/unit"),
        (profile(6000, unit=W), {"units": frozenset({W})}, None),
        (profile(6, (5, 7), (6, 8)), {"periods": 2}, "/schedules/0/periods"),
        (profile(6, (5, 7)), {"periods": 2}, None),
        (profile(6), {"able": False}, ""),
        (profile(6), {"evses": 1}, None),
        (profile(6, id=9), {"least_id": 9}, "/id"),
        (profile(6, id=10), {"least_id": 9}, None),
        (profile(6, purpose=Purpose.PRIORITY), {}, "/purpose"),
        (profile(6, purpose=Purpose.PRIORITY), {"purposes": frozenset({"PriorityCharging"})}, None),
        (profile(6, kind=Kind.DYNAMIC), {}, "/kind"),
        (profile(6, kind=Kind.DYNAMIC), {"dynamic": True}, None),
        (profile(0), {}, "/schedules/0/periods"),
    ],
)
def test_what_a_station_told_of_itself_is_held_against_a_profile(
    told: Profile, limits: dict[str, Any], place: str | None
) -> None:
    assert places(told, limits=limits) == ([] if place is None else [place])


@pytest.mark.covers("16-SC-03")
def test_an_evse_that_a_station_did_not_tell_of_is_warned_of() -> None:
    assert places(profile(6), 3, limits={"evses": 2}) == ["/evse"]


@pytest.mark.covers("SC-13", "Q109")
def test_where_a_schedule_begins_is_warned_of_where_stations_disagree() -> None:
    assert places(profile(6, start=None)) == ["/schedules/0/start"]
    assert places(profile(6, kind=Kind.RELATIVE)) == ["/schedules/0/start"]
    assert places(profile(6, kind=Kind.RELATIVE, start=None)) == []


@pytest.mark.covers("SC-16", "SC-17", "Q108")
def test_schedules_for_negotiation_chosen_phases_and_least_rates_are_warned_of() -> None:
    one = profile(6)

    assert places(structs.replace(one, schedules=one.schedules * 2)) == ["/schedules"]
    assert places(profile(6, min_rate=8)) == ["/schedules/0/min_rate"]
    chosen = structs.replace(one.schedules[0].periods[0], phases=1, phase_to_use=1)
    told = structs.replace(one, schedules=(structs.replace(one.schedules[0], periods=(chosen,)),))
    assert places(told) == ["/schedules/0/periods"]
    assert places(told, limits={"switches_phases": True}) == []


def a_try(level: int, status: str, **members: Any) -> Try:
    given = {"purpose": Purpose.DEFAULT, "kind": Kind.ABSOLUTE, "unit": A, "at": at(level), **members}
    return Try(stack_level=level, status=status, **given)


@pytest.mark.covers("Q107", "Q109")
def test_what_a_station_refused_before_is_remembered_and_what_it_took() -> None:
    tries = (a_try(3, "Rejected"), a_try(0, "Accepted"), a_try(1, "Accepted", kind=Kind.RELATIVE, unit=W))
    assert warned(profile(6, stack_level=3), tries=tries) == [
        ": the station answered Rejected to such a profile; it took level 1, Relative, in W"
    ]
    assert warned(profile(6, stack_level=0), tries=tries) == []
    assert warned(profile(6, stack_level=2), tries=tries) == []
    (alone,) = warned(profile(6, stack_level=3), tries=tries[:1])
    assert alone.endswith("such a profile")


@pytest.mark.covers("SC-14", "SC-19")
def test_what_a_profile_replaces_is_told_and_a_gap_that_it_leaves() -> None:
    known = (installed(16, id=5),)
    (told,) = warned(profile(6), installed=known, exclusive=True)
    assert told == ": it takes the place of profile 5 (SC-14)"
    later = places(profile(6, valid_from=at(60)), installed=known, exclusive=True)
    assert later == ["", "/valid_from"]
    assert places(profile(6, id=5, valid_from=at(60)), installed=known) == ["/valid_from"]
    expired = (installed(16, id=5, valid_to=at(-1)),)
    assert warned(profile(6), installed=expired, exclusive=True) == []


@pytest.mark.covers("SC-14")
@pytest.mark.parametrize(
    ("members", "evse", "collides"),
    [
        ({}, 1, True),
        ({}, 0, True),
        ({}, 2, False),
        ({"stack_level": 1}, 1, False),
        ({"valid_from": at(100)}, 1, False),
        ({"valid_from": at(99)}, 1, True),
        ({"valid_to": at(0.5), "valid_from": at(0)}, 1, False),
    ],
)
def test_a_second_profile_of_a_level_is_warned_of_where_both_are_valid(
    members: dict[str, Any], evse: int, collides: bool
) -> None:
    known = (installed(16, id=5, valid_from=at(1), valid_to=at(100)),)
    assert places(profile(6, **members), evse, installed=known) == (["/stack_level"] if collides else [])


@pytest.mark.covers("SC-14")
def test_two_profiles_of_a_level_for_one_session_are_warned_of() -> None:
    known = (installed(16, id=5, purpose=SESSION, transaction="tx"),)
    sessions = (running(),)
    told = profile(6, purpose=SESSION, transaction="tx")
    assert places(told, installed=known, sessions=sessions) == ["/stack_level"]


@pytest.mark.covers("SC-11", "16-SC-03")
def test_a_station_that_is_full_is_warned_of_unless_one_makes_room() -> None:
    known = (installed(16, id=5), maximum(16, id=6))
    assert places(profile(6, stack_level=2), installed=known, limits={"profiles": 2}) == [""]
    assert places(profile(6, id=6, stack_level=2), installed=known, limits={"profiles": 2}) == []


@pytest.mark.covers("SC-20")
def test_a_profile_that_is_over_is_warned_of() -> None:
    assert places(profile(6, valid_to=at(0))) == ["/valid_to"]


@pytest.mark.covers("SC-02", "Q109")
def test_a_profile_for_a_session_that_does_not_go_on_is_warned_of() -> None:
    told = profile(6, purpose=SESSION, transaction="tx")
    assert places(told, sessions=(running(),)) == []
    assert places(told, sessions=(running(2),)) == ["/evse"]
    assert places(told, sessions=(running(1, "other"),)) == ["/transaction"]
    assert places(told, sessions=(running(ended_at=at(-1)),)) == ["/evse"]
    assert places(profile(6, purpose=SESSION), sessions=(running(),)) == ["/transaction"]
    assert places(profile(6, purpose=SESSION), starting=True) == []


@pytest.mark.covers("Q46")
@pytest.mark.parametrize(("seconds", "warns"), [(0, True), (-59, True), (59, True), (-60, False), (60, False)])
def test_a_schedule_that_begins_just_now_is_warned_of_for_clocks_differ(seconds: float, warns: bool) -> None:
    assert places(profile(6, start=at(seconds))) == (["/schedules/0/start"] if warns else [])


@pytest.mark.covers("TX-38")
def test_a_session_whose_start_came_late_is_probably_over() -> None:
    late = (structs.replace(running(began=-3600), heard_at=at(-60)),)
    told = profile(6, purpose=SESSION, transaction="tx")
    (why,) = warned(told, sessions=late)
    assert why == "/transaction: began 59 minutes before we heard of it, and is probably over (TX-38)"
    in_time = (structs.replace(running(began=-3600), heard_at=at(-3400)),)
    assert warned(told, sessions=in_time) == []
