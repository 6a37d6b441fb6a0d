"""One true record of a session, whatever the order, repetition or gaps (Q71, Q72, Q81)."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csms.domain.access import TokenRef
from csms.domain.session.commands import PresumeEnded
from csms.domain.session.state import Phase
from tests.unit.domain.stories import SessionCommand, at, begin, end, play, play_all, record_of, sample, update

STATES = ["EVConnected", "Charging", "SuspendedEV", "Charging", "Idle"]


def old_story() -> list[SessionCommand]:
    """A session of a 1.6 station, 60 messages long, closing values included."""
    power = {"measurand": "Power.Active.Import", "unit": "W"}
    values = [
        update(minute, 1000 + 120 * minute, sample(minute, 7200 + minute, **power), evse=1) for minute in range(1, 58)
    ]
    stop = end(58, 1000 + 120 * 58, sample(57, 1000 + 120 * 57), reason="EVDisconnected", token=TokenRef("04a1b2c3"))
    return [begin(0, 1000, reservation_id=4), *values, stop, update(58.1, 1000 + 120 * 58 + 3)]


def new_story() -> list[SessionCommand]:
    """A session of a 2.x station, 60 messages long, several of them in one second."""
    updates = [
        update(
            minute // 2,
            5000 + 50 * minute,
            seq_no=minute,
            charging_state=STATES[minute % len(STATES)],
            trigger="MeterValuePeriodic",
            token=TokenRef("late") if minute == 9 else None,
            remote_start_id=77 if minute == 3 else None,
            offline=20 < minute < 30,
        )
        for minute in range(1, 59)
    ]
    return [
        begin(0, None, number=None, seq_no=0, token=None, evse=None, trigger="CablePluggedIn"),
        *updates,
        end(30, 8000, seq_no=59, evse=2, connector=1, reason="Remote"),
    ]


STORIES = {"1.6": old_story(), "2.x": new_story()}


@pytest.mark.covers("Q71", "Q81", "TX-30", "TX-33")
@pytest.mark.parametrize("version", STORIES)
def test_a_session_shuffled_hundreds_of_ways_is_one_record(version: str) -> None:
    story = STORIES[version]
    expected = record_of(play(*story))
    shuffler = random.Random(71)
    for _ in range(300):
        shuffled = story.copy()
        shuffler.shuffle(shuffled)
        assert record_of(play(*shuffled)) == expected


@pytest.mark.parametrize("version", STORIES)
def test_the_story_itself_is_told_right(version: str) -> None:
    session = play(*STORIES[version])
    assert session.phase is Phase.ENDED
    if version == "1.6":
        assert (session.energy_wh, session.meter_start_wh, session.meter_stop_wh) == (6963, 1000, 7963)
        assert (session.began_at, session.ended_at, session.reason) == (at(0), at(58), "EVDisconnected")
        assert (session.number, session.reservation_id, session.power_w, session.flags) == (7, 4, 7257, ())
    else:
        assert (session.energy_wh, session.token, session.evse) == (2950, TokenRef("late"), 2)
        assert (session.remote_start_id, session.charging_state, session.reason) == (77, "Charging", "Remote")
        assert session.flags == ("offline",)


@pytest.mark.covers("TX-30", "Q65", "Q66")
@pytest.mark.parametrize("version", STORIES)
def test_repetitions_anywhere_change_nothing_and_write_nothing(version: str) -> None:
    story = STORIES[version]
    expected = record_of(play(*story))
    shuffler = random.Random(30)
    for _ in range(100):
        shuffled = story + shuffler.choices(story, k=60)
        shuffler.shuffle(shuffled)
        session, events, _ = play_all(shuffled)
        assert record_of(session) == expected
        assert len(events) == len(story)


@pytest.mark.covers("Q72", "TX-50")
@pytest.mark.parametrize("version", STORIES)
def test_half_of_the_updates_lost_leave_the_energy_as_it_was(version: str) -> None:
    story = STORIES[version]
    whole = play(*story)
    lot = random.Random(72)
    for _ in range(200):
        middle = [command for command in story[1:-2] if lot.random() < 0.5]
        rest = [story[0], story[1], *middle, *story[-2:]]
        lot.shuffle(rest)
        session = play(*rest)
        assert (session.energy_wh, session.phase, session.ended_at) == (whole.energy_wh, whole.phase, whole.ended_at)


@pytest.mark.covers("Q53", "Q57", "Q64", "Q66")
@pytest.mark.parametrize("with_end", [True, False])
def test_a_presumption_may_come_at_any_time(with_end: bool) -> None:
    presumption = PresumeEnded(at(58.1), "Vacated", at(59))
    story = old_story() if with_end else [*old_story()[:-2], update(58.1, 7963)]
    expected = record_of(play(*story, presumption))
    shuffler = random.Random(53)
    for _ in range(200):
        first, *rest = shuffler.sample(story, len(story))
        rest.insert(shuffler.randrange(len(story)), presumption)
        assert record_of(play(first, *rest)) == expected
    assert expected["estimated"] is not with_end


MINUTES = st.integers(0, 20)
VALUES = st.one_of(st.none(), st.integers(0, 5000), st.just(0))
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "seq_no": st.integers(0, 9),
        "evse": st.integers(1, 2),
        "connector": st.integers(1, 2),
        "token": st.sampled_from([TokenRef("A"), TokenRef("a"), TokenRef("B", "Central")]),
        "trigger": st.sampled_from(["CablePluggedIn", "MeterValuePeriodic"]),
        "charging_state": st.sampled_from(STATES),
        "reservation_id": st.integers(1, 3),
        "remote_start_id": st.integers(1, 3),
    },
)


def odd(minutes: int) -> dict[str, object]:
    """How a message came is no part of what it says, so it follows from it here."""
    return {"offline": minutes % 5 == 1, "flags": ("coerced:evse",) if minutes % 7 == 1 else ()}


ANY_UPDATE = st.builds(
    lambda minutes, wh, members: update(minutes, wh, **odd(minutes), **members), MINUTES, VALUES, MEMBERS
)
ANY_BEGIN = st.builds(
    lambda minutes, wh, members: begin(minutes, wh, **odd(minutes), **members), MINUTES, VALUES, MEMBERS
)
ANY_END = st.builds(
    lambda minutes, wh, reason, members: end(minutes, wh, reason=reason, **odd(minutes), **members),
    MINUTES,
    VALUES,
    st.sampled_from([None, "Remote", "PowerLoss"]),
    MEMBERS,
)


@pytest.mark.covers("Q71", "Q81", "Q82")
@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(ANY_BEGIN, ANY_UPDATE, ANY_UPDATE, ANY_END), min_size=1, max_size=12).flatmap(
        lambda story: st.tuples(st.just(story), st.permutations(story), st.lists(st.sampled_from(story), max_size=5))
    )
)
def test_any_messages_at_all_make_one_record_in_any_order(
    orders: tuple[list[SessionCommand], list[SessionCommand], list[SessionCommand]],
) -> None:
    story, shuffled, again = orders
    assert record_of(play(*story)) == record_of(play(*shuffled)) == record_of(play(*shuffled, *again))
