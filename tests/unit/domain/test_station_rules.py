"""What a station's record makes of boots, statuses, floods and old news."""

import random
from datetime import timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from csms.domain.command import Command, Event
from csms.domain.station.commands import (
    BootReport,
    CloseCall,
    IssueCall,
    RecordBoot,
    Registration,
    ReportMeter,
    ReportNotice,
    ReportStatus,
    ReportVariable,
    ReportVariables,
)
from csms.domain.station.decide import DECIDERS
from csms.domain.station.errands import ReportProgress
from csms.domain.station.events import CallClosed, CallIssued, NoticeKept, StationBooted, VariablesReported
from csms.domain.station.evolve import evolve
from csms.domain.station.state import Station
from tests.unit.domain.stories import at, sample

REPORT = BootReport("ABB", "Terra AC", serial="S1", firmware="1.8.21", reason="PowerUp")


def tell(station: Station, *commands: Command[object]) -> tuple[Station, list[Event]]:
    events: list[Event] = []
    for command in commands:
        for event in DECIDERS[type(command)](station, command).events:
            events.append(event)
            station = evolve(station, event)
    return station, events


def status(minutes: float, word: str, *, received: float | None = None, **members: object) -> ReportStatus:
    evse, connector = members.pop("evse", 1), members.pop("connector", 1)
    return ReportStatus(evse, connector, word, at(minutes), at(minutes if received is None else received), **members)


def current(station: Station, evse: int = 1, connector: int = 1) -> str:
    return dict(station.connectors)[evse, connector].status


def boot(minutes: float, report: BootReport = REPORT, policy: Registration = Registration.ACCEPTED) -> RecordBoot:
    return RecordBoot(report, policy, at(minutes))


@pytest.mark.covers("BOOT-01", "BOOT-15")
@pytest.mark.parametrize("policy", list(Registration))
def test_a_boot_is_answered_as_the_operator_wants_and_written_down(policy: Registration) -> None:
    decision = DECIDERS[RecordBoot](Station(), boot(0, policy=policy))
    assert decision.outcome is policy
    assert decision.events == (StationBooted(REPORT, policy, at(0)),)


@pytest.mark.covers("BOOT-17", "Q49", "Q51")
def test_ten_boots_a_second_are_all_answered_and_hardly_written() -> None:
    boots = [boot(n / 600) for n in range(600)]
    _, events = tell(Station(), *boots)
    assert len(events) <= 7
    assert DECIDERS[RecordBoot](tell(Station(), *boots)[0], boots[-1]).outcome is Registration.ACCEPTED


@pytest.mark.covers("Q51")
def test_a_boot_every_20_seconds_is_written_each_time() -> None:
    assert len(tell(Station(), *(boot(n / 3) for n in range(6)))[1]) == 6


@pytest.mark.covers("Q51", "BOOT-17")
def test_the_same_boot_over_another_connection_is_a_restart_however_quick() -> None:
    boots = [replace(boot(n / 60), line_since=at(since / 60)) for n, since in ((0, 0), (1, 0), (3, 2), (4, 2))]
    assert [event.at for event in tell(Station(), *boots)[1]] == [at(0), at(3 / 60)]


@pytest.mark.covers("BOOT-07")
def test_a_new_policy_is_written_at_once() -> None:
    station, events = tell(Station(), boot(0, policy=Registration.PENDING), boot(0.01))
    assert (len(events), station.registration) == (2, Registration.ACCEPTED)


@pytest.mark.covers("Q54")
@pytest.mark.parametrize("member", ["vendor", "model", "serial", "firmware"])
def test_other_boot_data_under_the_same_name_are_accepted_and_told(member: str) -> None:
    other = BootReport(**{**{name: getattr(REPORT, name) for name in REPORT.__struct_fields__}, member: "other"})
    _, events = tell(Station(), boot(0), boot(0.01, other))
    assert [event.replaced for event in events] == [False, True]


@pytest.mark.covers("Q54", "BOOT-15")
def test_another_reason_is_another_boot_of_the_same_station() -> None:
    other = BootReport("ABB", "Terra AC", serial="S1", firmware="1.8.21", reason="Triggered")
    assert [event.replaced for event in tell(Station(), boot(0), boot(5, other))[1]] == [False, False]


@pytest.mark.covers("BOOT-17", "BOOT-13")
def test_a_boot_resets_no_status() -> None:
    assert current(tell(Station(), status(0, "Charging"), boot(1))[0]) == "Charging"


@pytest.mark.covers("Q56")
def test_any_status_may_follow_any_other() -> None:
    words = ["Available", "Preparing", "Charging", "SuspendedEV", "Finishing"]
    for order in permutations(words):
        station, events = tell(Station(), *(status(n, word) for n, word in enumerate(order)))
        assert (len(events), current(station)) == (5, order[-1])


@pytest.mark.covers("Q58")
def test_20_equal_statuses_a_second_for_10_minutes_are_one_row() -> None:
    flood = (status(n / 1200, "Available") for n in range(12_000))
    assert len(tell(Station(), *flood)[1]) == 1


@pytest.mark.covers("Q58")
@pytest.mark.parametrize("errand", ["firmware", "diagnostics", "log"])
def test_a_flood_of_equal_progress_is_one_row(errand: str) -> None:
    flood = [ReportProgress(errand, "Uploading", at(n / 600), 4) for n in range(600)]
    _, events = tell(Station(), *flood, ReportProgress(errand, "Uploaded", at(9), 4), flood[0])
    assert [event.status for event in events] == ["Uploading", "Uploaded", "Uploading"]


@pytest.mark.covers("Q58")
def test_progress_of_another_errand_or_request_is_news() -> None:
    one, other = ReportProgress("log", "Uploading", at(0), 1), ReportProgress("log", "Uploading", at(1), 2)
    assert len(tell(Station(), one, other, ReportProgress("firmware", "Idle", at(2)), other)[1]) == 3


