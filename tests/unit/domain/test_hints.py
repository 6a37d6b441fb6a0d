"""What the record of a station suggests."""

from datetime import UTC, datetime

import pytest

from csms.domain.vendors.habits import PLAIN, Habits
from csms.domain.vendors.hints import Attempt, Hint, Took, hints_of

AT = datetime(2026, 3, 4, tzinfo=UTC)


def late(*seconds: float) -> list[Hint]:
    return hints_of(PLAIN, PLAIN, [], [Took("Reset", one, AT) for one in seconds], 60.0)


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
    hints = hints_of(Habits(untouched=("Z",)), Habits(ping_s=1.0), attempts, [], 60.0)
    assert {hint.kind: hint.habits for hint in hints} == {
        "no-effect": Habits(ping_s=1.0, untouched=("Z", "A")),
        "falls-silent": Habits(ping_s=1.0, untouched=("Z", "B")),
    }
    known = Habits(untouched=("A", "B"))
    assert hints_of(known, known, attempts, [], 60.0) == [], "what is so already is not proposed"
