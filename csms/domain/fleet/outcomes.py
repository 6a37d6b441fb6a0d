"""How it went with each station of many."""

from enum import StrEnum


class Outcome(StrEnum):
    """The end of an assignment to one station.

    Accepted: it says that it will do so, or did. Effective: and was seen to. Refused: it will not.
    Unsupported: it, or its version of the protocol, does not know this. Error: it answered with one. Invalid: what
    was wished cannot be said to it, and was not. TimedOut, Disconnected, Unknown: it may have got it and
    acted on it; nobody heard. Ineffective, Failed: it accepted, and then nothing came of it, or it said that it
    failed. Offline, NotAllowed, Busy, Cancelled: nothing was sent.
    """

    ACCEPTED = "Accepted"
    EFFECTIVE = "Effective"
    REFUSED = "Refused"
    UNSUPPORTED = "Unsupported"
    ERROR = "Error"
    INVALID = "Invalid"
    TIMED_OUT = "TimedOut"
    DISCONNECTED = "Disconnected"
    UNKNOWN = "Unknown"
    INEFFECTIVE = "Ineffective"
    FAILED = "Failed"
    OFFLINE = "Offline"
    NOT_ALLOWED = "NotAllowed"
    BUSY = "Busy"
    CANCELLED = "Cancelled"


GOOD = frozenset({Outcome.ACCEPTED, Outcome.EFFECTIVE})
UNSENT = frozenset({Outcome.OFFLINE, Outcome.NOT_ALLOWED, Outcome.BUSY})
"""Nothing was sent for reasons that pass: it may be tried again."""
NEUTRAL = UNSENT | {Outcome.CANCELLED}
"""Neither good nor bad: these say nothing of what was wished."""


def is_failure(outcome: Outcome) -> bool:
    """Whether an outcome speaks against what was wished, so that others should perhaps be spared it."""
    return outcome not in GOOD and outcome not in NEUTRAL
