"""What a session makes of the odd things that stations tell."""

import pytest

from csms.domain.access import TokenRef
from csms.domain.session.commands import PresumeEnded
from csms.domain.session.events import SessionUpdated
from csms.domain.session.state import Phase, Session
from tests.unit.domain.stories import TOKEN, at, begin, decide, end, play, play_all, sample, told, update


@pytest.mark.covers("Q65", "TX-30")
def test_a_repeated_start_gets_the_same_transaction() -> None:
    session, events, decisions = play_all([begin(), begin(number=8), begin(number=9)])
    assert [decision.outcome.number for decision in decisions] == [7, 7, 7]
    assert [decision.outcome.repeated for decision in decisions] == [False, True, True]
    assert len(events) == 1
    assert session.number == 7


@pytest.mark.covers("Q65", "Q66", "TX-21")
def test_a_repeated_start_after_the_end_gets_the_same_transaction_and_starts_nothing() -> None:
    session, events, decisions = play_all([begin(), end(5, 1500), begin(number=8), end(5, 1500)])
    assert (session.phase, session.energy_wh, len(events)) == (Phase.ENDED, 500, 2)
    assert decisions[2].outcome.number == 7
    assert decisions[3].outcome.repeated


@pytest.mark.covers("TX-30", "Q82")
def test_a_message_that_was_sent_live_and_then_out_of_a_queue_is_one() -> None:
    live, queued = update(5, 1100, seq_no=3), update(5, 1100, seq_no=3, offline=True, received_at=at(90))
    _, events, decisions = play_all([begin(seq_no=0), live, queued])
    assert len(events) == 2
    assert decisions[-1].outcome.repeated


@pytest.mark.covers("Q81", "TX-30")
def test_a_sequence_number_that_is_always_zero_hides_no_event() -> None:
    session, events, _ = play_all([begin(0, None, seq_no=0), update(1, 1000, seq_no=0), update(2, 1100, seq_no=0)])
    assert (session.energy_wh, len(events), session.flags) == (100, 3, ())


@pytest.mark.covers("TX-37", "Q92")
def test_messages_of_one_time_with_numbers_of_their_own_are_parts_and_not_repetitions() -> None:
    power = sample(1, 7000, measurand="Power.Active.Import", unit="W")
    session, events, _ = play_all([begin(seq_no=0), update(1, 1100, seq_no=1), update(1, None, power, seq_no=2)])
    assert (session.energy_wh, session.power_w, len(events)) == (100, 7000, 3)


@pytest.mark.covers("Q81", "TX-32")
def test_numbers_that_begin_anew_after_a_reboot_are_no_gap() -> None:
    story = [begin(seq_no=0), update(1, 1100, seq_no=1), update(2, 1200, seq_no=0), end(3, 1300, seq_no=1)]
    session = play(*story)
    assert (session.energy_wh, session.flags) == (300, ())


@pytest.mark.covers("TX-32")
def test_numbers_that_go_on_over_sessions_are_no_gap() -> None:
    assert play(begin(seq_no=412), update(1, 1100, seq_no=413), end(2, 1200, seq_no=414)).flags == ()


@pytest.mark.covers("TX-33", "Q81")
def test_a_gap_is_told_until_it_is_filled() -> None:
    gappy = play(begin(seq_no=0), end(9, 1900, seq_no=3))
    assert (gappy.phase, gappy.energy_wh, gappy.flags) == (Phase.ENDED, 900, ("gap",))
    filled = play(update(1, 1100, seq_no=1), update(2, 1200, seq_no=2), session=gappy)
    assert (filled.phase, filled.flags) == (Phase.ENDED, ())


@pytest.mark.covers("TX-30", "Q90")
def test_meter_values_are_known_again_in_whatever_message_they_come() -> None:
    voltage = sample(2, 230, measurand="Voltage", unit="V")
    story = [begin(), update(1, 1100), update(2, None, voltage), update(2, None, sample(1, 1100), voltage)]
    _, events, decisions = play_all(story)
    assert len(events) == 3
    assert decisions[-1].outcome.repeated


@pytest.mark.covers("TX-30")
def test_a_message_with_one_new_value_among_known_ones_is_news() -> None:
    session, events, _ = play_all([begin(), update(1, 1100), update(2, None, sample(1, 1100), sample(2, 1200))])
    assert (len(events), session.energy_wh) == (3, 200)


