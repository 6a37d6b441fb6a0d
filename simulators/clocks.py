"""The clocks of stations, right or not."""

from datetime import datetime, timedelta

from simulators.behaviour import Clock

EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
SHIFT = {Clock.LOCAL: timedelta(hours=2), Clock.OFFSET: timedelta(hours=2), Clock.BEHIND: timedelta(seconds=-45)}


def told(now: datetime, habit: Clock, powered_on: datetime) -> str:
    """Return a time as a station of that habit says it, `now` being the true one."""
    match habit:
        case Clock.EPOCH:
            now = EPOCH + (now - powered_on)
        case Clock.YEAR_1:
            return "0001-01-01T00:00:00Z"
        case Clock.FROZEN:
            now = powered_on
        case _:
            now += SHIFT.get(habit, timedelta(0))
    return now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + ("+02" if habit is Clock.OFFSET else "Z")
