"""What the record of a station suggests of its habits: proposed with its evidence, never applied by the house."""

import math
import statistics
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.vendors.habits import Habits

MOST_TIMEOUT_S = 600.0
ENOUGH = 2
"""Once is chance."""
ENOUGH_BEATS = 6


class Attempt(Struct, frozen=True):
    """How the last attempt to set a variable ended."""

    variable: str
    outcome: str
    at: datetime


class Took(Struct, frozen=True):
    """A call that was answered, and how long that took."""

    action: str
    seconds: float
    at: datetime


class Record(Struct, frozen=True):
    """What is on record of a station.

    Attempts, answered calls, when its last heartbeats came, and when it was noticed of its lines, one after the
    other, that they answer no pings.
    """

    attempts: Sequence[Attempt] = ()
    calls: Sequence[Took] = ()
    beats: Sequence[datetime] = ()
    mute: Sequence[datetime] = ()


class Hint(Struct, frozen=True):
    """A proposal: `habits` is what the station's overrides would be with it, `about` what is new in that."""

    kind: str
    says: str
    about: tuple[str, ...]
    evidence: tuple[str, ...]
    habits: Habits


def hints_of(habits: Habits, overrides: Habits, record: Record, timeout_s: float, heartbeat_s: float) -> list[Hint]:
    """Return what is proposed; `habits` are those in force, `heartbeat_s` is what the station is told to keep."""
    found = [
        *_keys(habits, overrides, record.attempts),
        *_late(overrides, record.calls, timeout_s),
        *_hasty(overrides, record.beats, heartbeat_s),
        *_mute(habits, overrides, record.mute),
    ]
    return [hint for hint in found if hint.habits != overrides]


KEYS = {
    "no-effect": ("not-applied", "accepts values without effect"),
    "falls-silent": ("unanswered", "falls silent, or leaves, over some keys"),
}


def _keys(habits: Habits, overrides: Habits, attempts: Iterable[Attempt]) -> Iterator[Hint]:
    """Propose to leave keys alone that were changed in vain, or not survived (Q94, Q96)."""
    for kind, (outcome, says) in KEYS.items():
        odd = [one for one in attempts if one.outcome == outcome]
        if odd:
            untouched = tuple(dict.fromkeys([*(habits.untouched or ()), *(one.variable for one in odd)]))
            evidence = tuple(f"{one.variable}: {one.outcome} at {one.at:%Y-%m-%dT%H:%M:%SZ}" for one in odd)
            yield Hint(
                kind,
                says,
                tuple(sorted(one.variable for one in odd)),
                evidence,
                replace(overrides, untouched=untouched),
            )


def _late(overrides: Habits, calls: Iterable[Took], timeout_s: float) -> Iterator[Hint]:
    """Propose more patience with a station whose answers came when nobody waited any more (Q28, Q31)."""
    late = [one for one in calls if one.seconds > timeout_s]
    if len(late) >= ENOUGH:
        needed = min(MOST_TIMEOUT_S, float(math.ceil(1.5 * max(one.seconds for one in late))))
        evidence = tuple(f"{one.action} took {one.seconds:.0f} s at {one.at:%Y-%m-%dT%H:%M:%SZ}" for one in late)
        yield Hint(
            "answers-late",
            "answers later than it is waited for",
            (f"{needed:g} s",),
            evidence,
            replace(overrides, call_timeout_s=needed),
        )


def _hasty(overrides: Habits, beats: Iterable[datetime], heartbeat_s: float) -> Iterator[Hint]:
    """Propose to bear with a station that beats more than twice as fast as it was told (Q50)."""
    times = sorted(beats)
    if len(times) < ENOUGH_BEATS:
        return
    usual = statistics.median((later - earlier).total_seconds() for earlier, later in pairwise(times))
    if usual < heartbeat_s / 2:
        seconds = max(1, round(usual))
        evidence = f"{len(times)} heartbeats until {times[-1]:%Y-%m-%dT%H:%M:%SZ}, usually {seconds} s apart"
        yield Hint(
            "beats-fast",
            f"sends heartbeats faster than every {heartbeat_s:g} s, as it is told",
            ("Heartbeat",),
            (evidence,),
            replace(overrides, heartbeat_s=seconds),
        )


def _mute(habits: Habits, overrides: Habits, noticed: Sequence[datetime]) -> Iterator[Hint]:
    """Propose to spare a station pings that it never answers; it lives by what else it says (Q12)."""
    if noticed and habits.ping_s != 0:
        evidence = tuple(f"a line had answered none of its pings by {at:%Y-%m-%dT%H:%M:%SZ}" for at in noticed)
        yield Hint("answers-no-ping", "answers no WebSocket pings", ("ping",), evidence, replace(overrides, ping_s=0.0))
