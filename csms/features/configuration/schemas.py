"""What the routes of configurations take and give."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from csms.domain.fleet.configuration import Restart, WantedValue
from csms.domain.fleet.selection import Selection

Values = Annotated[tuple[WantedValue, ...], Meta(min_length=1, max_length=50)]


class NewConfiguration(Struct, frozen=True, forbid_unknown_fields=True):
    """Values that are wanted of the stations of a selection.

    With `restart`, a station is restarted by itself, once, for a value that counts only after that.
    """

    selection: Selection
    values: Values
    restart: Restart | None = None


class OwnConfiguration(Struct, frozen=True, forbid_unknown_fields=True):
    """Values that are wanted of one station, before those of all selections; `restart` as there."""

    values: Values
    restart: Restart | None = None


class ConfigurationRow(Struct, frozen=True):
    """A configuration as it stands; `station` is set for that of one alone."""

    name: str
    station: str | None
    selection: Selection
    values: tuple[WantedValue, ...]
    changed_at: datetime
    restart: Restart | None = None


class Drift(Struct, frozen=True):
    """One wanted value beside what the station told last.

    `state`: `in-sync`, `drifted`, `untold` (the station never told it) or `untouched` (its make must not be asked).
    `attempt` is how the last attempt to set it ended, and `attempted_at` when.
    """

    component: str
    variable: str
    wanted: str
    source: str
    told: str | None
    state: str
    attempt: str | None = None
    attempted_at: datetime | None = None


class StationConfiguration(Struct, frozen=True):
    """How one station is set up beside how it is wanted to be."""

    station: str
    in_sync: bool
    values: list[Drift]


class StationSummary(Struct, frozen=True):
    """How many of the wanted values of a station are in which state."""

    station: str
    states: dict[str, int]
