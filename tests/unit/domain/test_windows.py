"""When windows are open."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.fleet.windows import DAYS, Window, is_open, opens_at

CLOCKS = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
WINDOWS = st.lists(
    st.builds(Window, CLOCKS, CLOCKS, st.lists(st.sampled_from(DAYS), unique=True).map(tuple)), min_size=1, max_size=3
)
TIMES = st.integers(0, 60 * 24 * 400).map(lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes))
ZONES = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata"), timezone(timedelta(hours=-9))])

MONDAY_NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NIGHT = Window("22:00", "05:00")


@given(WINDOWS, TIMES, ZONES)
def test_a_window_opens_within_eight_days_and_is_open_then(
    windows: list[Window], now: datetime, zone: timezone
) -> None:
    opens = max(now, opens_at(windows, now, zone))
    assert opens - now < timedelta(days=8)
    assert is_open(windows, opens, zone)
    if opens > now:
        assert not is_open(windows, now, zone)
        assert not is_open(windows, now + (opens - now) / 2, zone)


def test_no_windows_are_always_open() -> None:
    assert is_open([], MONDAY_NOON, UTC)
    assert opens_at([], MONDAY_NOON, UTC) == MONDAY_NOON


@pytest.mark.parametrize(
    ("hour", "minute", "open_then"),
    [(21, 59, False), (22, 0, True), (23, 59, True), (0, 0, True), (4, 59, True), (5, 0, False)],
)
def test_a_window_over_midnight_ends_on_the_next_day(hour: int, minute: int, open_then: bool) -> None:
    assert is_open([NIGHT], MONDAY_NOON.replace(hour=hour, minute=minute), UTC) is open_then


def test_the_days_are_those_on_which_it_begins() -> None:
    sunday_night = Window("22:00", "05:00", ("sun",))
    assert is_open([sunday_night], MONDAY_NOON.replace(hour=3), UTC), "that of yesterday"
    assert opens_at([sunday_night], MONDAY_NOON, UTC) == datetime(2026, 3, 8, 22, 0, tzinfo=UTC)


def test_equal_times_are_a_whole_day() -> None:
    assert is_open([Window("06:00", "06:00")], MONDAY_NOON, UTC)


def test_the_clock_is_that_of_the_place() -> None:
    window = [Window("12:30", "13:30")]
    assert not is_open(window, MONDAY_NOON, UTC)
    assert is_open(window, MONDAY_NOON, ZoneInfo("Europe/Berlin"))
