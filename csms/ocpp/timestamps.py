"""Times as stations write them, and as they can bear to read them."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

OLDEST = datetime(2015, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(hours=24)
CLOCK_DRIFT = timedelta(minutes=5)

_SHAPE = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})[Tt ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*"
    r"(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?\s*$"
)


def limits(now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last time that a station's clock can say: from 2015 to a day ahead (Q44)."""
    return OLDEST, now + TOLERANCE


def parse(text: object, local: tzinfo = UTC, now: datetime | None = None) -> datetime | None:
    """Return the time in UTC, for any spelling seen in the field; a missing zone is `local` (Q44).

    Of an hour that a clock shows twice in autumn, the time is meant that is not ahead of `now`, or else the first.
    """
    match = _SHAPE.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, utc, sign, zone_hours, zone_minutes = match.groups()
    micro = int(((fraction or "") + "000000")[:6])
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro, tzinfo=zone)
        return at.astimezone(UTC) if utc or sign else _from_wall(at.replace(tzinfo=local), now)
    except (ValueError, OverflowError):
        return None


def _from_wall(at: datetime, now: datetime | None) -> datetime:
    """Return the time in UTC that a clock on a wall means."""
    first, second = (at.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    is_second = now is not None and first < second <= now + CLOCK_DRIFT
    return second if is_second else first
