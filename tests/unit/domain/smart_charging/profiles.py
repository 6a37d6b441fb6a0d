"""Words for profiles, and strategies that make any of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from csms.domain.smart_charging.merging import Situation
from csms.domain.smart_charging.profile import (
    Constraint,
    Installed,
    Kind,
    Period,
    Profile,
    Purpose,
    Recurrence,
    Running,
    Schedule,
    Unit,
)
from csms.domain.smart_charging.supply import Supply

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WINDOW_S = 120


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def periods(*limits: tuple[int, float] | float, phases: int | None = None) -> tuple[Period, ...]:
    """Return periods out of (start, limit), or of one limit from 0."""
    pairs = [limit if isinstance(limit, tuple) else (0, limit) for limit in limits]
    return tuple(Period(start, Decimal(str(limit)), phases) for start, limit in pairs)


def schedule(*limits: tuple[int, float] | float, unit: Unit = Unit.AMPERES, **members: Any) -> Schedule:
    phases = members.pop("phases", None)
    return Schedule(unit, periods(*limits, phases=phases), **members)


def profile(*limits: tuple[int, float] | float, purpose: Purpose = Purpose.DEFAULT, **members: Any) -> Profile:
    given = {"id": 1, "stack_level": 0, "kind": Kind.ABSOLUTE, "start": NOW, **members}
    told = {name: given.pop(name) for name in ("unit", "phases", "start", "duration_s", "min_rate") if name in given}
    return Profile(purpose=purpose, schedules=(schedule(*limits, **told),), **given)


def installed(*limits: tuple[int, float] | float, evse: int | None = 1, **members: Any) -> Installed:
    given = {name: members.pop(name) for name in ("origin", "token", "remote_start_id", "source") if name in members}
    when = members.pop("accepted_at", at(-600))
    return Installed(evse, profile(*limits, **members), when, **given)


def maximum(*limits: tuple[int, float] | float, **members: Any) -> Installed:
    return installed(*limits, evse=0, purpose=Purpose.STATION_MAX, **members)


def running(evse: int = 1, transaction: str = "tx", began: float = -300, **members: Any) -> Running:
    return Running(f"key-{transaction}", transaction, evse, at(began), at(began), **members)


def situation(*known: Installed, **members: Any) -> Situation:
    members.setdefault("begin", NOW)
    members.setdefault("evses", (1, 2))
    return Situation(installed=known, **members)


limits = st.integers(0, 640).map(lambda tenths: Decimal(tenths) / 10)
phases = st.one_of(st.none(), st.integers(1, 3))
moments = st.integers(-3 * WINDOW_S, 2 * WINDOW_S).map(lambda s: at(s / 2))
starts = st.builds(lambda days, s: at(s - days * 86_400), st.sampled_from([0, 0, 1, 7, 30]), st.integers(-200, 150))


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    unit = draw(st.sampled_from(Unit))
    scale = 1 if unit is Unit.AMPERES else 300
    marks = sorted({0, *draw(st.lists(st.integers(1, 100), max_size=4))})
    parts = tuple(Period(mark, draw(limits) * scale, draw(phases)) for mark in marks)
    duration = draw(st.one_of(st.none(), st.integers(marks[-1] + 1, 200)))
    return Schedule(unit, parts, draw(starts), duration)


@st.composite
def anything_installed(draw: st.DrawFn) -> Installed:
    purpose = draw(st.sampled_from([Purpose.STATION_MAX, Purpose.DEFAULT, Purpose.SESSION, Purpose.EXTERNAL]))
    kind = draw(st.sampled_from([Kind.ABSOLUTE, Kind.RECURRING, Kind.RELATIVE]))
    evses = {Purpose.STATION_MAX: (0,), Purpose.SESSION: (1, 2)}.get(purpose, (0, 1, 2))
    made = Profile(
        id=draw(st.integers(1, 10**6)),
        stack_level=draw(st.integers(0, 3)),
        purpose=purpose,
        kind=kind,
        schedules=(draw(schedules()),),
        recurrence=draw(st.sampled_from(Recurrence)) if kind is Kind.RECURRING else None,
        valid_from=draw(st.one_of(st.none(), moments)),
        valid_to=draw(st.one_of(st.none(), moments)),
        transaction=draw(st.sampled_from(["tx-1", "tx-2", "gone"])) if purpose is Purpose.SESSION else None,
    )
    return Installed(draw(st.sampled_from(evses)), made, at(-600))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    sessions = draw(st.sampled_from([(), (1,), (2,), (1, 2)]))
    return Situation(
        begin=at(draw(st.integers(-5, 5))),
        installed=tuple(draw(st.lists(anything_installed(), max_size=6))),
        constraints=tuple(
            draw(
                st.lists(
                    st.builds(
                        Constraint,
                        source=st.just("EMS"),
                        evse=st.integers(0, 2),
                        at=st.just(at(-60)),
                        schedules=st.tuples(schedules()),
                    ),
                    max_size=1,
                )
            )
        ),
        sessions=tuple(running(evse, f"tx-{evse}", -draw(st.integers(0, 90))) for evse in sessions),
        evses=(1, 2),
        supply=Supply(draw(st.sampled_from([230, 120, 400])), draw(st.integers(1, 3))),
        exclusive=draw(st.booleans()),
    )
