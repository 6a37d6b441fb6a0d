"""Waits grow, end at their limit, and differ from one another."""

from hypothesis import given
from hypothesis import strategies as st

from csms.kit.backoff import Backoff


@given(first=st.floats(0.01, 10), most=st.floats(0.01, 600), tries=st.integers(1, 60))
def test_each_wait_is_half_to_whole_of_the_doubled_one_and_never_more_than_the_most(
    first: float, most: float, tries: int
) -> None:
    backoff = Backoff(first_s=first, most_s=most)
    for n in range(tries):
        whole = min(most, first * 2**n)
        assert whole / 2 <= backoff.next_s() <= whole


def test_a_success_begins_anew() -> None:
    backoff = Backoff(first_s=1, most_s=1000)
    for _ in range(8):
        backoff.next_s()
    assert backoff.next_s() >= 128
    backoff.reset()
    assert backoff.next_s() <= 1


def test_many_that_fail_together_do_not_come_back_together() -> None:
    assert len({Backoff(first_s=1, most_s=8).next_s() for _ in range(100)}) > 90


def test_a_thousand_tries_overflow_nothing() -> None:
    backoff = Backoff(first_s=0.2, most_s=5.0)
    assert all(0 < backoff.next_s() <= 5.0 for _ in range(1000))
