"""When a station may be restarted for what is wanted of it."""

from datetime import UTC, datetime

import pytest

from csms.domain.fleet.configuration import Pending, Restart, Wanted, WantedValue, may_restart_for
from csms.domain.fleet.windows import Window

KEY = ("", "interval")
NIGHT = Restart((Window("01:00", "03:00"),), "Europe/Berlin")


def wanted(restart: Restart | None, value: str = "15") -> dict[tuple[str, str], Wanted]:
    return {KEY: Wanted(WantedValue("Interval", value), "all", restart)}


@pytest.mark.covers("Q96")
@pytest.mark.parametrize(
    ("restart", "hour", "may"),
    [
        (None, 1, False),
        (Restart(), 12, True),
        (NIGHT, 0, True),
        (NIGHT, 1, True),
        (NIGHT, 2, False),
        (NIGHT, 12, False),
    ],
)
def test_a_restart_keeps_to_its_hours_on_its_clock(restart: Restart | None, hour: int, *, may: bool) -> None:
    at = datetime(2026, 1, 5, hour, 30, tzinfo=UTC)
    assert may_restart_for([Pending("CP-1", KEY, "15")], wanted(restart), at) is may


def test_what_is_not_wanted_any_more_is_no_reason() -> None:
    at = datetime(2026, 1, 5, tzinfo=UTC)
    assert not may_restart_for([Pending("CP-1", KEY, "15")], wanted(Restart(), "30"), at)
    assert not may_restart_for([Pending("CP-1", ("", "other"), "15")], wanted(Restart()), at)
    assert not may_restart_for([], wanted(Restart()), at)
