"""When the house closes a session whose end nobody told."""

from datetime import timedelta

import pytest

from csms.domain.access import TokenRef
from csms.domain.session.state import Phase, Session
from csms.domain.session.suspicion import lapsed, superseded_by
from csms.domain.station.commands import BootReport, RecordBoot, Registration, ReportStatus
from csms.domain.station.decide import DECIDERS
from csms.domain.station.evolve import evolve
from csms.domain.station.state import Station
from tests.unit.domain.stories import at, begin, end, play, update

REPORT = BootReport("Grizzl-E", "Smart")


def reported(*statuses: tuple[float, str], booted: float | None = None, evse: int = 1, connector: int = 1) -> Station:
    station = Station()
    commands = [ReportStatus(evse, connector, status, at(minute), at(minute)) for minute, status in statuses]
    if booted is not None:
        commands.insert(0, RecordBoot(REPORT, Registration.ACCEPTED, at(booted)))
    for command in commands:
        for event in DECIDERS[type(command)](station, command).events:
            station = evolve(station, event)
    return station


def going() -> Session:
    return play(begin(0, 1000), update(10, 1500))


@pytest.mark.covers("Q64", "TX-22")
def test_a_later_begin_on_the_same_evse_closes_the_older_at_its_last_word() -> None:
    presumption = superseded_by(going(), begin(20, 1800))
    assert presumption is not None
    session = play(presumption, session=going())
    assert (session.phase, session.ended_at, session.energy_wh) == (Phase.ENDED, at(10), 500)
    assert (session.estimated, session.reason) == (True, "Superseded")


@pytest.mark.covers("Q64")
def test_three_starts_in_a_row_leave_one_open_session() -> None:
    sessions: list[Session] = []
    for minute in (0, 10, 20):
        start = begin(minute, 1000 + minute, token=TokenRef("T"))
        older = [superseded_by(session, start) for session in sessions]
        sessions = [
            play(one, session=session) if one else session for session, one in zip(sessions, older, strict=True)
        ]
        sessions.append(play(start))
    assert [session.phase for session in sessions] == [Phase.ENDED, Phase.ENDED, Phase.ACTIVE]
    assert [session.estimated for session in sessions] == [True, True, False]


@pytest.mark.covers("Q64", "Q71")
def test_an_old_begin_that_comes_late_closes_nothing() -> None:
    assert superseded_by(going(), begin(-60, 800, received_at=at(11))) is None
    assert superseded_by(going(), begin(10, 800)) is None


@pytest.mark.covers("Q64", "Q83")
def test_a_begin_on_another_evse_closes_nothing() -> None:
    assert superseded_by(going(), begin(20, 0, evse=2)) is None
    assert superseded_by(play(begin(evse=None)), begin(20, 0, evse=None)) is None


def test_a_begin_closes_no_session_that_has_ended() -> None:
    assert superseded_by(play(begin(), end(5, 1100)), begin(20)) is None


@pytest.mark.covers("Q44", "Q64")
def test_a_session_of_a_clock_that_ran_ahead_can_be_closed_all_the_same() -> None:
    ahead = play(begin(600, received_at=at(0)))
    presumption = superseded_by(ahead, begin(20))
    assert presumption is not None
    assert presumption.at == at(20)
    assert play(presumption, session=ahead).phase is Phase.ENDED
    freed = lapsed(ahead, reported((30, "Available")), at(32))
    assert freed is not None
    assert play(freed, session=ahead).phase is Phase.ENDED


@pytest.mark.covers("Q57")
def test_a_connector_that_stays_available_closes_its_session_after_a_while() -> None:
    station = reported((0, "Charging"), (11, "Available"))
    assert lapsed(going(), station, at(11.5)) is None
    presumption = lapsed(going(), station, at(12))
    assert presumption is not None
    session = play(presumption, session=going())
    assert (session.ended_at, session.reason, session.estimated) == (at(10), "Vacated", True)


@pytest.mark.covers("Q57")
def test_available_just_before_the_stop_leaves_the_stop_its_place() -> None:
    station = reported((11, "Available"))
    assert lapsed(going(), station, at(11) + timedelta(seconds=2)) is None
    session = play(end(11.05, 1600), session=going())
    assert lapsed(session, station, at(30)) is None
    assert (session.energy_wh, session.estimated) == (600, False)


@pytest.mark.covers("Q56", "Q57")
def test_a_station_that_says_available_and_then_goes_on_metering_keeps_its_session() -> None:
    session = play(update(12, 1700), session=going())
    assert lapsed(session, reported((11, "Available")), at(60)) is None


@pytest.mark.covers("Q57", "Q71")
def test_queued_values_of_before_do_not_reopen_and_later_ones_do() -> None:
    presumption = lapsed(going(), reported((20, "Available")), at(22))
    closed = play(presumption, session=going())
    assert play(update(15, 1700), session=closed).phase is Phase.ENDED
    assert play(update(25, 1900), session=closed).phase is Phase.ACTIVE


@pytest.mark.covers("Q57")
@pytest.mark.parametrize("status", ["Charging", "SuspendedEV", "Finishing", "Preparing", "Occupied", "Faulted"])
def test_any_other_status_closes_nothing(status: str) -> None:
    assert lapsed(going(), reported((11, status)), at(600)) is None


@pytest.mark.covers("Q83")
def test_an_evse_is_free_when_all_of_its_connectors_are() -> None:
    one, other = reported((11, "Available")), reported((11, "Occupied"), connector=2)
    both = Station(connectors=one.connectors + other.connectors)
    assert lapsed(going(), both, at(60)) is None
    assert lapsed(going(), reported((11, "Available"), evse=2), at(60)) is None


@pytest.mark.covers("Q53", "TX-24", "BOOT-16")
def test_a_boot_alone_closes_nothing() -> None:
    assert lapsed(going(), reported(booted=11), at(600)) is None
    assert lapsed(going(), reported((10.5, "Charging"), (11.5, "Charging"), booted=11), at(600)) is None


@pytest.mark.covers("Q53")
def test_a_station_that_waits_for_a_session_long_after_a_boot_has_lost_the_old_one() -> None:
    station = reported((12, "Preparing"), booted=11)
    assert lapsed(going(), station, at(20)) is None
    presumption = lapsed(going(), station, at(27))
    assert presumption is not None
    assert (presumption.cause, presumption.at) == ("Abandoned", at(10))


@pytest.mark.covers("Q53")
def test_after_a_boot_the_session_may_go_on() -> None:
    session = play(update(13, 1700), session=going())
    assert lapsed(session, reported((12, "Preparing"), booted=11), at(600)) is None


@pytest.mark.covers("Q53", "TX-24")
def test_after_a_boot_the_stop_may_come_minutes_later() -> None:
    presumption = lapsed(going(), reported((12, "Available"), booted=11), at(14))
    session = play(presumption, end(10.5, 1510, reason="PowerLoss"), session=going())
    assert (session.estimated, session.reason, session.ended_at, session.energy_wh) == (
        False,
        "PowerLoss",
        at(10.5),
        510,
    )
