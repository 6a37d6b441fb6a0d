"""What a meter said, in one form for every version of the protocol."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from msgspec import Struct

ENERGY_IMPORT = "Energy.Active.Import.Register"
POWER_IMPORT = "Power.Active.Import"
STATE_OF_CHARGE = "SoC"


class Sample(Struct, frozen=True, gc=False, omit_defaults=True, cache_hash=True):
    """One sampled value, as the station sent it but for its defaults.

    `value` is in `unit`, with any power-of-ten multiplier already applied; it is None
    where the text was no number (`raw` has it) or is signed (`signed` has it,
    byte-exact). `at` is the station's own time of the reading.
    """

    at: datetime
    value: Decimal | None
    measurand: str = ENERGY_IMPORT
    unit: str = "Wh"
    phase: str | None = None
    context: str = "Sample.Periodic"
    location: str = "Outlet"
    signed: str | None = None
    raw: str | None = None


MAX_DIGITS = 30
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d{1,2})?")
_PHASES = ("L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1", "L1", "L2", "L3", "N")


def parse_number(text: str) -> Decimal | None:
    """Return what a sampled text says; None for blanks, words, NaN and infinities (Q88)."""
    text = text.strip()
    return Decimal(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None


@lru_cache(1024)
def split_measurand(name: str) -> tuple[str, str | None]:
    """Return measurand and phase, which some stations glue together: `Current.Import.L1` (Q37, Q87)."""
    for phase in _PHASES:
        if name.endswith(f".{phase}"):
            return name.removesuffix(f".{phase}"), phase
    return name, None


def scaled(sample: Sample, units: Mapping[str, int]) -> Decimal | None:
    """Return the value in the unit whose power of ten is 0 in `units`; None for no value or any other unit."""
    value = sample.value
    exponent = units.get(sample.unit)
    if exponent is None:
        exponent = units.get(sample.unit.strip().casefold())
    if value is None or exponent is None or not value.is_finite() or value.adjusted() > MAX_DIGITS:
        return None
    return value.scaleb(exponent) if exponent else value
