"""How long to wait before the next try."""

import random


class Backoff:
    """Waits that double up to a limit, each shortened at random so that many do not wait alike."""

    def __init__(self, *, first_s: float, most_s: float) -> None:
        self._first_s = first_s
        self._most_s = most_s
        self._tries = 0

    def next_s(self) -> float:
        """Return the seconds to wait before the next try."""
        wait = min(self._most_s, self._first_s * float(2**self._tries))
        self._tries = min(self._tries + 1, 32)
        return wait * random.uniform(0.5, 1.0)  # noqa: S311  # no secret

    def reset(self) -> None:
        """Begin anew: the last try succeeded."""
        self._tries = 0
