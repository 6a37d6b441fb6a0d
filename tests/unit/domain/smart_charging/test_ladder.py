"""What a station refuses is tried in less demanding forms, few of them, none at the cost of another profile."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from csms.domain.smart_charging.advice import Limits, Record, Try
from csms.domain.smart_charging.ladder import Ladder, ladder_of, reservations_about
from csms.domain.smart_charging.matching import replaced_by
from csms.domain.smart_charging.profile import Installed, Kind, Profile, Purpose, Unit
from tests.unit.domain.smart_charging.profiles import NOW, at, installed, profile, running, situations

SESSION, DEFAULT, MAXIMUM = Purpose.SESSION, Purpose.DEFAULT, Purpose.STATION_MAX
SHORT = {SESSION: "S", DEFAULT: "D", MAXIMUM: "M"}


def ladder(wanted: Profile, evse: int = 1, **record: Any) -> Ladder:
    return ladder_of(wanted, evse, Record(NOW, Limits(levels=record.pop("levels", None)), **record))


def steps(*arguments: Any, **record: Any) -> str:
    rungs = ladder(*arguments, **record).rungs
    return " ".join(f"{SHORT[rung.purpose]}{rung.stack_level}" for rung in rungs)


def answered(step: str, status: str = "Accepted", when: float = -60) -> Try:
    (purpose,) = (purpose for purpose, short in SHORT.items() if short == step[0])
    return Try(purpose, Kind.ABSOLUTE, Unit.AMPERES, int(step[1:]), status, at(when))


GOING = {"sessions": (running(1, "tx"),)}


@pytest.mark.covers("Q107", "SC-02", "SC-11")
@pytest.mark.parametrize(
    ("wanted", "record", "tried"),
    [
        (profile(6, stack_level=5), {}, "D5 D1 D0"),
        (profile(6, stack_level=5), {"levels": 3}, "D5 D1 D0"),
        (profile(6, stack_level=5), {"levels": 0}, "D5 D0"),
        (profile(6, stack_level=1), {"levels": 3}, "D1 D0"),
        (profile(6), {"levels": 3}, "D0"),
        (profile(6, stack_level=2, purpose=MAXIMUM), {}, "M2 M1 M0"),
        (profile(6, stack_level=3, purpose=SESSION, transaction="TX"), GOING, "S3 S1 S0 D1 D0"),
        (profile(6, stack_level=3, purpose=SESSION), GOING, "S3 S1 S0 D1 D0"),
        (profile(6, stack_level=0, purpose=SESSION), GOING, "S0 D0"),
        (profile(6, stack_level=3, purpose=SESSION), {}, "D3 D1 D0"),
        (profile(6, stack_level=3, purpose=SESSION, transaction="other"), GOING, "S3 S1 S0"),
        (profile(6, stack_level=3, purpose=SESSION, transaction="other"), {}, "S3 S1 S0"),
        (profile(6, purpose=SESSION), {"sessions": (running(1, "tx", ended_at=at(-1)),)}, "D0"),
        (profile(6, purpose=SESSION), {"sessions": (running(2, "tx"),)}, "D0"),
    ],
)
def test_the_ladder_goes_down_to_what_every_station_takes(wanted: Profile, record: dict[str, Any], tried: str) -> None:
    assert steps(wanted, **record) == tried


@pytest.mark.covers("Q107")
@pytest.mark.parametrize(
    ("tries", "tried"),
    [
        ([], "S3 S1 S0 D1 D0"),
        ([answered("D0")], "S3 D0 S1 S0 D1"),
        ([answered("S3", "Rejected"), answered("D0")], "D0 S1 S0 D1 S3"),
        ([answered("S3", "Rejected"), answered("S1", "Rejected")], "S0 D1 D0 S3 S1"),
        ([answered("S3", "Rejected", -60), answered("S3", "Accepted", -30)], "S3 S1 S0 D1 D0"),
        ([answered("S3", "Accepted", -60), answered("S3", "Rejected", -30)], "S1 S0 D1 D0 S3"),
        ([answered("S3", "Accepted", -30), answered("S3", "Rejected", -60)], "S3 S1 S0 D1 D0"),
        ([answered("S3", "Error InternalError"), answered("S0")], "S0 S1 D1 D0 S3"),
        ([replace(answered("S3", "Rejected"), kind=Kind.RELATIVE)], "S3 S1 S0 D1 D0"),
    ],
)
def test_what_worked_is_tried_first_unless_the_wanted_was_never_refused(tries: list[Try], tried: str) -> None:
    wanted = profile(6, stack_level=3, purpose=SESSION, transaction="tx")
    assert steps(wanted, tries=tuple(tries), **GOING) == tried


@pytest.mark.covers("Q107", "SC-14")
@pytest.mark.parametrize(
    ("other", "exclusive", "tried"),
    [
        (installed(16, id=7), True, "S1 S0 D1"),
        (installed(16, id=7), False, "S1 S0 D1"),
        (installed(16, id=7, stack_level=1), True, "S1 S0 D0"),
        (installed(16, id=7, evse=0), True, "S1 S0 D1 D0"),
        (installed(16, id=7, evse=0), False, "S1 S0 D1"),
        (installed(16, id=7, evse=2), False, "S1 S0 D1 D0"),
        (installed(16, id=7, valid_to=at(-1)), True, "S1 S0 D1 D0"),
        (installed(16, id=1), True, "S1 S0 D1 D0"),
    ],
)
def test_no_rung_takes_the_place_of_another_profile(other: Installed, exclusive: bool, tried: str) -> None:
    wanted = profile(6, stack_level=1, purpose=SESSION, transaction="tx")
    made = ladder(wanted, installed=(other,), exclusive=exclusive, **GOING)
    assert " ".join(f"{SHORT[rung.purpose]}{rung.stack_level}" for rung in made.rungs) == tried
    assert all("profile 7" in why for _, why in made.left_out)
    assert len(made.rungs) + len(made.left_out) == 4


@pytest.mark.covers("SC-14")
def test_the_profile_as_it_is_wanted_may_replace_another() -> None:
    other = installed(16, id=7, stack_level=2)
    assert steps(profile(6, stack_level=2), installed=(other,), exclusive=True) == "D2 D1 D0"


@pytest.mark.covers("Q107", "SC-24", "SC-30")
def test_what_is_less_than_wanted_is_told() -> None:
    wanted = profile(6, stack_level=3, purpose=SESSION)
    taken = replace(wanted, purpose=DEFAULT, stack_level=0)
    record = Record(NOW, installed=(installed(16, id=7, stack_level=2), installed(16, id=8, stack_level=2, evse=2)))
    told = [(fault.path, fault.why) for fault in reservations_about(taken, wanted, 1, record)]
    assert told == [
        ("/profile/purpose", "was taken as TxDefaultProfile: it holds for later sessions too, until it is cleared"),
        ("/profile/stack_level", "was taken at level 0"),
        ("/profile/stack_level", "profile 7 of level 2 goes before where it says anything"),
    ]
    assert list(reservations_about(wanted, wanted, 1, record)) == []


tries = st.builds(answered, st.from_regex(r"[SDM][0-3]", fullmatch=True), st.sampled_from(["Accepted", "Rejected"]))


@pytest.mark.covers("Q107", "SC-14")
@settings(max_examples=200, deadline=None)
@given(
    situations(),
    st.sampled_from([SESSION, DEFAULT, MAXIMUM]),
    st.integers(0, 9),
    st.lists(tries, max_size=4),
    st.data(),
)
def test_there_are_few_rungs_each_once_and_none_harms_or_asks_for_more(
    known: Any, purpose: Purpose, level: int, memory: list[Try], data: st.DataObject
) -> None:
    evse = 0 if purpose is MAXIMUM else 1
    wanted = profile(6, purpose=purpose, stack_level=level, id=data.draw(st.sampled_from([1, *range(2, 4)])))
    told = data.draw(st.one_of(st.none(), st.integers(0, 9)))
    record = Record(NOW, Limits(levels=told), known.installed, known.sessions, tuple(memory), known.exclusive)
    made = ladder_of(wanted, evse, record)
    assert len(made.rungs) + len(made.left_out) <= 5
    assert len(set(made.rungs)) == len(made.rungs)
    for rung in made.rungs:
        assert rung.stack_level <= level
        assert (rung.schedules, rung.id, rung.kind) == (wanted.schedules, wanted.id, wanted.kind)
        if rung != wanted:
            live = [one for one in known.installed if one.profile.valid_to is None and one.profile.id != wanted.id]
            defaults = [one for one in live if one.profile.purpose is DEFAULT]
            assert replaced_by(Installed(evse, rung, NOW), defaults, exclusive=known.exclusive) == ()
