"""Which session a profile is for, how it stands, and which profiles a request means."""

from typing import Any

import pytest

from csms.domain.smart_charging.binding import Standing, session_of, standing
from csms.domain.smart_charging.matching import Criteria, matches, replaced_by
from csms.domain.smart_charging.profile import Installed, Origin, Purpose, Running
from tests.unit.domain.smart_charging.profiles import NOW, at, installed, maximum, running

SESSION = Purpose.SESSION


def mine(**members: Any) -> Installed:
    return installed(6, purpose=SESSION, **members)


@pytest.mark.covers("SC-02", "SC-24")
def test_a_profile_is_for_the_session_that_it_names() -> None:
    sessions = [running(1, "A"), running(2, "B")]
    assert session_of(mine(transaction="b"), sessions) is sessions[1]
    assert session_of(mine(transaction="C"), sessions) is None


def test_a_profile_that_names_none_is_for_the_session_that_went_on_when_it_came() -> None:
    before = running(1, "A", -900, ended_at=at(-700))
    then, elsewhere, after = running(1, "B", -650), running(2, "C", -650), running(1, "D", -100)
    assert session_of(mine(accepted_at=at(-600)), [after, then, elsewhere, before]) is then
    assert session_of(mine(accepted_at=at(-690)), [after, then, before]) is None


@pytest.mark.covers("16-SC-02")
@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"evse": 1}, "first"),
        ({"evse": 2}, None),
        ({"evse": None, "token": "tag-1"}, "first"),
        ({"evse": None, "token": "TAG-9"}, None),
    ],
)
def test_a_profile_of_a_remote_start_is_for_the_first_session_after_it(
    members: dict[str, Any], found: str | None
) -> None:
    sessions = [running(1, "later", -10), running(1, "first", -20, token="TAG-1"), running(1, "before", -800)]
    session = session_of(mine(origin=Origin.REMOTE_START, **members), sessions)
    assert (None if session is None else session.transaction) == found


def test_the_number_of_a_remote_start_tells_its_session_from_others() -> None:
    waiting = mine(origin=Origin.REMOTE_START, remote_start_id=7)
    other, meant = running(1, "A", -50, remote_start_id=6), running(2, "B", -20, remote_start_id=7)
    assert session_of(waiting, [other]) is None
    assert session_of(waiting, [other, meant]) is meant
    assert session_of(waiting, [other, meant, running(1, "C", -10)]) is meant


@pytest.mark.covers("SC-24", "SC-20", "Q110")
@pytest.mark.parametrize(
    ("known", "sessions", "how"),
    [
        (installed(6), [], Standing.IN_FORCE),
        (installed(6, valid_from=at(1)), [], Standing.TO_COME),
        (installed(6, valid_from=NOW), [], Standing.IN_FORCE),
        (installed(6, valid_to=NOW), [], Standing.EXPIRED),
        (installed(6, valid_to=at(1)), [], Standing.IN_FORCE),
        (mine(transaction="A"), [running(1, "A")], Standing.IN_FORCE),
        (mine(transaction="A"), [running(1, "A", ended_at=at(-1))], Standing.ENDED),
        (mine(transaction="A"), [], Standing.ENDED),
        (mine(origin=Origin.REMOTE_START), [], Standing.AWAITING),
        (mine(origin=Origin.REMOTE_START), [running(1, "A", -1)], Standing.IN_FORCE),
    ],
)
def test_a_profile_stands_as_its_times_and_its_session_do(
    known: Installed, sessions: list[Running], how: Standing
) -> None:
    assert standing(known, sessions, NOW, None) is how
    assert standing(known, sessions, NOW, known.at) is how
    assert standing(known, sessions, NOW, at(-1)) is Standing.FORGOTTEN


LEVEL_1 = installed(6, id=1, stack_level=1)


@pytest.mark.covers("SC-14", "SC-15")
@pytest.mark.parametrize(
    ("new", "in_1_6", "in_2_x"),
    [
        (installed(8, id=1, stack_level=5, evse=2), True, True),
        (installed(8, id=2, stack_level=1), True, False),
        (installed(8, id=2, stack_level=2), False, False),
        (installed(8, id=2, stack_level=1, evse=2), False, False),
        (installed(8, id=2, stack_level=1, evse=0), False, False),
        (installed(8, id=2, stack_level=1, purpose=SESSION), False, False),
    ],
)
def test_a_profile_replaces_that_of_its_id_and_in_1_6_that_of_its_level(
    new: Installed, in_1_6: bool, in_2_x: bool
) -> None:
    assert replaced_by(new, [LEVEL_1], exclusive=True) == ((LEVEL_1,) if in_1_6 else ())
    assert replaced_by(new, [LEVEL_1], exclusive=False) == ((LEVEL_1,) if in_2_x else ())


@pytest.mark.covers("SC-24")
def test_a_profile_for_the_next_session_of_an_evse_drops_those_for_the_last() -> None:
    old = mine(id=1, transaction="A", stack_level=3)
    assert replaced_by(mine(id=2, transaction="B"), [old], exclusive=False) == (old,)
    assert replaced_by(mine(id=2, transaction="a"), [old], exclusive=False) == ()
    assert replaced_by(mine(id=2, transaction="B", evse=2), [old], exclusive=False) == ()


ALL = [
    installed(6, id=1),
    installed(6, id=2, evse=2, stack_level=1),
    maximum(6, id=3),
    installed(6, id=4, source="EMS"),
]


@pytest.mark.covers("SC-21", "SC-22")
@pytest.mark.parametrize(
    ("criteria", "ids"),
    [
        (Criteria(), [1, 2, 3, 4]),
        (Criteria(ids=(2, 3)), [2, 3]),
        (Criteria(ids=(2,), evse=1, purpose=Purpose.STATION_MAX), [2]),
        (Criteria(evse=1), [1, 4]),
        (Criteria(evse=0), [3]),
        (Criteria(purpose=Purpose.DEFAULT), [1, 2, 4]),
        (Criteria(purpose=Purpose.DEFAULT, stack_level=1), [2]),
        (Criteria(evse=1, stack_level=1), []),
        (Criteria(sources=("EMS", "SO")), [4]),
        (Criteria(sources=("CSO",), purpose=Purpose.DEFAULT), [1, 2]),
    ],
)
def test_an_id_counts_alone_and_criteria_all_together(criteria: Criteria, ids: list[int]) -> None:
    assert [known.profile.id for known in ALL if matches(criteria, known)] == ids
