"""The composite schedule: what all profiles together allow over a window of time, and how it differs from another."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil
from typing import Literal

from msgspec import Struct

from csms.domain.smart_charging.merging import Situation, bearing_on, limit_at
from csms.domain.smart_charging.profile import Unit
from csms.domain.smart_charging.supply import Amount, told
from csms.domain.smart_charging.timing import after

MOST_STEPS, MOST_WORK = 2048, 40_000
"""So many changes are looked at, and so many profiles at all of them together; a window with more is cut short."""
TOLERANCE = Decimal("0.1")


class Stretch(Struct, frozen=True, gc=False):
    """From `start_s` until the next stretch, `limit` holds; None: nothing is limited."""

    start_s: int
    limit: Decimal | None
    phases: int | None = None


class Composite(Struct, frozen=True, gc=False):
    """Limits over `duration_s` from `start`, in one unit: the first at 0, no two neighbours the same."""

    start: datetime
    duration_s: int
    unit: Unit
    stretches: tuple[Stretch, ...]


class Gap(Struct, frozen=True, gc=False):
    """From `start_s` until `end_s` two composites do not say the same."""

    start_s: int
    end_s: int
    told: Decimal | None
    computed: Decimal | None

    @property
    def side(self) -> Literal["above", "below"]:
        """Whether the station says it will take more than we allow (`above`), or less, which is its right (SC-36)."""
        if self.computed is None:
            return "below"
        return "above" if self.told is None or self.told > self.computed else "below"


def composite(situation: Situation, evse: int, start: datetime, duration_s: int, unit: Unit) -> Composite:
    """Return what an EVSE (0: the station) may take in a window, second by second (SC-35)."""
    bearing = bearing_on(situation, evse)
    stretches: list[Stretch] = []
    offset = 0
    for _ in range(min(MOST_STEPS, MOST_WORK // max(1, bearing.size))):
        if offset >= duration_s:
            break
        amount, until = limit_at(bearing, _at(start, offset), unit)
        stretch = _stretch(offset, amount)
        if not stretches or (stretches[-1].limit, stretches[-1].phases) != (stretch.limit, stretch.phases):
            stretches.append(stretch)
        offset = duration_s if until is None else min(ceil((until - start).total_seconds()), duration_s)
    return Composite(start, offset, unit, tuple(stretches))


def _at(start: datetime, offset: int) -> datetime:
    return after(start, timedelta(seconds=offset)) or start


def _stretch(offset: int, amount: Amount | None) -> Stretch:
    return Stretch(offset, None) if amount is None else Stretch(offset, told(amount.value), amount.phases)


def difference(one: Composite, other: Composite) -> tuple[Gap, ...]:
    """Return where a composite that a station told (`one`) and one of ours differ, in the time that both speak of.

    Both must be in one unit; less than a tenth is no difference.
    """
    shift = int((other.start - one.start).total_seconds())
    end = min(one.duration_s, other.duration_s + shift)
    begin = max(0, shift)
    marks = {begin, *(s.start_s for s in one.stretches), *(s.start_s + shift for s in other.stretches)}
    inside = sorted(mark for mark in marks if begin <= mark < end)
    gaps: list[Gap] = []
    for mark, following in pairwise([*inside, end]):
        said, computed = _limit(one.stretches, mark), _limit(other.stretches, mark - shift)
        if _is_same(said, computed):
            continue
        if gaps and (gaps[-1].end_s, gaps[-1].told, gaps[-1].computed) == (mark, said, computed):
            gaps[-1] = Gap(gaps[-1].start_s, following, said, computed)
        else:
            gaps.append(Gap(mark, following, said, computed))
    return tuple(gaps)


def _limit(stretches: Sequence[Stretch], at_s: int) -> Decimal | None:
    return next((stretch.limit for stretch in reversed(stretches) if stretch.start_s <= at_s), None)


def _is_same(one: Decimal | None, other: Decimal | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < TOLERANCE
