"""Time comes through this door."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the shells of the house ask the time of; rules get `now` as an argument."""

    def now(self) -> datetime:
        """Return the aware time of day, in UTC."""

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for deadlines."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
