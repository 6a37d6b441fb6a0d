"""What is wanted of a station beside what it told."""

from collections.abc import Mapping
from typing import Any

from csms.domain.fleet.configuration import Key, Wanted, same
from csms.domain.vendors.habits import Habits
from csms.domain.vendors.profiles import is_untouched
from csms.features.configuration.schemas import Drift

Told = Mapping[Key, tuple[str, str | None]]


def drifts(wanted: Mapping[Key, Wanted], told: Told, habits: Habits, attempts: Mapping[Key, Any]) -> list[Drift]:
    """Return each wanted value with its state."""
    return [_drift(key, one, told, habits, attempts) for key, one in sorted(wanted.items())]


def _drift(key: Key, one: Wanted, told: Told, habits: Habits, attempts: Mapping[Key, Any]) -> Drift:
    value = one.value
    known = told.get(key)
    attempt = attempts.get(key)
    return Drift(
        component=value.component,
        variable=value.variable,
        wanted=value.value,
        source=one.source,
        told=None if known is None else known[1],
        state=_state(value.value, known, untouched=is_untouched(habits, value.variable)),
        attempt=None if attempt is None else attempt["outcome"],
        attempted_at=None if attempt is None else attempt["at"],
    )


def _state(wanted: str, known: tuple[str, str | None] | None, *, untouched: bool) -> str:
    if untouched:
        return "untouched"
    if known is None:
        return "untold"
    return "in-sync" if same(wanted, known[1]) else "drifted"
