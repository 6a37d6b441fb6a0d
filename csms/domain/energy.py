"""Energy of a session, from the readings of its register.

The order in which readings arrive plays no part: they are put in the order of the station's
clock. Energy is the sum of the rises of one register; a fall is a reset, a rollover or a
register of another kind, never a negative energy (Q74).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from csms.domain.metering import ENERGY_IMPORT, Sample

ROLLOVER_WH = 2**32
ROLLOVER_MARGIN_WH = 10_000_000
MAX_PLAUSIBLE_W = 1_000_000
SCALES = {"wh": 1, "kwh": 1000, "mwh": 1_000_000, "": 1}
PHASES = frozenset({"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"})
BEGIN, END = "Transaction.Begin", "Transaction.End"


class Reading(Struct, frozen=True, array_like=True):
    """The register at one time. `rank` orders readings of the same time: begin, between, end."""

    at: datetime
    rank: int
    wh: int

    @property
    def key(self) -> tuple[datetime, int, int]:
        """What readings are sorted by."""
        return (self.at, self.rank, self.wh)


class Energy(Struct, frozen=True):
    """What the readings of a session add up to."""

    wh: int = 0
    first_wh: int | None = None
    last_wh: int | None = None
    flags: frozenset[str] = frozenset()


def readings_of(samples: Iterable[Sample]) -> tuple[Reading, ...]:
    """Return the readings of the energy register among samples: totals, else sums of phases (Q87)."""
    totals: dict[tuple[datetime, str], Decimal] = {}
    phases: dict[tuple[datetime, str], Decimal] = {}
    for sample in samples:
        if sample.measurand != ENERGY_IMPORT or sample.value is None or sample.location != "Outlet":
            continue
        scale = SCALES.get(sample.unit.strip().lower())
        if scale is None:
            continue
        key = (sample.at, sample.context)
        if sample.phase is None:
            totals[key] = sample.value * scale
        elif sample.phase in PHASES:
            phases[key] = phases.get(key, Decimal(0)) + sample.value * scale
    return tuple(
        Reading(at, _rank(context), int(value.to_integral_value()))
        for (at, context), value in (totals or phases).items()
        if value >= 0
    )


def _rank(context: str) -> int:
    return 0 if context == BEGIN else 2 if context == END else 1


def merge(known: tuple[Reading, ...], new: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Return all readings in the order of the station's clock, each once."""
    if len(new) == 1 and (not known or known[-1].key < new[0].key):
        return (*known, new[0])
    return tuple(sorted({*known, *new}, key=lambda reading: reading.key))


def total(readings: tuple[Reading, ...]) -> Energy:
    """Return what the readings add up to."""
    energy = Energy()
    clean, flags = _without_oddities(readings)
    for before, reading in zip((None, *clean), clean, strict=False):
        energy = add(energy, before, reading)
    return Energy(energy.wh, energy.first_wh, energy.last_wh, energy.flags | flags)


def add(energy: Energy, before: Reading | None, reading: Reading) -> Energy:
    """Return the energy with one more reading, the youngest."""
    if before is None:
        return Energy(0, reading.wh, reading.wh)
    rise, flag = _rise(before, reading)
    flags = energy.flags | {flag} if flag else energy.flags
    return Energy(energy.wh + rise, energy.first_wh, reading.wh, flags)


def is_plain(before: Reading | None, reading: Reading) -> bool:
    """Whether a reading may simply be added: it is the youngest, and nothing about it is odd."""
    return before is None or (before.key < reading.key and before.wh <= reading.wh and before.wh > 0)


def _rise(before: Reading, reading: Reading) -> tuple[int, str | None]:
    rise = reading.wh - before.wh
    if rise >= 0:
        hours = max((reading.at - before.at).total_seconds(), 1) / 3600
        return rise, "implausible-power" if rise > MAX_PLAUSIBLE_W * hours + 1000 else None
    if before.wh > ROLLOVER_WH - ROLLOVER_MARGIN_WH and reading.wh < ROLLOVER_MARGIN_WH:
        return rise + ROLLOVER_WH, "register-rollover"
    return reading.wh, "register-reset"


def _without_oddities(readings: tuple[Reading, ...]) -> tuple[tuple[Reading, ...], frozenset[str]]:
    """Drop the zeros between larger values (Q88), and a begin or end that is of another register (Q74)."""
    flags: set[str] = set()
    kept = [
        reading
        for n, reading in enumerate(readings)
        if not (
            reading.wh == 0
            and 0 < n < len(readings) - 1
            and readings[n - 1].wh > 0
            and any(later.wh >= readings[n - 1].wh for later in readings[n + 1 :])
        )
    ]
    if len(kept) > 2 and kept[0].rank == 0 and kept[1].wh < kept[0].wh and _is_rising(kept[1:-1]):  # noqa: PLR2004
        flags.add("other-register-at-begin")
        kept = _on_session_register(kept)
    elif len(kept) == 2 and kept[1].wh < kept[0].wh and kept[1].rank == 2 and kept[1].wh == 0:  # noqa: PLR2004
        flags.add("meter-stop-unknown")
        kept = kept[:1]
    elif len(kept) > 2 and kept[-1].rank == 2 and kept[-1].wh == 0 < kept[-2].wh:  # noqa: PLR2004
        flags.add("meter-stop-unknown")
        kept = kept[:-1]
    return tuple(kept), frozenset(flags)


def _on_session_register(readings: list[Reading]) -> list[Reading]:
    """Read values that count from the session's begin, between lifetime values at begin and end."""
    start = readings[0]
    return [
        reading if reading.rank != 1 else Reading(reading.at, 1, start.wh + reading.wh)
        for reading in readings
        if not (reading.rank == 2 and reading.wh < start.wh)  # noqa: PLR2004
    ]


def _is_rising(readings: list[Reading]) -> bool:
    return all(before.wh <= after.wh for before, after in zip(readings, readings[1:], strict=False))
