from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.session.sequence import MAX_SPANS, with_number


def spans_of(numbers: list[int]) -> tuple[tuple[int, int], ...]:
    spans: tuple[tuple[int, int], ...] = ()
    for number in numbers:
        spans = with_number(spans, number)
    return spans


@pytest.mark.covers("TX-33", "Q81")
@given(st.sets(st.integers(-20, 40), min_size=1, max_size=40).flatmap(lambda seen: st.permutations(sorted(seen))))
def test_spans_hold_exactly_the_numbers_seen(numbers: list[int]) -> None:
    spans = spans_of(numbers)
    assert sorted(numbers) == [number for first, last in spans for number in range(first, last + 1)]
    assert all(one[1] + 1 < other[0] for one, other in pairwise(spans))


def test_numbers_without_order_or_end_do_not_grow_the_memory() -> None:
    assert len(spans_of(list(range(0, 10_000, 2)))) == MAX_SPANS


@pytest.mark.covers("Q84")
def test_negative_numbers_are_numbers() -> None:
    assert spans_of([-1, 0, 1]) == ((-1, 1),)
