"""Who may charge, and what the house says to a token."""

from datetime import timedelta

import pytest

from csms.domain.access import (
    Authorization,
    Standing,
    Token,
    TokenRef,
    authorize,
    doubts,
    may_stop,
    same_token,
    with_running,
)
from tests.unit.domain.stories import START

ANN, BOB = TokenRef("ANN"), TokenRef("BOB")
ACCEPTED = Authorization(Standing.ACCEPTED, group="FAMILY")


def token(value: str, *, group: str | None = None, status: Standing = Standing.ACCEPTED) -> Token:
    return Token(value, "ISO14443", status, group)


@pytest.mark.covers("TX-01")
def test_an_unknown_token_is_unknown() -> None:
    assert authorize(ANN, None, START).standing is Standing.UNKNOWN


@pytest.mark.covers("TX-04")
def test_a_blocked_token_is_blocked_and_keeps_its_group() -> None:
    answer = authorize(ANN, token("ANN", group="FAMILY", status=Standing.BLOCKED), START)
    assert (answer.standing, answer.group) == (Standing.BLOCKED, "FAMILY")


@pytest.mark.covers("TX-13")
@pytest.mark.parametrize(
    ("minutes", "standing"), [(-1, Standing.EXPIRED), (0, Standing.EXPIRED), (1, Standing.ACCEPTED)]
)
def test_a_token_is_good_until_it_expires(minutes: int, standing: Standing) -> None:
    known = Token("ANN", "ISO14443", expires_at=START + timedelta(minutes=minutes))
    assert authorize(ANN, known, START).standing is standing


@pytest.mark.covers("TX-04")
def test_an_accepted_token_brings_its_group() -> None:
    assert authorize(ANN, token("ANN", group="FAMILY"), START).group == "FAMILY"


@pytest.mark.covers("TX-05")
def test_no_authorization_is_always_accepted() -> None:
    assert authorize(TokenRef("", "NoAuthorization"), None, START).standing is Standing.ACCEPTED


@pytest.mark.covers("TX-05")
def test_a_kind_that_no_specification_knows_is_judged_like_any_other() -> None:
    assert authorize(TokenRef("x", "Tattoo"), None, START).standing is Standing.UNKNOWN


@pytest.mark.covers("TX-07", "Q77")
def test_tokens_are_equal_by_value_and_kind_letter_case_aside() -> None:
    assert same_token(TokenRef("04ab"), TokenRef("04AB"))
    assert not same_token(TokenRef("04ab"), TokenRef("04ab", "Central"))
    assert not same_token(TokenRef("04ab"), TokenRef("04ac"))


@pytest.mark.covers("TX-08", "TX-09")
@pytest.mark.parametrize(
    ("starter", "stopper", "may"),
    [
        (token("ANN", group="FAMILY"), token("BOB", group="family"), True),
        (token("ANN", group="FAMILY"), token("BOB", group="OTHER"), False),
        (token("ANN", group="FAMILY"), token("BOB"), False),
        (token("ANN"), token("BOB"), False),
        (token("ANN", group="BOB"), token("BOB"), False),
        (token("ANN", group="FAMILY"), token("BOB", group="FAMILY", status=Standing.BLOCKED), False),
        (token("ANN", group="FAMILY"), None, False),
        (None, token("BOB", group="FAMILY"), False),
    ],
)
def test_another_token_of_the_same_group_may_stop(starter: Token | None, stopper: Token | None, may: bool) -> None:
    assert may_stop(starter, stopper, ANN, BOB) is may


@pytest.mark.covers("TX-08")
def test_who_started_may_stop_known_or_not() -> None:
    assert may_stop(None, None, ANN, TokenRef("ann"))


@pytest.mark.covers("TX-06")
def test_a_token_that_charges_elsewhere_is_concurrent() -> None:
    answer = with_running(ACCEPTED, ["CP1", "CP2"], "CP1")
    assert (answer.standing, answer.group) == (Standing.CONCURRENT, "FAMILY")


@pytest.mark.covers("TX-06", "Q64")
@pytest.mark.parametrize("running", [[], ["CP1"], ["CP1", "CP1"]])
def test_a_token_at_the_station_where_it_charges_is_accepted(running: list[str]) -> None:
    assert with_running(ACCEPTED, running, "CP1") is ACCEPTED


@pytest.mark.covers("TX-06")
def test_a_token_that_is_refused_anyway_stays_refused_for_its_own_reason() -> None:
    blocked = Authorization(Standing.BLOCKED)
    assert with_running(blocked, ["CP2"], "CP1") is blocked


@pytest.mark.covers("Q69", "TX-02", "TX-36")
def test_a_session_of_a_token_that_is_not_accepted_says_so() -> None:
    assert doubts(Authorization(Standing.UNKNOWN), historic=True) == ("token-unknown-offline",)
    assert doubts(Authorization(Standing.BLOCKED), historic=False) == ("token-blocked",)
    assert doubts(ACCEPTED, historic=True) == ()