@pytest.mark.covers("TX-26", "Q63", "Q81")
def test_a_session_may_be_heard_of_before_its_begin() -> None:
    early = play(update(3, 1300), update(2, 1200))
    assert (early.phase, early.began_at, early.flags) == (Phase.ACTIVE, at(2), ("begin-missing",))
    begun = play(begin(0, 1000), session=early)
    assert (begun.began_at, begun.energy_wh, begun.flags, begun.number) == (at(0), 300, (), 7)


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


@pytest.mark.covers("TX-36", "Q82")
def test_an_offline_session_is_told_and_counted_like_any_other() -> None:
    session = play(begin(offline=True), update(5, 1200, offline=True), end(10, 1500, offline=True))
    assert (session.energy_wh, session.began_at, session.ended_at) == (500, at(0), at(10))
    assert session.flags == ("offline",)


@pytest.mark.covers("TX-40", "Q44")
def test_a_clock_that_runs_ahead_is_told_and_not_rewritten() -> None:
    session = play(begin(received_at=at(-60)))
    assert (session.began_at, session.flags) == (at(0), ("clock-ahead",))


@pytest.mark.covers("Q80", "TX-27", "TX-28", "Q82")
def test_what_is_told_once_is_kept_from_wherever_it_stood() -> None:
    session = play(
        begin(0, None, token=None, evse=None),
        update(1, 1000, evse=2, token=TOKEN),
        update(2, 1100, connector=1, remote_start_id=5, reservation_id=9),
        update(3, 1200, evse=3),
    )
    assert (session.evse, session.connector, session.token) == (2, 1, TOKEN)
    assert (session.remote_start_id, session.reservation_id) == (5, 9)


@pytest.mark.covers("Q80")
def test_connector_zero_and_unknown_ones_are_kept_as_told() -> None:
    assert play(begin(evse=0)).evse == 0
    assert play(begin(evse=99)).evse == 99


@pytest.mark.covers("Q85", "Q74")
def test_doubts_about_the_meter_stand_with_the_session() -> None:
    session = play(begin(0, 1000), update(1, 200_000), update(2, -5), end(3, 210_000))
    assert (session.energy_wh, session.flags) == (209_000, ("implausible-power", "negative-reading"))


@pytest.mark.covers("Q76", "Q62")
def test_values_of_a_session_nobody_knows_make_a_session() -> None:
    session = play(update(1, 1000, evse=1), update(2, 1100, evse=1), end(3, 1200))
    assert (session.phase, session.energy_wh, session.flags) == (Phase.ENDED, 200, ("begin-missing",))


@pytest.mark.covers("Q88", "Q89")
def test_unreadable_and_signed_values_are_recorded_and_count_nothing() -> None:
    signed = sample(1, None, signed="30820100" * 2000)
    _, events, _ = play_all([begin(), update(1, None, sample(1, None, raw="??"), signed)])
    assert isinstance(events[1], SessionUpdated)
    assert events[1].observation.samples[1].signed == "30820100" * 2000


@pytest.mark.covers("Q71")
def test_repairs_of_messages_stand_with_the_session_by_their_kind() -> None:
    session = play(begin(flags=("coerced:meterStart", "extra:x_foo")))
    assert session.flags == ("coerced", "extra")


@pytest.mark.covers("Q91")
def test_a_silent_meter_has_no_reading_at_all() -> None:
    session = play(begin(0, None))
    assert (session.energy_wh, session.meter_start_wh, session.power_w) == (0, None, None)


def test_rules_change_no_state() -> None:
    before = play(begin(), update(1, 1100))
    seen = (before.energy_wh, before.flags, len(before.memory.known))
    play(update(2, 1200), end(3, 1300), session=before)
    play(update(2, 1900), session=before)
    assert (before.energy_wh, before.flags, len(before.memory.known)) == seen
    assert play(update(2, 1200), session=before).energy_wh == 200


@pytest.mark.covers("TX-30")
def test_the_memory_of_a_long_session_is_bounded_and_its_energy_right() -> None:
    session = play(begin(0, 0), *(update(n / 60, n) for n in range(1, 4000)))
    assert session.energy_wh == 3999
    assert len(session.memory.known) <= 1024
    assert decide(session, begin(0, 0)).outcome.number == 7


def test_an_observation_may_say_nothing_but_that_something_was_heard() -> None:
    session = play(begin())
    assert decide(session, update(1)).events
    assert told(1).samples == ()
