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


class Power(Struct, frozen=True):
    """Power as it was told over time: `sum_w` of `count` values; `last_w` is the one at `last_at`."""

    first_at: datetime
    last_at: datetime
    last_w: int
    sum_w: int = 0
    count: int = 0


class Charge(Struct, frozen=True, order=True):
    """How full the battery is."""

    at: datetime
    percent: int


class Intervals(Struct, frozen=True):
    """Sums of interval values: periodic totals, aligned totals, periodic and aligned sums of phases."""

    known: Known = Known(INTERVAL_LIMIT)
    sums: tuple[int | None, ...] = (None, None, None, None)


Registers = tuple[Register | None, ...]
"""One register for each source, in the order of their standing: `TOTAL`, `PHASE_SUM` and the same elsewhere."""


class Meter(Struct, frozen=True):
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


def record(meter: Meter, samples: tuple[Sample, ...]) -> Meter:
    """Return the meter after more samples, in whatever order they come."""
    readings, doubts = readings_of(samples)
    registers = _registered(meter.registers, readings)
    joined = _joined(meter, registers, readings)
    if len(samples) == 1 and readings:
        intervals, power, charge = meter.intervals, meter.power, meter.charge
    else:
        intervals = _intervals(meter.intervals, samples)
        power = _powered(meter.power, samples)
        charge = _charged(meter.charge, samples)
    energy = _weighed(registers, joined, intervals, power)
    return Meter(registers, joined, intervals, power, charge, meter.doubts | doubts, energy)


def readings_of(samples: Iterable[Sample]) -> tuple[dict[int, list[Reading]], frozenset[str]]:
    """Return the readings of the energy register among samples by source, and what is doubtful of them."""
    readings: dict[int, list[Reading]] = {}
    phases: dict[tuple[int, datetime, str], Decimal] = {}
    doubts: set[str] = set()
    for sample in samples:
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
    return tuple(
        register.record(known or Register(), readings[source]) if source in readings else known
        for source, known in enumerate(registers)
    )


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


def _intervals(known: Intervals | None, samples: tuple[Sample, ...]) -> Intervals | None:
    """Add up interval values, each once; values on the hour repeat what the periodic ones say (Q90)."""
    for sample in samples:
        if sample.measurand != ENERGY_INTERVAL or sample.location == NOT_OURS:
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


def _powered(power: Power | None, samples: tuple[Sample, ...]) -> Power | None:
    for at, watts in powers_of(samples).items():
        if power is None:
            power = Power(at, at, watts, watts, 1)
            continue
        last = max((power.last_at, power.last_w), (at, watts))
        power = Power(min(at, power.first_at), *last, power.sum_w + watts, power.count + 1)
    return power


def _charged(charge: Charge | None, samples: tuple[Sample, ...]) -> Charge | None:
    for sample in samples:
        if sample.measurand == STATE_OF_CHARGE:
            value = scaled(sample, PERCENT_UNITS)
            if value is not None and 0 <= value <= FULL and (charge is None or charge.at <= sample.at):
                told = Charge(sample.at, round(value))
                charge = told if charge is None else max(charge, told)
    return charge


def powers_of(samples: Iterable[Sample]) -> dict[datetime, int]:
    """Return the power in watts at each time: the total, else the sum of the phases (Q87)."""
    totals: dict[datetime, int] = {}
    phases: dict[datetime, int] = {}
    for sample in samples:
        if sample.measurand != POWER_IMPORT or sample.location == NOT_OURS:
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
