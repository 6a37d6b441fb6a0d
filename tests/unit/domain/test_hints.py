"""What the record of a station suggests."""

from datetime import UTC, datetime, timedelta

import pytest

from csms.domain.vendors.habits import PLAIN, Habits
from csms.domain.vendors.hints import Attempt, Hint, Record, Took, hints_of

AT = datetime(2026, 3, 4, tzinfo=UTC)


def late(*seconds: float) -> list[Hint]:
    return hints_of(PLAIN, PLAIN, Record(calls=[Took("Reset", one, AT) for one in seconds]), 60.0, 300)


@pytest.mark.covers("Q28", "Q31")
def test_answers_that_came_too_late_more_than_once_suggest_patience() -> None:
    assert late(1.0, 59.0) == []
    assert late(1.0, 90.0) == [], "once is chance"
    (hint,) = late(1.0, 90.0, 100.0)
    assert (hint.kind, hint.habits) == ("answers-late", Habits(call_timeout_s=150.0))
    assert len(hint.evidence) == 2
    (hint,) = late(500.0, 500.0)
    assert hint.habits.call_timeout_s == 600.0, "and no more than any call may take"


@pytest.mark.covers("Q94", "Q96")
def test_keys_that_were_changed_in_vain_or_not_survived_are_proposed_to_be_left_alone() -> None:
    attempts = [Attempt("A", "not-applied", AT), Attempt("B", "unanswered", AT), Attempt("C", "set", AT)]
    hints = hints_of(Habits(untouched=("Z",)), Habits(ping_s=1.0), Record(attempts), 60.0, 300)
    assert {hint.kind: hint.habits for hint in hints} == {
        "no-effect": Habits(ping_s=1.0, untouched=("Z", "A")),
        "falls-silent": Habits(ping_s=1.0, untouched=("Z", "B")),
    }
    known = Habits(untouched=("A", "B"))
    assert hints_of(known, known, Record(attempts), 60.0, 300) == [], "what is so already is not proposed"


@pytest.mark.covers("Q50")
@pytest.mark.parametrize(
    ("beats", "apart_s", "proposed"),
    [(20, 10, 10), (20, 0.2, 1), (20, 149, 149), (20, 150, None), (20, 300, None), (5, 10, None)],
)
def test_heartbeats_more_than_twice_as_fast_as_asked_are_proposed_to_be_borne(
    beats: int, apart_s: float, proposed: int | None
) -> None:
    times = [AT + n * timedelta(seconds=apart_s) for n in range(beats)]
    found = hints_of(PLAIN, Habits(ping_s=1.0), Record(beats=times[::-1]), 60.0, 300)
    assert [(hint.kind, hint.habits) for hint in found] == (
        [] if proposed is None else [("beats-fast", Habits(ping_s=1.0, heartbeat_s=proposed))]
    )


@pytest.mark.covers("Q50")
def test_a_few_early_heartbeats_among_good_ones_suggest_nothing() -> None:
    times = [AT + n * timedelta(seconds=300) for n in range(10)]
    assert hints_of(PLAIN, PLAIN, Record(beats=[*times, AT + timedelta(seconds=1)]), 60.0, 300) == []


@pytest.mark.covers("Q12")
def test_a_station_that_answers_no_pings_is_proposed_to_be_spared_them() -> None:
    (hint,) = hints_of(PLAIN, Habits(max_keys=3), Record(mute=[AT]), 60.0, 300)
    assert (hint.kind, hint.habits) == ("answers-no-ping", Habits(max_keys=3, ping_s=0.0))
    assert hint.evidence == ("a line had answered none of its pings by 2026-03-04T00:00:00Z",)
    assert hints_of(Habits(ping_s=0.0), PLAIN, Record(mute=[AT]), 60.0, 300) == [], "it is pinged no more"
