"""What a station was sent for, and how it is followed whatever the station says of it."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.command import Command, Event
from csms.domain.station.commands import BootReport, CloseCall, RecordBoot, Registration
from csms.domain.station.decide import DECIDERS
from csms.domain.station.errands import AnswerErrand, AskErrand, Errand, Kind, News, ReportProgress, Stage
from csms.domain.station.evolve import evolve
from csms.domain.station.following import MOST_TOLD, REMEMBERED
from csms.domain.station.state import Station

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def tell(station: Station, *commands: Command[Any]) -> tuple[Station, list[Event]]:
    events: list[Event] = []
    for command in commands:
        for event in DECIDERS[type(command)](station, command).events:
            events.append(event)
            station = evolve(station, event)
    return station, events


def story(*commands: Command[Any]) -> Station:
    return tell(Station(), *commands)[0]


def boot(version: str | None, minute: float = 0) -> RecordBoot:
    return RecordBoot(BootReport("V", "M", firmware=version), Registration.ACCEPTED, at(minute))


def ask(errand: str = "e1", kind: Kind = Kind.FIRMWARE, number: int | None = None) -> AskErrand:
    return AskErrand(errand, kind, "Anything", at(1), number)


def accept(errand: str = "e1", **more: Any) -> AnswerErrand:
    return AnswerErrand(errand, accepted=True, status="Accepted", at=at(2), **more)


def refuse(errand: str = "e1") -> AnswerErrand:
    return AnswerErrand(errand, accepted=False, status="Rejected", at=at(2))


NEWS_OF = {"Installed": News.SUCCEEDED, "Uploaded": News.SUCCEEDED, "Idle": News.IDLE, "Canceled": News.CANCELED}


def progress(status: str, number: int | None = None, kind: Kind = Kind.FIRMWARE, minute: float = 3) -> ReportProgress:
    news = News.FAILED if status.endswith("Failed") else NEWS_OF.get(status, News.UNDER_WAY)
    return ReportProgress(kind, status, at(minute), number, news)


def errand(station: Station, name: str = "e1") -> Errand:
    return next(one for one in station.errands if one.id == name)


@pytest.mark.covers("16-FW-01", "16-FW-02")
def test_an_errand_goes_from_asked_to_its_end() -> None:
    stages = []
    station = Station()
    for step in (ask(), accept(), progress("Downloading"), progress("Installing"), progress("Installed")):
        station, _ = tell(station, step)
        stages.append(errand(station).stage)
    assert stages == ["asked", "running", "running", "running", "succeeded"]


@pytest.mark.covers("16-SEC-08")
def test_a_refusal_is_kept_in_the_stations_word() -> None:
    assert (errand(story(ask(), refuse())).stage, errand(story(ask(), refuse())).status) == ("refused", "Rejected")


@pytest.mark.parametrize(
    ("outcome", "code", "stage", "status"),
    [
        ("TimedOut", None, "unanswered", "TimedOut"),
        ("Disconnected", None, "unanswered", "Disconnected"),
        ("Error", "NotSupported", "refused", "NotSupported"),
        ("Answered", None, "asked", None),
    ],
)
@pytest.mark.covers("16-SEC-12", "Q102")
def test_how_the_call_ended_is_how_the_errand_stands(
    outcome: str, code: str | None, stage: str, status: str | None
) -> None:
    found = errand(story(ask(), CloseCall("e1", outcome, at(2), None, code)))
    assert (found.stage, found.status) == (stage, status)


@pytest.mark.covers("Q102", "Q29")
def test_a_late_answer_and_progress_before_it_are_believed() -> None:
    assert errand(story(ask(), CloseCall("e1", "TimedOut", at(2)), accept())).stage == "running"
    late = story(ask(), progress("Uploading", kind=Kind.FIRMWARE), progress("Installed"), accept())
    assert errand(late).stage == "succeeded"


@pytest.mark.covers("16-SEC-07", "Q111")
def test_a_number_names_its_errand_and_only_that() -> None:
    station = story(ask("e1", Kind.LOG, 1), accept("e1"), ask("e2", Kind.LOG, 2), accept("e2"))
    station, events = tell(station, progress("Uploaded", 1, Kind.LOG), progress("Uploading", 9, Kind.LOG))
    assert (errand(station, "e1").stage, errand(station, "e2").stage) == ("succeeded", "running")
    assert [event.errand_id for event in events] == ["e1", None]


@pytest.mark.covers("Q111")
def test_a_status_without_a_number_is_of_the_youngest_that_goes_on() -> None:
    station = story(ask("e1", number=1), accept("e1"), ask("e2", number=2), refuse("e2"))
    station, _ = tell(station, progress("Downloading"), progress("Installed"))
    assert (errand(station, "e1").stage, errand(station, "e2").stage) == ("succeeded", "refused")


@pytest.mark.covers("16-FW-02", "16-SEC-07", "Q111")
def test_idle_unasked_is_about_nothing() -> None:
    station, events = tell(story(ask(), accept(), progress("Downloading")), progress("Idle"))
    assert (errand(station).stage, errand(station).status) == ("running", "Downloading")
    assert [(event.status, event.errand_id) for event in events] == [("Idle", None)]


@pytest.mark.covers("Q111")
@pytest.mark.parametrize("order", list(permutations(["Downloading", "Downloaded", "Installing", "Installed"])))
def test_statuses_out_of_order_end_in_success_all_the_same(order: tuple[str, ...]) -> None:
    assert errand(story(ask(), accept(), *map(progress, order))).stage == "succeeded"


@pytest.mark.covers("Q111", "16-FW-05")
def test_a_failure_may_be_tried_again_by_the_station() -> None:
    tried = [progress("DownloadFailed"), progress("Downloading"), progress("Installed")]
    assert errand(story(ask(), accept(), tried[0])).stage == "failed"
    assert errand(story(ask(), accept(), *tried)).stage == "succeeded"


@pytest.mark.covers("Q58", "Q111")
def test_a_flood_is_bounded_whatever_it_says_and_its_end_is_heard() -> None:
    words = ["Downloading", "Downloaded"] * 500
    station, events = tell(story(ask(), accept()), *map(progress, words), progress("Installed"))
    assert len(events) == MOST_TOLD + 1
    assert errand(station).stage == "succeeded"


@pytest.mark.covers("Q111")
def test_a_boot_with_another_version_is_an_installation_that_nobody_told() -> None:
    station, events = tell(
        story(boot("1.0"), ask(), accept(), progress("Downloading")), boot("2.0", 20), boot("2.0", 40)
    )
    found = errand(station)
    assert (found.stage, found.version, found.found, found.presumed) == ("succeeded", "1.0", "2.0", True)
    assert [type(event).__name__ for event in events].count("FirmwareFound") == 1
    assert errand(tell(station, progress("Installed"))[0]).presumed is False
    assert errand(tell(station, progress("InstallationFailed"))[0]).stage == "failed"
    assert errand(tell(station, progress("Installing"))[0]).presumed is True


@pytest.mark.covers("16-FW-03", "Q111")
def test_a_boot_with_the_same_version_says_nothing_of_an_update_that_goes_on() -> None:
    station = story(boot("1.0"), ask(), accept(), progress("Installing"), boot("1.0", 20))
    assert errand(station).stage == "running"
    assert errand(tell(station, progress("InstallationFailed"))[0]).stage == "failed"


@pytest.mark.covers("16-FW-03", "16-SEC-08")
def test_the_version_after_a_told_success_is_what_the_next_boot_says() -> None:
    told = story(boot("1.0"), ask(), accept(), progress("Installed"))
    for version in ("1.0", "2.0"):
        found = errand(tell(told, boot(version, 20))[0])
        assert (found.found, found.presumed, found.stage) == (version, False, "succeeded")


@pytest.mark.parametrize("end", [refuse(), progress("DownloadFailed")])
def test_a_boot_makes_no_success_of_what_was_refused_or_failed(end: Command[Any]) -> None:
    station = story(boot("1.0"), ask(), end, boot("2.0", 20))
    assert errand(station).stage in {"refused", "failed"}
    assert errand(station).found is None


@pytest.mark.covers("16-SEC-07", "16-SEC-08")
def test_accepted_canceled_ends_the_one_before_and_what_it_says_after_that_is_late() -> None:
    station = story(ask("e1", Kind.LOG, 1), accept("e1"), ask("e2", Kind.LOG, 2), accept("e2", cancels=True))
    assert (errand(station, "e1").stage, errand(station, "e2").stage) == ("canceled", "running")
    for late in ("Canceled", "Uploading", "UploadFailed"):
        assert errand(tell(station, progress(late, 1, Kind.LOG))[0], "e1").stage == "canceled"
    assert errand(tell(station, progress("Uploaded", 1, Kind.LOG))[0], "e1").stage == "succeeded"


def test_an_errand_that_nobody_can_tell_from_a_younger_one_is_superseded() -> None:
    station = story(ask("e1"), accept("e1"), ask("e2", Kind.DIAGNOSTICS), accept("e2"), ask("e3"), accept("e3"))
    assert [one.stage for one in station.errands] == ["superseded", "running", "running"]


def test_a_station_keeps_the_last_few_in_mind() -> None:
    station = story(*(ask(f"e{n}", number=n) for n in range(9)))
    assert [one.id for one in station.errands] == [f"e{n}" for n in range(9 - REMEMBERED, 9)]
    assert tell(station, accept("e0"))[1] == []


STEPS = st.sampled_from(
    [
        ask("e1"),
        ask("e2", number=5),
        accept("e1"),
        accept("e2", cancels=True),
        refuse("e1"),
        boot("1.0"),
        boot("2.0", 20),
        CloseCall("e1", "TimedOut", at(2)),
        *(
            progress(word, number)
            for word in ("Downloading", "Installed", "DownloadFailed", "Idle")
            for number in (None, 5)
        ),
    ]
)


@given(st.lists(STEPS, max_size=40))
def test_whatever_comes_a_told_success_is_never_taken_back(steps: list[Command[Any]]) -> None:
    station = Station()
    for step in steps:
        before = {one.id: one for one in station.errands}
        station, events = tell(station, step)
        assert len(station.errands) <= REMEMBERED
        assert len(events) <= 1 + REMEMBERED
        for one in station.errands:
            known = before.get(one.id)
            asked_again = isinstance(step, AskErrand) and step.errand_id == one.id
            refused = isinstance(step, AnswerErrand) and not step.accepted
            if known and known.stage == Stage.SUCCEEDED and not known.presumed and not asked_again and not refused:
                assert one.stage == Stage.SUCCEEDED
