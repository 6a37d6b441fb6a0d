"""What the routes of vendors and habits give."""

from typing import Any

from msgspec import Struct

from csms.domain.vendors.habits import Habits


class VendorProfile(Struct, frozen=True):
    """A profile out of a file; it means stations that match a pattern of each list that is not empty."""

    name: str
    source: str
    vendor: tuple[str, ...]
    model: tuple[str, ...]
    firmware: tuple[str, ...]
    habits: Habits


class Habit(Struct, frozen=True):
    """One habit; `source` is `station` for what an operator said of this one, a profile, or `house` for all others."""

    value: Any
    source: str


class StationHabits(Struct, frozen=True):
    """How a station is treated, and why; `overrides` is what an operator said of this one."""

    station: str
    vendor: str
    model: str
    firmware: str
    profiles: list[str]
    habits: dict[str, Habit]
    overrides: Habits
