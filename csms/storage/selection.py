"""Which stations a selection means, as conditions of SQL."""

from collections.abc import Iterator
from typing import Any

from csms.domain.fleet.selection import Selection
from csms.kit.globs import like

FROM = "stations s LEFT JOIN presence p ON p.station_id = s.id"
"""What the conditions speak of."""


def conditions(selection: Selection, *, first: int = 1) -> tuple[str, list[Any]]:
    """Return what holds for the stations that are meant, and its values, numbered from `first`."""
    parts: list[str] = []
    values: list[Any] = []
    for condition, value in _parts(selection):
        parts.append(condition.replace("$", f"${first + len(values)}"))
        values.append(value)
    return " AND ".join(parts) or "true", values


def _parts(selection: Selection) -> Iterator[tuple[str, Any]]:
    if selection.ids:
        yield "lower(s.id) = ANY($::text[])", [one.lower() for one in selection.ids]
    if selection.site is not None:
        yield "s.site_id = $", selection.site
    if selection.labels:
        yield "s.labels @> $::text[]", list(selection.labels)
    for column in ("vendor", "model", "firmware"):
        if (pattern := getattr(selection, column)) is not None:
            yield f"coalesce(s.{column}, '') ILIKE $", like(pattern)
    if selection.protocol is not None:
        yield "p.protocol = $", selection.protocol
    if selection.online is not None:
        yield "coalesce(p.online, false) = $", selection.online
