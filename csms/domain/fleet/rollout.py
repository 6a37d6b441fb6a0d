"""How an assignment goes to many stations: in waves, at a pace, in its hours, and no further where too much fails."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Annotated

from msgspec import Meta, Struct

from csms.domain.fleet.windows import Window, opens_at

IN_FLIGHT_S = 1.0
"""How often it is looked after what is under way, if nobody tells of its end before."""
BREATH_S = 0.2
"""How much is sent at once: what is due within this time."""


class Wave(Struct, frozen=True, forbid_unknown_fields=True):
    """So many stations, or such a part of all."""

    stations: Annotated[int, Meta(ge=1)] | None = None
    percent: Annotated[float, Meta(gt=0, le=100)] | None = None


class StopRule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """When so many failed since the last resumption, or such a part of the stations of a wave, it pauses."""

    failures: Annotated[int, Meta(ge=1)] | None = None
    percent: Annotated[float, Meta(gt=0, le=100)] | None = None


class Rules(Struct, frozen=True, omit_defaults=True):
    """How one operation goes; `sizes` are those of its waves."""

    sizes: tuple[int, ...]
    per_second: float = 10.0
    at_once: int = 50
    stop: StopRule = StopRule()
    windows: tuple[Window, ...] = ()
    rest_s: float = 0.0
    pause_between: bool = False


class Tally(Struct, frozen=True):
    """The stations of one wave: those that wait, are asked, are watched for what comes of it, failed, and all."""

    waiting: int = 0
    asked: int = 0
    watched: int = 0
    failed: int = 0
    total: int = 0

    @property
    def is_over(self) -> bool:
        """Whether every station has come to its end."""
        return not (self.waiting or self.asked or self.watched)


class Send(Struct, frozen=True):
    """Ask so many of the stations that wait; look again then, at the latest."""

    most: int
    free_at: datetime
    look_at: datetime


class Wait(Struct, frozen=True):
    """Nothing can be done before."""

    until: datetime


class Advance(Struct, frozen=True):
    """Go on to the next wave, not before `at`."""

    at: datetime


class Pause(Struct, frozen=True):
    """Ask nobody any more until an operator resumes; `cleared` is the wave after which it may go on then."""

    why: str
    cleared: int | None = None


class Finish(Struct, frozen=True):
    """All stations have come to their ends."""


class Standing(Struct, frozen=True):
    """How far an operation is: its wave (from 1), when the pace allows the next to be sent, what operators cleared.

    `borne` are the failures that were known at the last resumption, `cleared` is the last wave after which
    an operator lets it go on.
    """

    wave: int
    free_at: datetime
    borne: int = 0
    cleared: int = 0


Step = Send | Wait | Advance | Pause | Finish


def sizes_of(waves: Sequence[Wave], total: int) -> tuple[int, ...]:
    """Return how many stations each wave has; those whom no wave takes form a last one."""
    sizes: list[int] = []
    for wave in waves:
        left = total - sum(sizes)
        wanted = wave.stations or math.ceil(total * (wave.percent or 0) / 100)
        if left > 0:
            sizes.append(min(left, max(1, wanted)))
    left = total - sum(sizes)
    return (*sizes, left) if left > 0 else tuple(sizes)


def next_step(rules: Rules, standing: Standing, tallies: Mapping[int, Tally], now: datetime, zone: tzinfo) -> Step:
    """Return what to do now; `tallies` are those of all waves that have begun."""
    wave, last = standing.wave, len(rules.sizes)
    tally = tallies.get(wave, Tally())
    if tally.is_over and wave >= last:
        return Finish()
    failed = sum(one.failed for one in tallies.values()) - standing.borne
    if why := _too_much(rules.stop, failed, tally):
        return Pause(why)
    if tally.is_over and rules.pause_between and standing.cleared < wave:
        return Pause(f"wave {wave} of {last} is over", wave)
    if tally.is_over:
        return Advance(now + timedelta(seconds=rules.rest_s))
    if not tally.waiting:
        return Wait(now + timedelta(seconds=IN_FLIGHT_S))
    opens = opens_at(rules.windows, now, zone)
    return Wait(opens) if opens > now else _send(rules, tally, standing.free_at, now)


def _too_much(stop: StopRule, failed: int, tally: Tally) -> str | None:
    if stop.failures is not None and failed >= stop.failures:
        return f"{failed} stations failed"
    in_wave = min(failed, tally.failed)
    if stop.percent is not None and in_wave and in_wave * 100 >= stop.percent * tally.total:
        return f"{in_wave} of {tally.total} stations of the wave failed"
    return None


def _send(rules: Rules, tally: Tally, free_at: datetime, now: datetime) -> Step:
    """Send what the pace allows: what is due within a breath, and no more than has room beside what is under way."""
    room = rules.at_once - tally.asked
    if room <= 0:
        return Wait(now + timedelta(seconds=IN_FLIGHT_S))
    if free_at > now:
        return Wait(free_at)
    begins = max(free_at, now - timedelta(seconds=BREATH_S))
    due = max(1, int((now - begins).total_seconds() * rules.per_second) + 1)
    most = min(room, due, tally.waiting)
    free_at = begins + timedelta(seconds=most / rules.per_second)
    return Send(most, free_at, max(free_at, now + timedelta(seconds=BREATH_S)))
