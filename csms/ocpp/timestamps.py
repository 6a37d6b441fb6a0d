"""Times as stations write them, and as they can bear to read them."""

import re
from datetime import UTC, datetime, timedelta, timezone

OLDEST = datetime(2015, 1, 1, tzinfo=UTC)
TOLERANCE = timedelta(hours=24)

_SHAPE = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})[Tt ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*"
    r"(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?\s*$"
)


def limits(now: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last time that a station's clock can say: from 2015 to a day ahead (Q44)."""
    return OLDEST, now + TOLERANCE


def parse(text: object) -> datetime | None:
    """Return the time in UTC, for any spelling seen in the field; a missing zone is UTC (Q44)."""
    match = _SHAPE.match(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = match.groups()
    micro = int(((fraction or "") + "000000")[:6])
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    try:
        zone = timezone(-offset if sign == "-" else offset)
        at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micro, tzinfo=zone)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