@pytest.mark.covers("Q59")
def test_statuses_of_a_burst_are_taken_in_the_order_in_which_they_come() -> None:
    station, events = tell(
        Station(), *(status(-n, word, received=0) for n, word in enumerate(("Charging", "Preparing", "Available")))
    )
    assert current(station) == "Available"
    assert [event.current for event in events] == [True, True, True]


@pytest.mark.covers("Q59")
def test_a_replayed_status_is_history_and_never_the_present() -> None:
    station, events = tell(Station(), status(60, "Charging"), status(-2880, "Available", received=60))
    assert current(station) == "Charging"
    assert [event.current for event in events] == [True, False]


@pytest.mark.covers("Q59")
def test_reports_that_go_back_in_small_steps_do_not_carry_the_present_along() -> None:
    words = ["Charging", "Preparing", "Available", "Finishing"]
    station, events = tell(Station(), *(status(60 - 4 * n, words[n], received=60) for n in range(4)))
    assert [event.current for event in events] == [True, True, False, False]
    assert current(station) == "Preparing"


@pytest.mark.covers("Q59", "Q58")
def test_a_flood_of_old_statuses_is_written_once() -> None:
    old = [status(minute, word, received=600) for minute, word in ((1, "Available"), (2, "Preparing"), (3, "Faulted"))]
    flood = random.Random(59).choices(old, k=500)
    _, events = tell(Station(), status(600, "Charging"), *old, *flood)
    assert len(events) == 4


@pytest.mark.covers("Q59", "Q44")
def test_a_status_dated_in_the_future_does_not_hide_what_comes_after() -> None:
    station, _ = tell(Station(), status(2880, "Charging", received=0), status(1, "Available"))
    assert current(station) == "Available"


@pytest.mark.covers("Q59")
def test_the_first_status_is_the_present_however_old_it_says_it_is() -> None:
    assert current(tell(Station(), status(-100_000, "Available", received=0))[0]) == "Available"


@pytest.mark.covers("Q55")
def test_the_station_itself_is_a_row_of_its_own() -> None:
    station, events = tell(
        Station(),
        status(0, "Unavailable", evse=0, connector=0),
        status(0, "Available"),
        status(0, "Available", evse=2),
    )
    assert len(events) == 3
    assert current(station, 0, 0) == "Unavailable"
    assert [key for key, _ in station.connectors] == [(0, 0), (1, 1), (2, 1)]


@pytest.mark.covers("Q83")
def test_connector_1_of_each_of_four_evses_is_four_connectors() -> None:
    words = ("Available", "Occupied", "Faulted", "Unavailable")
    station, _ = tell(Station(), *(status(0, word, evse=n) for n, word in enumerate(words, 1)))
    assert tuple(current(station, evse) for evse in (1, 2, 3, 4)) == words


@pytest.mark.covers("Q60")
def test_error_and_vendor_texts_are_news_and_kept_untouched() -> None:
    info = '{"code":"0b1010' + "1" * 80 + '"}'
    station, events = tell(
        Station(),
        status(0, "Finishing", error="NoError"),
        status(1, "Finishing", error="OtherError"),
        status(2, "Finishing", error="OtherError", info=info, vendor="EN+", vendor_error="0x1"),
        status(3, "Faulted", error="NoError"),
    )
    assert len(events) == 4
    assert (events[2].info, events[2].vendor, events[2].vendor_error) == (info, "EN+", "0x1")
    assert current(station) == "Faulted"


@pytest.mark.covers("TX-52", "Q90", "TX-30")
def test_meter_values_outside_of_sessions_are_kept_once() -> None:
    command = ReportMeter(0, (sample(0, 10, context="Sample.Clock"),), at(0))
    again = ReportMeter(0, (sample(0, 10, context="Sample.Clock"),), at(5))
    other = ReportMeter(1, (sample(0, 10, context="Sample.Clock"),), at(5))
    assert len(tell(Station(), command, again, other)[1]) == 2
    assert tell(Station(), ReportMeter(1, (), at(0)))[1] == []


def test_notices_variables_and_calls_are_kept_as_they_are() -> None:
    variables = (ReportVariable("", "HeartbeatInterval", "300"),)
    _, events = tell(
        Station(),
        ReportNotice("DataTransfer", '[2,"1","DataTransfer",{}]', at(0), review="why"),
        ReportVariables(variables, at(0), request_id=1, seq_no=0, last=False),
        IssueCall("c1", "Reset", '{"type":"Soft"}', at(0), "ann"),
        CloseCall("c1", "Answered", at(1), '{"status":"Accepted"}'),
    )
    assert events == [
        NoticeKept("DataTransfer", '[2,"1","DataTransfer",{}]', at(0), "why"),
        VariablesReported(variables, at(0), 1, 0, last=False),
        CallIssued("c1", "Reset", '{"type":"Soft"}', at(0), "ann"),
        CallClosed("c1", "Answered", at(1), '{"status":"Accepted"}'),
    ]


def test_the_record_of_a_station_stays_small() -> None:
    lot = random.Random(1)
    words = ["Available", "Charging", "Finishing"]
    commands = [status(lot.uniform(-500, 500), lot.choice(words), received=n / 60, error=str(n)) for n in range(3000)]
    meters = [ReportMeter(1, (sample(n, n),), at(n)) for n in range(100)]
    station, _ = tell(Station(), *commands, *meters)
    assert len(station.connectors) == len(station.replays) == 1
    assert len(station.replays[0][1].told) <= 8
    assert len(station.meter_marks) <= 8
    assert at(0) + timedelta(minutes=500) >= station.replays[0][1].newest_at
