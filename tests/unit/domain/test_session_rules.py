"""What a session makes of the odd things that stations tell."""

import pytest

from csms.domain.session.events import SessionUpdated
from csms.domain.session.state import Phase
from tests.unit.domain.stories import TOKEN, at, begin, decide, end, play, play_all, sample, told, update


@pytest.mark.covers("TX-26", "Q63", "Q81")
def test_a_session_may_be_heard_of_before_its_begin() -> None:
    early = play(update(3, 1300), update(2, 1200))
    assert (early.phase, early.began_at, early.flags) == (Phase.ACTIVE, at(2), ("begin-missing",))
    begun = play(begin(0, 1000), session=early)
    assert (begun.began_at, begun.energy_wh, begun.flags, begun.number) == (at(0), 300, (), 7)


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


def test_an_observation_may_say_nothing_but_that_something_was_heard() -> None:
    session = play(begin())
    assert decide(session, update(1)).events
    assert told(1).samples == ()
