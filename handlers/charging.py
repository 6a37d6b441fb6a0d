"""Charging schedules as all versions say them, to words of ours and back."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

import msgspec

from csms.domain.smart_charging.composite import Composite, Stretch
from csms.domain.smart_charging.profile import LARGEST, Period, Profile, Purpose, Schedule, Unit
from csms.domain.smart_charging.validation import MOST
from handlers.payload import moment_if, without_none

LEAST = -12
PHASES = frozenset({1, 2, 3})


class SaidPeriod(Protocol):
    """A period in any version."""

    @property
    def start_period(self) -> int: ...
    @property
    def limit(self) -> Decimal | None: ...
    @property
    def number_phases(self) -> int | None: ...


class SaidSchedule(Protocol):
    """A schedule in any version."""

    @property
    def duration(self) -> int | None: ...
    @property
    def start_schedule(self) -> datetime | None: ...
    @property
    def charging_rate_unit(self) -> str: ...
    @property
    def charging_schedule_period(self) -> Iterable[SaidPeriod]: ...
    @property
    def min_charging_rate(self) -> Decimal | None: ...


def schedule_words(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule in the words that all versions share."""
    return without_none(
        {
            "duration": schedule.duration_s,
            "startSchedule": moment_if(schedule.start),
            "chargingRateUnit": schedule.unit.value,
            "chargingSchedulePeriod": [_period_words(period) for period in schedule.periods],
            "minChargingRate": None if schedule.min_rate is None else float(schedule.min_rate),
        }
    )


def _period_words(period: Period) -> dict[str, Any]:
    limit = None if period.limit is None else float(period.limit)
    words = {"startPeriod": period.start_s, "limit": limit, "numberPhases": period.phases}
    return without_none({**words, "phaseToUse": period.phase_to_use})


def read_schedule(said: SaidSchedule) -> Schedule:
    """Return a schedule that was said; raise a `ValidationError` for one that nobody can mean."""
    periods = tuple(
        Period(
            start_s=number(period.start_period, "startPeriod"),
            limit=None if period.limit is None else _amount(period.limit, "limit"),
            phases=_phase(period.number_phases),
            phase_to_use=_phase(getattr(period, "phase_to_use", None)),
        )
        for period in said.charging_schedule_period
    )
    if not periods:
        raise msgspec.ValidationError("chargingSchedulePeriod: there is none")
    return Schedule(
        unit=_unit(said.charging_rate_unit),
        periods=tuple(sorted(periods, key=lambda period: period.start_s)),
        start=said.start_schedule,
        duration_s=None if said.duration is None else number(said.duration, "duration"),
        min_rate=None if said.min_charging_rate is None else _amount(said.min_charging_rate, "minChargingRate"),
    )


def read_profile(members: dict[str, Any]) -> Profile:
    """Return a profile of these members, each within its bounds; raise a `ValidationError`."""
    return msgspec.convert(members, Profile)


def read_composite(said: Any, start: datetime, asked_s: int) -> Composite:
    """Return the composite that a station told, whatever its start and duration are called there."""
    duration = said.duration if said.duration is not None else asked_s
    stretches = sorted(
        (
            Stretch(
                number(period.start_period, "startPeriod"),
                None if period.limit is None else _amount(period.limit, "limit"),
                _phase(period.number_phases),
            )
            for period in said.charging_schedule_period
        ),
        key=lambda stretch: stretch.start_s,
    )
    return Composite(start, number(duration, "duration"), _unit(said.charging_rate_unit), tuple(stretches))


def read_unit(text: str | None) -> Unit | None:
    """Return the unit that was said; raise a `ValidationError` for another."""
    return msgspec.convert(text, Unit | None)


def read_purpose(text: str | None) -> Purpose | None:
    """Return the purpose that was said, in words of 2.x; raise a `ValidationError` for another."""
    return msgspec.convert(text, Purpose | None)


def _unit(text: str) -> Unit:
    return msgspec.convert(text, Unit)


def number(value: int, name: str) -> int:
    """Return a number from 0 on; raise a `ValidationError` for any other."""
    if not 0 <= value <= LARGEST:
        raise msgspec.ValidationError(f"{name}: {str(value)[:20]} is out of range")
    return value


def _amount(value: Decimal, name: str) -> Decimal:
    if not abs(value) <= MOST or (value and value.adjusted() < LEAST):
        raise msgspec.ValidationError(f"{name}: is out of range")
    return value


def _phase(value: int | None) -> int | None:
    return value if value in PHASES else None
