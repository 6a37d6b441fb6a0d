"""What a station's record makes of its security events."""

import pytest

from csms.domain.station.commands import ReportNotice
from csms.domain.station.events import NoticeKept
from csms.domain.station.security import CRITICAL, ReportSecurityEvent, SecurityEventTold, is_critical
from csms.domain.station.state import Station
from tests.unit.domain.stories import at
from tests.unit.domain.test_station_rules import tell


def said(kind: str, minutes: float, info: str | None = None, received: float | None = None) -> ReportSecurityEvent:
    return ReportSecurityEvent(kind, at(minutes), at(minutes if received is None else received), info, "the frame")


@pytest.mark.covers("SEC-60", "16-SEC-09")
def test_an_event_of_any_type_is_kept_with_both_its_times() -> None:
    _, events = tell(Station(), said("NobodyKnowsThis", 1, "port 5", received=90))
    assert events == [SecurityEventTold("NobodyKnowsThis", at(1), at(90), "port 5", critical=False)]


@pytest.mark.covers("SEC-60")
def test_an_event_that_is_told_again_is_the_same_and_what_differs_is_another() -> None:
    _, events = tell(
        Station(),
        said("InvalidMessages", 1, "a"),
        said("InvalidMessages", 1, "a", received=2),
        said("InvalidMessages", 1, "b"),
        said("InvalidMessages", 2, "a"),
        said("InvalidTLSVersion", 1, "a"),
        said("InvalidMessages", 1, "b", received=3),
    )
    assert [(event.kind, event.at, event.info) for event in events] == [
        ("InvalidMessages", at(1), "a"),
        ("InvalidMessages", at(1), "b"),
        ("InvalidMessages", at(2), "a"),
        ("InvalidTLSVersion", at(1), "a"),
    ]


@pytest.mark.covers("SEC-60")
@pytest.mark.parametrize("kind", ["TamperDetectionActivated", "tamperdetectionactivated ", "ResetOrReboot"])
def test_types_that_cannot_wait_are_known_however_they_are_written(kind: str) -> None:
    assert is_critical(kind)
    assert not is_critical("InvalidChargePointCertificate")
    assert {word for word in CRITICAL if word == word.casefold()} == CRITICAL


@pytest.mark.covers("Q116", "SEC-60")
def test_a_flood_hides_nothing_that_is_critical() -> None:
    flood = [said("InvalidMessages", 0, str(n), received=n / 600) for n in range(300)]
    station, events = tell(Station(), *flood)
    kept = [event for event in events if isinstance(event, SecurityEventTold)]
    words = [event for event in events if isinstance(event, NoticeKept)]
    assert (len(kept), len(words)) == (121, 1)
    assert words[0].review is not None
    station, events = tell(station, said("TamperDetectionActivated", 0, received=0.6))
    assert [event.critical for event in events] == [True]
    assert tell(station, ReportNotice("DataTransfer", "{}", at(0.7)))[1] == []
    assert len(tell(station, said("InvalidMessages", 5, "later"))[1]) == 1


def test_a_novel_is_kept_as_far_as_there_is_room() -> None:
    (event,) = tell(Station(), said("T" * 5000, 1, "x" * 100_000))[1]
    assert (len(event.kind), len(event.info)) == (100, 1000)
