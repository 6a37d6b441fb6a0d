"""What a station holds, as its answers and reports say it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.command import Command
from csms.domain.smart_charging.composite import Composite
from csms.domain.smart_charging.matching import Criteria
from csms.domain.smart_charging.profile import Constraint, Installed, Origin, Purpose, Unit
from csms.domain.station.charging import (
    ClearConstraint,
    CompositeTold,
    ConstraintCleared,
    ConstraintTold,
    ProfileAnswered,
    ProfilesDropped,
    RecordClearing,
    RecordComposite,
    RecordInquiry,
    RecordProfile,
    ReportConstraint,
    ReportProfiles,
)
from csms.domain.station.charging_rules import INQUIRIES, KEPT
from csms.domain.station.decide import DECIDERS
from csms.domain.station.events import StationEvent
from csms.domain.station.evolve import evolve
from csms.domain.station.state import Station
from tests.unit.domain.smart_charging.profiles import NOW, at, installed, maximum, profile

DEFAULT, SESSION = Purpose.DEFAULT, Purpose.SESSION


def play(*commands: Command[Any], station: Station | None = None) -> tuple[Station, list[StationEvent]]:
    station, facts = station or Station(), []
    for command in commands:
        for event in DECIDERS[type(command)](station, command).events:
            station = evolve(station, event)
            facts.append(event)
    return station, facts


def ids(station: Station) -> list[int]:
    return [known.profile.id for known in station.charging.profiles]


def took(known: Installed, *, exclusive: bool = True, status: str = "Accepted") -> RecordProfile:
    return RecordProfile(known, status, exclusive)


THREE = [took(installed(6, id=n, stack_level=n)) for n in (1, 2, 3)]


@pytest.mark.covers("SC-14", "SC-15", "16-SC-04")
def test_what_a_station_took_is_kept_and_replaces_what_it_must() -> None:
    station, facts = play(*THREE, took(installed(8, id=9, stack_level=2)))
    assert ids(station) == [1, 3, 9]
    assert facts[-2] == ProfilesDropped((2,), at(-600), "replaced")
    station, facts = play(took(installed(8, id=1, stack_level=7, evse=2)), station=station)
    assert ids(station) == [3, 9, 1]
    assert not any(isinstance(fact, ProfilesDropped) for fact in facts)


@pytest.mark.covers("16-SC-04", "Q107")
@pytest.mark.parametrize("status", ["Rejected", "NotSupported"])
def test_what_a_station_refused_is_remembered_and_not_kept(status: str) -> None:
    refused = installed(6, id=1, stack_level=5)
    station, facts = play(took(refused, status=status))
    assert (ids(station), facts) == ([], [ProfileAnswered(refused, status)])


@pytest.mark.covers("SC-22", "SC-25", "Q110")
def test_clearing_forgets_what_it_meant() -> None:
    station, facts = play(*THREE, RecordClearing(Criteria(evse=1, purpose=DEFAULT, stack_level=2), NOW))
    assert (ids(station), facts[-1]) == ([1, 3], ProfilesDropped((2,), NOW, "cleared"))
    station, _ = play(RecordClearing(Criteria(ids=(3,)), NOW), station=station)
    assert ids(station) == [1]
    station, facts = play(RecordClearing(Criteria(ids=(77,)), NOW), station=station)
    assert (ids(station), facts) == ([1], [])
    station, _ = play(RecordClearing(Criteria(), NOW), station=station)
    assert ids(station) == []


@pytest.mark.covers("SC-01")
def test_clearing_does_not_touch_what_others_set() -> None:
    theirs = profile(6, id=-5, purpose=Purpose.EXTERNAL)
    report = ReportProfiles(1, 0, "EMS", (theirs,), last=True, at=NOW)
    station, _ = play(report, took(installed(6)), RecordClearing(Criteria(), NOW))
    assert ids(station) == [-5]


ASK = RecordInquiry(7, Criteria(purpose=DEFAULT), found=True, at=NOW)


def report(*found: int, last: bool = True, request: int = 7, evse: int = 1) -> ReportProfiles:
    told = tuple(profile(6, id=n, stack_level=n) for n in found)
    return ReportProfiles(request, evse, "CSO", told, last=last, at=NOW)


@pytest.mark.covers("SC-21", "Q110")
@pytest.mark.parametrize("crossing", [False, True], ids=["answer-first", "report-first"])
def test_a_whole_report_tells_what_is_there_and_what_is_not(crossing: bool) -> None:
    parts: list[Command[Any]] = [report(2, last=False), report(4, evse=2)]
    talk = [*parts, ASK] if crossing else [ASK, *parts]
    station, facts = play(*THREE, took(maximum(6, id=8)), *talk)
    assert sorted(ids(station)) == [2, 4, 8]
    assert ProfilesDropped((1, 3), NOW, "not-reported") in facts
    kept = {known.profile.id: known for known in station.charging.profiles}
    assert (kept[2].origin, kept[2].source, kept[2].at) == (Origin.SET, "CSO", at(-600))
    assert (kept[4].origin, kept[4].evse) == (Origin.REPORTED, 2)


@pytest.mark.covers("SC-21")
def test_a_report_that_goes_on_or_that_nobody_asked_for_takes_nothing_away() -> None:
    station, _ = play(*THREE, ASK, report(2, last=False))
    assert ids(station) == [1, 3, 2]
    station, _ = play(*THREE, report(2, request=99))
    assert sorted(ids(station)) == [1, 2, 3]


@pytest.mark.covers("SC-21", "Q110")
def test_a_station_that_tells_that_there_is_nothing_has_nothing() -> None:
    station, _ = play(*THREE, took(maximum(6, id=8)), RecordInquiry(7, Criteria(purpose=DEFAULT), found=False, at=NOW))
    assert ids(station) == [8]


def test_a_number_of_a_request_that_is_used_again_begins_a_report_anew() -> None:
    station, _ = play(*THREE, ASK, report(1, 2), ASK, report(3, last=False), report(1))
    assert sorted(ids(station)) == [1, 3]


def test_a_report_of_what_is_known_says_nothing_new() -> None:
    station, _ = play(ASK, report(2))
    again, facts = play(ASK, report(2), station=station)
    assert again.charging.profiles == station.charging.profiles
    assert len(facts) == 2


@pytest.mark.covers("SC-23", "SC-37", "16-SC-04")
def test_composites_and_the_limits_of_others_are_noted_as_told() -> None:
    told = Composite(NOW, 60, Unit.AMPERES, ())
    limit = Constraint("SO", 0, NOW)
    _, facts = play(
        RecordComposite(1, "Accepted", NOW, 60, None, told),
        RecordComposite(1, "Rejected", NOW, 60),
        ReportConstraint(limit),
        ClearConstraint("SO", None, NOW),
    )
    assert facts == [
        CompositeTold(1, "Accepted", NOW, 60, None, told),
        CompositeTold(1, "Rejected", NOW, 60),
        ConstraintTold(limit),
        ConstraintCleared("SO", None, NOW),
    ]


def test_a_station_that_takes_profiles_without_end_is_remembered_within_bounds() -> None:
    station, _ = play(*(took(installed(6, id=n, stack_level=n)) for n in range(KEPT + 5)))
    assert ids(station) == list(range(5, KEPT + 5))
    station, _ = play(report(*range(1000, 1010)), *(report(1000, request=n) for n in range(9)), station=station)
    assert (len(ids(station)), len(station.charging.inquiries)) == (KEPT, INQUIRIES)


SOME = st.builds(
    lambda n, level, evse, purpose: installed(6, id=n, stack_level=level, evse=evse, purpose=purpose),
    st.integers(1, 4),
    st.integers(0, 1),
    st.integers(0, 2),
    st.sampled_from([DEFAULT, SESSION, Purpose.STATION_MAX]),
)
COMMANDS = st.one_of(
    st.builds(took, SOME, exclusive=st.booleans()),
    st.builds(RecordClearing, st.builds(Criteria, evse=st.none() | st.integers(0, 2)), st.just(NOW)),
    st.builds(report, st.integers(1, 4), last=st.booleans()),
    st.just(ASK),
)


@pytest.mark.covers("SC-15", "SC-14")
@given(st.lists(COMMANDS, max_size=12))
def test_ids_are_unique_and_facts_lead_to_the_same_record_again(commands: list[Command[Any]]) -> None:
    station, facts = play(*commands)
    assert len(set(ids(station))) == len(ids(station))
    again = Station()
    for fact in facts:
        again = evolve(again, msgspec.json.decode(msgspec.json.encode(fact), type=StationEvent))
    assert again == station


@pytest.mark.covers("SC-14")
@given(st.lists(st.builds(took, SOME), max_size=12))
def test_in_1_6_no_two_profiles_have_one_purpose_level_and_place(commands: list[Command[Any]]) -> None:
    station, _ = play(*commands)
    slots = [(one.profile.purpose, one.profile.stack_level, one.evse) for one in station.charging.profiles]
    assert len(set(slots)) == len(slots)
