"""Who may go on where a session stands that is not authorized any more (TX-10)."""

import itertools

import pytest

from csms.domain.access import TokenRef
from csms.domain.session.claim import is_taken
from tests.unit.domain.stories import TOKEN, begin, end, play, update

OTHER = TokenRef("ANOTHER")
ONE, TWO = frozenset({1}), frozenset({1, 2})
STOPPED = update(10, 1500, authorized=False)


@pytest.mark.covers("TX-10")
def test_while_a_session_stands_without_its_right_no_other_token_is_let_in() -> None:
    standing = play(begin(authorized=True), STOPPED)
    assert is_taken([standing], ONE, OTHER)
    assert is_taken([standing], frozenset(), OTHER), "no EVSE is known but the one that is taken"
    assert not is_taken([standing], ONE, TOKEN), "who began it may go on"
    assert not is_taken([standing], TWO, OTHER), "the other EVSE is free"
    assert not is_taken([], ONE, OTHER)


@pytest.mark.covers("TX-10")
@pytest.mark.parametrize(
    "story",
    [
        (begin(authorized=True), update(10, 1500)),
        (begin(authorized=True), STOPPED, update(11, 1500, authorized=True)),
        (begin(authorized=True), STOPPED, end(12, 1500)),
        (begin(token=None), STOPPED),
    ],
)
def test_a_session_that_has_its_right_or_is_over_or_nobodys_holds_nobody_back(story: tuple) -> None:
    assert not is_taken([play(*story)], ONE, OTHER)


@pytest.mark.covers("TX-10", "Q81")
def test_the_last_word_on_a_right_counts_in_whatever_order_it_comes() -> None:
    told = (begin(authorized=True), update(5, 1200, authorized=True), STOPPED, update(20, 1500))
    assert all(is_taken([play(*order)], ONE, OTHER) for order in itertools.permutations(told))
