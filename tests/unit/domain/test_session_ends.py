"""How a session ends: once, with the right energy, and presumed only until it is told."""

import pytest

from csms.domain.access import TokenRef
from csms.domain.session.commands import PresumeEnded
from csms.domain.session.state import Phase, Session
from tests.unit.domain.stories import TOKEN, at, begin, decide, end, play, play_all, sample, update


@pytest.mark.covers("Q63", "TX-20")
def test_a_stop_without_a_start_is_kept_with_what_can_be_known() -> None:
    data = (sample(1, 1000, context="Transaction.Begin"), sample(5, 1300))
    session = play(end(10, 1500, *data, token=TokenRef("X")))
    assert (session.phase, session.energy_wh, session.ended_at) == (Phase.ENDED, 500, at(10))
    assert (session.token, session.flags) == (TokenRef("X"), ("begin-missing",))


@pytest.mark.covers("Q63")
def test_a_stop_without_a_start_or_any_data_has_no_energy() -> None:
    session = play(end(10, 1500))
    assert (session.phase, session.energy_wh, session.meter_stop_wh) == (Phase.ENDED, 0, 1500)


@pytest.mark.covers("Q79", "TX-23")
def test_a_missing_reason_is_local_and_a_missing_token_is_the_same_user() -> None:
    session = play(begin(), end(5, 1500, reason=None))
    assert (session.reason, session.stop_token, session.flags) == ("Local", None, ())


@pytest.mark.covers("Q79")
@pytest.mark.parametrize("reason", ["DeAuthorized", "NotAReason", "PowerLoss"])
def test_any_reason_is_kept_as_it_came(reason: str) -> None:
    assert play(begin(), end(5, 1500, reason=reason)).reason == reason


@pytest.mark.covers("Q79")
def test_a_huge_transaction_data_is_taken() -> None:
    data = tuple(sample(n / 100, 1000 + n) for n in range(1, 5000))
    assert play(begin(), end(60, 6000, *data)).energy_wh == 5000


@pytest.mark.covers("Q77", "Q78", "TX-07")
@pytest.mark.parametrize(
    ("stop", "flags"),
    [(TOKEN, ()), (TokenRef("04a1b2c3"), ()), (TokenRef("OTHER"), ("stopped-by-another-token",)), (None, ())],
)
def test_a_stop_by_another_token_is_accepted_and_told(stop: TokenRef | None, flags: tuple[str, ...]) -> None:
    session = play(begin(), end(5, 1500, token=stop))
    assert (session.phase, session.token, session.stop_token, session.flags) == (Phase.ENDED, TOKEN, stop, flags)


@pytest.mark.covers("Q77", "Q78")
def test_a_token_of_no_kind_as_1_6_tells_it_ends_a_session_like_any_other() -> None:
    session = play(begin(token=TokenRef("A", "")), end(9, 1500, token=TokenRef("B", "")))
    assert (session.stop_token, session.flags) == (TokenRef("B", ""), ("stopped-by-another-token",))


@pytest.mark.covers("Q75", "TX-33")
def test_closing_values_after_the_end_may_raise_the_energy_and_reopen_nothing() -> None:
    session = play(begin(), end(5, 1500), update(5.1, 1510), update(5.2, 1512))
    assert (session.phase, session.ended_at, session.energy_wh, session.flags) == (Phase.ENDED, at(5), 512, ())


@pytest.mark.covers("Q75")
def test_values_long_after_the_end_are_told() -> None:
    session = play(begin(), end(5, 1500), update(25, 1900))
    assert (session.phase, session.energy_wh, session.flags) == (Phase.ENDED, 900, ("heard-after-end",))


@pytest.mark.covers("Q71")
def test_values_from_before_the_end_fill_the_record_and_change_no_end() -> None:
    session = play(begin(), end(60, 2000), update(30, 1500, received_at=at(3000)))
    assert (session.phase, session.energy_wh, session.ended_at) == (Phase.ENDED, 1000, at(60))
    assert session.flags == ("delivered-late",)


@pytest.mark.covers("Q66", "TX-21")
def test_of_two_ends_the_first_stands() -> None:
    for story in ([end(5, 1500, reason="Local"), end(6, 1500, reason="Reboot")], [end(6, 1500), end(5, 1500)]):
        session = play(begin(), *story)
        assert (session.ended_at, session.reason, session.energy_wh) == (at(5), "Local", 500)


@pytest.mark.covers("Q66", "TX-21")
def test_of_two_ends_the_second_stands_if_it_is_later_and_larger() -> None:
    session = play(begin(), end(5, 1500, reason="Local"), end(9, 1900, reason="Reboot"))
    assert (session.ended_at, session.reason, session.energy_wh) == (at(9), "Reboot", 900)


@pytest.mark.covers("Q66", "Q53")
def test_a_real_end_overrides_a_presumed_one() -> None:
    presumed = play(begin(), update(5, 1500), PresumeEnded(at(5), "Vacated", at(6)))
    assert (presumed.phase, presumed.estimated, presumed.ended_at, presumed.reason) == (
        Phase.ENDED,
        True,
        at(5),
        "Vacated",
    )
    assert presumed.flags == ("estimated",)
    session = play(end(4, 1450, reason="PowerLoss"), session=presumed)
    assert (session.estimated, session.ended_at, session.reason, session.flags) == (False, at(4), "PowerLoss", ())
    assert session.energy_wh == 500


@pytest.mark.covers("Q66")
def test_a_presumed_end_never_overrides_a_real_one() -> None:
    session, events, _ = play_all([begin(), end(5, 1500), PresumeEnded(at(9), "Vacated")])
    assert (session.ended_at, session.estimated, len(events)) == (at(5), False, 2)


@pytest.mark.covers("Q57", "Q75")
def test_values_of_before_the_evidence_leave_a_presumed_end_as_it_is() -> None:
    session = play(begin(), update(5, 1500), PresumeEnded(at(5), "Vacated", at(10)), update(8, 1700))
    assert (session.phase, session.ended_at, session.energy_wh) == (Phase.ENDED, at(8), 700)


@pytest.mark.covers("Q57")
def test_a_session_that_goes_on_refutes_its_presumed_end() -> None:
    session = play(begin(), update(5, 1500), PresumeEnded(at(5), "Vacated", at(6)), update(15, 2500))
    assert (session.phase, session.ended_at, session.estimated) == (Phase.ACTIVE, None, False)
    assert not decide(session, PresumeEnded(at(5), "Vacated", at(6))).events
    again = play(PresumeEnded(at(15), "Vacated", at(20)), session=session)
    assert (again.phase, again.ended_at, again.energy_wh) == (Phase.ENDED, at(15), 1500)


def test_nothing_is_presumed_of_a_session_that_has_not_begun() -> None:
    assert not decide(Session(), PresumeEnded(at(5), "Vacated")).events


@pytest.mark.covers("TX-53")
def test_an_end_is_answered_with_the_final_energy() -> None:
    assert decide(play(begin(), update(5, 1400)), end(6, 1500)).outcome.energy_wh == 500
