"""When something may be done to stations: hours of some days, on the clock of one place."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal

from msgspec import Meta, Struct

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clock = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
WEEK = 8


class Window(Struct, frozen=True, forbid_unknown_fields=True, rename={"begins": "from", "ends": "to"}):
    """From one time of day to another; `to` before `from` (or equal to it) ends on the next day.

    `days` are those on which it begins; none named means every day.
    """

    begins: Clock
    ends: Clock
    days: tuple[Day, ...] = ()


def is_open(windows: Sequence[Window], now: datetime, zone: tzinfo) -> bool:
    """Whether one of the windows is open; no windows mean always."""
    return not windows or opens_at(windows, now, zone) <= now


def opens_at(windows: Sequence[Window], now: datetime, zone: tzinfo) -> datetime:
    """Return when the next window opens; a time that is not after `now` if one is open, `now` if there are none."""
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=ahead) for ahead in range(-1, WEEK)]
    begins = [
        begin
        for window in windows
        for day in days
        if not window.days or DAYS[day.weekday()] in window.days
        for begin, end in [_span(window, day, zone)]
        if end > now
    ]
    return min(begins, default=now)


def _span(window: Window, day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    begins, ends = _time(window.begins), _time(window.ends)
    last_day = day + timedelta(days=1) if ends <= begins else day
    return datetime.combine(day, begins, zone), datetime.combine(last_day, ends, zone)


def _time(clock: str) -> time:
    return time.fromisoformat(clock)
