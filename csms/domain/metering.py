"""What a meter said, in one form for every version of the protocol."""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

ENERGY_IMPORT = "Energy.Active.Import.Register"


class Sample(Struct, frozen=True, omit_defaults=True):
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
