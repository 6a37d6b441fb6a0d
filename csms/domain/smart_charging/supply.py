"""Amperes to watts and back: only with a voltage and a number of phases do they mean the same (SC-18, SC-33)."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor

from msgspec import Struct

from csms.domain.smart_charging.profile import Unit

ALL_PHASES = 3


class Supply(Struct, frozen=True, gc=False):
    """How a station is fed: its nominal voltage between phase and neutral, and its phases."""

    voltage_v: int = 230
    phases: int = ALL_PHASES


class Bound(Struct, frozen=True, gc=False):
    """One limit at one moment, as its profile says it."""

    limit: Decimal
    unit: Unit
    phases: int


class Amount(Struct, frozen=True, gc=False):
    """A limit in the unit that was asked for, exactly, and the phases that it is for."""

    value: Fraction
    phases: int


def phases_of(told: int | None, supply: Supply) -> int:
    """Return how many phases a limit means: three if it says none (SC-17), never more than there are."""
    return min(told or ALL_PHASES, supply.phases)


def lowest(bounds: Sequence[Bound], unit: Unit, supply: Supply, phases: int | None = None) -> Amount | None:
    """Return the lowest of some bounds; None of none.

    The fewest phases win. Watts become amperes by the phases of their own bound; amperes become
    watts by the phases that are left. So the result is above no bound in either unit.
    """
    if not bounds:
        return None
    left = min([bound.phases for bound in bounds] + ([] if phases is None else [phases]))
    return Amount(min(_converted(bound, unit, supply, left) for bound in bounds), left)


def _converted(bound: Bound, unit: Unit, supply: Supply, left: int) -> Fraction:
    limit = Fraction(bound.limit)
    if bound.unit is unit:
        return limit
    if unit is Unit.AMPERES:
        return limit / (supply.voltage_v * bound.phases)
    return limit * supply.voltage_v * left


def told(value: Fraction) -> Decimal:
    """Return an amount with one decimal, which is all that 1.6 knows: rounded down, so as never to be above."""
    return Decimal(floor(value * 10)).scaleb(-1)
