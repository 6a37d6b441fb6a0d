"""How stations are wanted to be set up, and whether they are."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from csms.domain.fleet.selection import Selection
from csms.domain.fleet.windows import Window, is_open
from csms.kit.globs import matches
from csms.kit.zones import zone_of

Text = Annotated[str, Meta(min_length=1, max_length=255)]
Key = tuple[str, str]
"""Component and variable, letter case aside; a 1.6 key has no component."""


class WantedValue(Struct, frozen=True, forbid_unknown_fields=True):
    """What a variable shall be; a 1.6 key is a variable without a component."""

    variable: Text
    value: Annotated[str, Meta(max_length=2500)]
    component: Annotated[str, Meta(max_length=255)] = ""

    @property
    def key(self) -> Key:
        """What it is known by."""
        return key_of(self.component, self.variable)


class Restart(Struct, frozen=True, forbid_unknown_fields=True):
    """When a station may be restarted for a value that counts only after that, while it has no session.

    On the clock of `timezone`; no windows mean at any time.
    """

    windows: Annotated[tuple[Window, ...], Meta(max_length=20)] = ()
    timezone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"


class Configuration(Struct, frozen=True):
    """Values that are wanted of the stations of a selection, or of one station alone.

    `restart` None leaves it to operators to restart a station for them.
    """

    name: str
    values: tuple[WantedValue, ...]
    selection: Selection = Selection()
    station: str | None = None
    restart: Restart | None = None


class Traits(Struct, frozen=True):
    """What a selection asks of a station."""

    id: str
    site: str | None = None
    labels: tuple[str, ...] = ()
    vendor: str = ""
    model: str = ""
    firmware: str = ""
    protocol: str | None = None
    online: bool = False


class Wanted(Struct, frozen=True):
    """A value that is wanted of one station, by which configuration, and when it may be restarted for that."""

    value: WantedValue
    source: str
    restart: Restart | None = None


class Pending(Struct, frozen=True):
    """A value that a station took, but that counts only after its next restart."""

    station: str
    key: Key
    value: str


def key_of(component: str, variable: str) -> Key:
    """Return what a variable is known by (Q95)."""
    return (component.strip().casefold(), variable.strip().casefold())


def means(selection: Selection, station: Traits) -> bool:
    """Whether a selection means a station."""
    ids = {one.casefold() for one in selection.ids}
    patterns = ((getattr(selection, name), getattr(station, name)) for name in ("vendor", "model", "firmware"))
    return (
        not selection.says_nothing
        and (not ids or station.id.casefold() in ids)
        and selection.site in {None, station.site}
        and set(selection.labels) <= set(station.labels)
        and all(pattern is None or matches(pattern, told) for pattern, told in patterns)
        and selection.protocol in {None, station.protocol}
        and selection.online in {None, station.online}
    )


def wanted_of(configurations: Iterable[Configuration], station: Traits) -> Mapping[Key, Wanted]:
    """Return what is wanted of a station: that of it alone goes before all, then that of who says more of whom it means."""
    meant = [
        one
        for one in configurations
        if (one.station == station.id if one.station is not None else means(one.selection, station))
    ]
    meant.sort(key=lambda one: (one.station is not None, _criteria(one.selection), one.name))
    return {value.key: Wanted(value, one.name, one.restart) for one in meant for value in one.values}


def may_restart_for(pending: Iterable[Pending], wanted: Mapping[Key, Wanted], now: datetime) -> bool:
    """Whether a station may be restarted now for any of these: what is not wanted any more is no reason."""
    reasons = [one for pend in pending if (one := wanted.get(pend.key)) and one.value.value == pend.value]
    return any(
        one.restart is not None and is_open(one.restart.windows, now, zone_of(one.restart.timezone)) for one in reasons
    )


def _criteria(selection: Selection) -> int:
    return sum(getattr(selection, name) != getattr(Selection(), name) for name in Selection.__struct_fields__)


def same(wanted: str, told: str | None) -> bool:
    """Whether a station is set as wanted: lists, blanks, numbers and truths are told in many ways (Q95)."""
    return told is not None and _normal(wanted) == _normal(told)


def _normal(text: str) -> tuple[str, ...]:
    return tuple(_plain(part.strip().strip("'\"").casefold()) for part in text.split(","))


def _plain(part: str) -> str:
    try:
        return f"{float(part):g}" if len(part) < 16 and part[-1:].isdigit() else part  # noqa: PLR2004  # beyond, digits get lost
    except ValueError:
        return part
