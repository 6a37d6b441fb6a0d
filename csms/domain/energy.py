"""Energy of a session, from all that its meter said.

The order in which readings arrive plays no part. Energy is what one source says: the register
without a phase at the outlet before the sum of its phases, that before registers elsewhere, and
values of intervals only where no register spoke at all (Q87). No doubt ever changes a number:
it becomes a flag for a person to see (Q85).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Final

from msgspec import Struct

from csms.domain import register
from csms.domain.growth import Known
from csms.domain.metering import ENERGY_IMPORT, POWER_IMPORT, STATE_OF_CHARGE, Sample, scaled
from csms.domain.register import BEGIN, BETWEEN, END, Reading, Register, Sum

ENERGY_INTERVAL: Final = "Energy.Active.Import.Interval"
ENERGY_UNITS: Final = {"wh": 0, "kwh": 3, "mwh": 6, "": 0, "Wh": 0, "kWh": 3}
POWER_UNITS: Final = {"w": 0, "kw": 3, "mw": 6, "": 0, "W": 0, "kW": 3}
PERCENT_UNITS: Final = {"percent": 0, "%": 0, "": 0, "Percent": 0}
FULL: Final = 100
PHASES: Final = frozenset({"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"})
OUTLET, NOT_OURS = "Outlet", "EV"
RANKS: Final = {"Transaction.Begin": BEGIN, "Transaction.End": END}
MAX_WH: Final = 10**15
MAX_W: Final = 10**9
POWER_WATCH_S: Final = 300
POWER_WATCH_WH: Final = 50
COARSE_WH: Final = 2000
DISAGREEMENT: Final = 50

TOTAL, PHASE_SUM, TOTAL_ELSEWHERE, PHASE_SUM_ELSEWHERE = range(4)
INTERVAL_LIMIT: Final = 100_000


class Power(Struct, frozen=True, gc=False):
    """Power as it was told over time: `sum_w` of `count` values; `last_w` is the one at `last_at`."""

    first_at: datetime
    last_at: datetime
    last_w: int
    sum_w: int = 0
    count: int = 0


class Charge(Struct, frozen=True, gc=False, order=True):
    """How full the battery is."""

    at: datetime
    percent: int


class Intervals(Struct, frozen=True, gc=False):
    """Sums of interval values: periodic totals, aligned totals, periodic and aligned sums of phases."""

    known: Known = Known(INTERVAL_LIMIT)
    sums: tuple[int | None, ...] = (None, None, None, None)


Registers = tuple[Register | None, ...]
"""One register for each source, in the order of their standing: `TOTAL`, `PHASE_SUM` and the same elsewhere."""


NO_SPARES: Final = (None, None, None)


class Meter(Struct, frozen=True, gc=False):
    """All that the meter of a session said, and its energy.

    `joined` is the register of a lesser source, begun at the only reading of the best one: where
    a 1.6 station tells meterStart, and from there on the phases alone.
    """

    registers: Registers = (None, None, None, None)
    joined: Register | None = None
    intervals: Intervals | None = None
    power: Power | None = None
    charge: Charge | None = None
    doubts: frozenset[str] = frozenset()
    energy: Sum = Sum()

    @property
    def only_main(self) -> bool:
        """Whether the best source is the only one, and no power speaks against it."""
        return self.power is None and self.registers[1:] == NO_SPARES


def record(meter: Meter, samples: tuple[Sample, ...]) -> Meter:
    """Return the meter after more samples, in whatever order they come."""
    if len(samples) == 1 and meter.only_main and (reading := _plain(samples[0])) is not None:
        main = register.record(meter.registers[TOTAL] or Register(), (reading,))
        return Meter((main, None, None, None), None, meter.intervals, None, meter.charge, meter.doubts, main.sum)
    kinds: dict[str, list[Sample]] = {}
    for sample in samples:
        kinds.setdefault(sample.measurand, []).append(sample)
    registers, joined, doubts = meter.registers, meter.joined, meter.doubts
    if ENERGY_IMPORT in kinds:
        readings, odd = readings_of(kinds[ENERGY_IMPORT])
        registers, doubts = _registered(registers, readings), doubts | odd
        joined = _joined(meter, registers, readings)
    intervals = _intervals(meter.intervals, kinds.get(ENERGY_INTERVAL, ()))
    power = _powered(meter.power, kinds[POWER_IMPORT]) if POWER_IMPORT in kinds else meter.power
    charge = _charged(meter.charge, kinds.get(STATE_OF_CHARGE, ()))
    return Meter(registers, joined, intervals, power, charge, doubts, _weighed(registers, joined, intervals, power))


def _plain(sample: Sample) -> Reading | None:
    """Return the reading that a sample is if nothing about it is odd."""
    value = sample.value
    if (
        value is None
        or sample.measurand != ENERGY_IMPORT
        or sample.unit != "Wh"
        or sample.phase is not None
        or sample.location != OUTLET
        or not value.is_finite()
        or not 0 <= value <= MAX_WH
    ):
        return None
    return (sample.at, RANKS.get(sample.context, BETWEEN), round(value))


def highest_wh(samples: Iterable[Sample]) -> int | None:
    """Return the highest reading of the energy register among samples, of whichever source."""
    readings, _ = readings_of(samples)
    return max((reading[2] for source in readings.values() for reading in source), default=None)


def readings_of(samples: Iterable[Sample]) -> tuple[dict[int, list[Reading]], frozenset[str]]:
    """Return the readings of the energy register among samples by source, and what is doubtful of them."""
    readings: dict[int, list[Reading]] = {}
    phases: dict[tuple[int, datetime, str], Decimal] = {}
    doubts: set[str] = set()
    for sample in samples:
        if (reading := _plain(sample)) is not None:
            readings.setdefault(TOTAL, []).append(reading)
            continue
        if sample.measurand != ENERGY_IMPORT or sample.location == NOT_OURS:
            continue
        value = scaled(sample, ENERGY_UNITS)
        if value is None or value < 0 or value > MAX_WH:
            doubts |= _doubt(sample, value)
        elif sample.phase is None:
            source = TOTAL if sample.location == OUTLET else TOTAL_ELSEWHERE
            readings.setdefault(source, []).append((sample.at, RANKS.get(sample.context, BETWEEN), round(value)))
        elif sample.phase in PHASES:
            key = (PHASE_SUM if sample.location == OUTLET else PHASE_SUM_ELSEWHERE, sample.at, sample.context)
            phases[key] = phases.get(key, Decimal(0)) + value
    for (source, at, context), value in phases.items():
        readings.setdefault(source, []).append((at, RANKS.get(context, BETWEEN), round(value)))
    return readings, frozenset(doubts)


def _doubt(sample: Sample, value: Decimal | None) -> set[str]:
    if value is None:
        return {"unit-doubtful"} if sample.value is not None else set()
    return {"negative-reading"} if value < 0 else {"implausible-reading"}


def _registered(registers: Registers, readings: dict[int, list[Reading]]) -> Registers:
    if not readings:
        return registers
    grown = list(registers)
    for source, new in readings.items():
        grown[source] = register.record(grown[source] or Register(), new)
    return tuple(grown)


def _joined(meter: Meter, registers: Registers, readings: dict[int, list[Reading]]) -> Register | None:
    main, spare = registers[TOTAL], _spare(registers)
    if main is None or spare is None or len(main.readings) > 1:
        return None
    if meter.joined is not None and TOTAL not in readings:
        new = readings.get(registers.index(spare))
        grown = register.record(meter.joined, new) if new else meter.joined
        if len(grown.readings) == len(spare.readings) + 1:
            return grown
    return register.record(Register(), [main.readings.last, *spare.readings])


def _spare(registers: Registers) -> Register | None:
    return registers[PHASE_SUM] or registers[TOTAL_ELSEWHERE] or registers[PHASE_SUM_ELSEWHERE]


def _intervals(known: Intervals | None, samples: Iterable[Sample]) -> Intervals | None:
    """Add up interval values, each once; values on the hour repeat what the periodic ones say (Q90)."""
    for sample in samples:
        if sample.location == NOT_OURS:
            continue
        value = scaled(sample, ENERGY_UNITS)
        if value is None or not 0 <= value <= MAX_WH or (sample.phase is not None and sample.phase not in PHASES):
            continue
        known = known or Intervals()
        key = hash((sample.at, sample.context, sample.phase, sample.location))
        if key not in known.known:
            kind = (sample.context == "Sample.Clock") + 2 * (sample.phase is not None)
            sums = list(known.sums)
            sums[kind] = (sums[kind] or 0) + round(value)
            known = Intervals(known.known.plus((key,)), tuple(sums))
    return known


def _powered(power: Power | None, samples: Iterable[Sample]) -> Power | None:
    for at, watts in powers_of(samples).items():
        if power is None:
            power = Power(at, at, watts, watts, 1)
        elif at > power.last_at:
            power = Power(power.first_at, at, watts, power.sum_w + watts, power.count + 1)
        else:
            last = max((power.last_at, power.last_w), (at, watts))
            power = Power(min(at, power.first_at), *last, power.sum_w + watts, power.count + 1)
    return power


def _charged(charge: Charge | None, samples: Iterable[Sample]) -> Charge | None:
    for sample in samples:
        value = scaled(sample, PERCENT_UNITS)
        if value is not None and 0 <= value <= FULL and (charge is None or charge.at <= sample.at):
            told = Charge(sample.at, round(value))
            charge = told if charge is None else max(charge, told)
    return charge


def powers_of(samples: Iterable[Sample]) -> dict[datetime, int]:
    """Return the power in watts at each time among samples of it: the total, else the sum of the phases (Q87)."""
    totals: dict[datetime, int] = {}
    phases: dict[datetime, int] = {}
    for sample in samples:
        if sample.location == NOT_OURS:
            continue
        value = scaled(sample, POWER_UNITS)
        if value is None or not -MAX_W <= value <= MAX_W:
            continue
        if sample.phase is None:
            totals[sample.at] = round(value)
        elif sample.phase in PHASES:
            phases[sample.at] = phases.get(sample.at, 0) + round(value)
    return phases | totals


def _weighed(registers: Registers, joined: Register | None, intervals: Intervals | None, power: Power | None) -> Sum:
    """Return the energy that the best source tells."""
    best = joined or registers[TOTAL] or _spare(registers)
    if best is not None:
        energy = best.sum
    elif intervals is not None:
        energy = Sum(next(wh for wh in intervals.sums if wh is not None))
    else:
        return Sum()
    if power is not None and _disagrees(energy.wh, power):
        return Sum(energy.wh, energy.first_wh, energy.last_wh, energy.flags | {"unit-doubtful"})
    return energy


def _disagrees(wh: int, power: Power) -> bool:
    """Whether energy is far from what the power says, as where kWh are called Wh (Q85)."""
    seconds = (power.last_at - power.first_at).total_seconds()
    expected = power.sum_w / power.count * seconds / 3600
    if seconds < POWER_WATCH_S or expected < POWER_WATCH_WH or (wh == 0 and expected < COARSE_WH):
        return False
    return not expected / DISAGREEMENT <= wh <= expected * DISAGREEMENT
