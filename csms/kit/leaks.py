"""Leaky buckets, one for each key, in a table that cannot grow without bound."""

from collections import OrderedDict


class Leaks:
    """What is poured into a bucket leaks out at `per_second`; one that holds `capacity` is full.

    At most `room` keys are kept: the one that was poured into longest ago is forgotten first.
    Times are seconds of any clock that does not run backwards.
    """

    def __init__(self, *, capacity: float, per_second: float, room: int) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._room = room
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def level(self, key: str, now: float) -> float:
        """Return how much is in the bucket."""
        level, at = self._levels.get(key, (0.0, now))
        return max(0.0, level - (now - at) * self._per_second)

    def wait(self, key: str, now: float) -> float:
        """Return in how many seconds there is room for 1 again; 0 if there is now."""
        return max(0.0, (self.level(key, now) + 1.0 - self._capacity) / self._per_second)

    def pour(self, key: str, amount: float, now: float) -> bool:
        """Pour, and return whether it found room; what does not find any is spilt."""
        if self.wait(key, now) > 0.0:
            return False
        self._levels[key] = (min(self._capacity, self.level(key, now) + amount), now)
        self._levels.move_to_end(key)
        if len(self._levels) > self._room:
            self._levels.popitem(last=False)
        return True

    def empty(self, key: str) -> None:
        """Forget what was poured."""
        self._levels.pop(key, None)
