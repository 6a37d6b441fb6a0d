"""What a station lost over a restart is sent again if it would still count, what guards most first."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from csms.domain.smart_charging.composite import composite
from csms.domain.smart_charging.merging import Situation
from csms.domain.smart_charging.profile import Installed, Kind, Origin, Purpose, Recurrence, Unit
from csms.domain.smart_charging.restoring import LONGEST_PAUSE, Lost, pause_after, to_restore
from tests.unit.domain.smart_charging.profiles import NOW, WINDOW_S, at, installed, maximum, running, situations

SESSION, DEFAULT = Purpose.SESSION, Purpose.DEFAULT
BOOT = at(-60)


def lost(*known: Installed, **members: Any) -> list[Lost]:
    given = {"purposes": Purpose, "exclusive": False, **members}
    return list(to_restore(known, given.pop("sessions", ()), NOW, BOOT, **given))


def ids(*known: Installed, **members: Any) -> list[int]:
    return [one.profile.id for one in lost(*known, **members)]


@pytest.mark.covers("Q110")
def test_what_guards_most_goes_first_and_low_levels_before_high_ones() -> None:
    session = running(1, "tx")
    known = [
        installed(6, id=1, purpose=SESSION, transaction="tx"),
        installed(6, id=2, stack_level=2),
        installed(6, id=3, stack_level=0, evse=2),
        installed(6, id=4, stack_level=0, evse=1),
        maximum(6, id=5, stack_level=7),
        installed(6, id=6, purpose=Purpose.PRIORITY, stack_level=0),
    ]
    assert ids(*known, sessions=[session]) == [5, 4, 3, 2, 6, 1]


@pytest.mark.covers("Q110", "SC-24", "SC-20", "SC-37")
@pytest.mark.parametrize(
    ("members", "counts"),
    [
        ({}, True),
        ({"valid_to": at(-1)}, False),
        ({"valid_from": at(60)}, True),
        ({"duration_s": 100, "start": at(-101)}, False),
        ({"duration_s": 100, "start": at(-99)}, True),
        ({"duration_s": 100, "start": at(50)}, True),
        ({"duration_s": 100, "start": at(-101), "kind": Kind.RECURRING, "recurrence": Recurrence.DAILY}, True),
        ({"duration_s": 100, "start": None, "kind": Kind.RELATIVE}, True),
        ({"accepted_at": at(-59)}, False),
        ({"origin": Origin.REPORTED, "source": "CSO"}, True),
        ({"origin": Origin.REPORTED, "source": "EMS"}, False),
        ({"purpose": Purpose.EXTERNAL}, False),
        ({"purpose": Purpose.GENERATION, "evse": 0}, False),
        ({"purpose": SESSION, "transaction": "tx"}, True),
        ({"purpose": SESSION, "transaction": "other"}, False),
        ({"purpose": SESSION, "transaction": "over"}, False),
        ({"purpose": SESSION, "transaction": "tx", "kind": Kind.RELATIVE, "duration_s": 299}, False),
        ({"purpose": SESSION, "origin": Origin.REMOTE_START, "accepted_at": at(-305)}, True),
        ({"purpose": SESSION, "origin": Origin.REMOTE_START, "accepted_at": at(-200)}, False),
    ],
)
def test_only_what_is_ours_and_would_still_count_is_sent(members: dict[str, Any], counts: bool) -> None:
    sessions = [running(1, "tx", -300), running(2, "over", -400, ended_at=at(-200))]
    given = {"evse": 2 if members.get("transaction") == "over" else 1, **members}
    assert ids(installed(6, **given), sessions=sessions) == ([1] if counts else [])


@pytest.mark.covers("Q110")
def test_only_purposes_that_the_station_loses_are_sent() -> None:
    known = [installed(6, id=1), maximum(6, id=2)]
    assert ids(*known, purposes=[DEFAULT]) == [1]
    assert ids(*known, purposes=[]) == []


@pytest.mark.covers("Q110", "SC-02")
def test_the_profile_of_a_session_names_it_however_it_came() -> None:
    started = installed(6, evse=None, purpose=SESSION, origin=Origin.REMOTE_START, token="T", accepted_at=at(-301))
    (one,) = lost(started, sessions=[running(2, "77", -300, token="t")])
    assert (one.evse, one.profile.transaction) == (2, "77")


@pytest.mark.covers("Q110", "SC-14")
def test_a_profile_whose_place_a_later_one_has_stays_lost() -> None:
    old, new = installed(6, id=1), installed(7, id=2, accepted_at=at(-10))
    assert ids(old, new) == []
    assert ids(old, replace(new, evse=2)) == [1]
    assert ids(old, new, exclusive=True) == [1], "1.6 replaces by itself, and the record would not have both"


def _without_what_is_lost(known: Situation) -> Situation:
    """Return a situation after the station restarted, and took what it was sent again."""
    sent = to_restore(known.installed, known.sessions, NOW, BOOT, purposes=Purpose, exclusive=known.exclusive)
    kept = [one for one in known.installed if one.profile.purpose is Purpose.EXTERNAL]
    return replace(known, installed=(*kept, *(Installed(one.evse, one.profile, NOW) for one in sent)))


@pytest.mark.covers("Q110")
@settings(max_examples=100, deadline=None)
@given(situations(), st.sampled_from(Unit))
def test_afterwards_the_limits_are_what_they_were(known: Situation, unit: Unit) -> None:
    restored = _without_what_is_lost(known)
    for evse in (0, 1, 2):
        assert composite(restored, evse, NOW, WINDOW_S, unit) == composite(known, evse, NOW, WINDOW_S, unit)


@pytest.mark.covers("Q110")
@settings(max_examples=50, deadline=None)
@given(situations())
def test_what_was_taken_is_not_sent_again(known: Situation) -> None:
    restored = _without_what_is_lost(known)
    assert to_restore(restored.installed, known.sessions, NOW, BOOT, purposes=Purpose, exclusive=True) == ()


def test_the_pauses_double_and_are_bounded() -> None:
    assert [pause_after(n) for n in (1, 2, 3)] == [timedelta(minutes=n) for n in (1, 2, 4)]
    assert pause_after(6) == pause_after(10_000) == LONGEST_PAUSE
