from hypothesis import given
from hypothesis import strategies as st

from csms.domain.growth import Known, Trail


def test_a_trail_keeps_the_order_in_which_things_were_added() -> None:
    assert list(Trail().plus(3).plus(1).plus(2)) == [3, 1, 2]


def test_an_older_version_of_a_trail_stays_as_it_was() -> None:
    older = Trail().plus(1)
    one, other = older.plus(2), older.plus(3)
    assert (list(older), list(one), list(other)) == ([1], [1, 2], [1, 3])
    assert other.last == 3


def test_an_older_version_of_a_set_does_not_know_what_was_added_later() -> None:
    older = Known().plus([1])
    one, other = older.plus([2]), older.plus([3])
    assert 2 not in older
    assert 3 not in one
    assert 2 not in other
    assert len(other) == 2


def test_empty_collections_share_nothing() -> None:
    empty, nothing = Trail(), Known()
    empty.plus(1)
    nothing.plus([1])
    assert list(empty.plus(2)) == [2]
    assert 1 not in nothing.plus([2])


@given(st.lists(st.integers(), max_size=60, unique=True))
def test_a_full_set_remembers_the_younger_half_and_stays_small(items: list[int]) -> None:
    known = Known(limit=10)
    for item in items:
        known = known.plus([item])
        assert item in known
        assert len(known) <= 10
    assert all(item in known for item in items[-3:])
