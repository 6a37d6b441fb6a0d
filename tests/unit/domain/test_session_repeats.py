"""What a session has heard before counts once, and what is missing is told."""

import pytest

from csms.domain.session.state import Phase
from tests.unit.domain.stories import at, begin, decide, end, play, play_all, sample, update


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


@pytest.mark.covers("TX-30")
def test_the_memory_of_a_long_session_is_bounded_and_its_energy_right() -> None:
    session = play(begin(0, 0), *(update(n / 60, n) for n in range(1, 4000)))
    assert session.energy_wh == 3999
    assert len(session.memory.known) <= 1024
    assert decide(session, begin(0, 0)).outcome.number == 7
