"""How much of what a station tells is kept, if it tells far too much (Q116)."""

from datetime import datetime

from csms.domain.station.evolve import FLOOD_WINDOW
from csms.domain.station.state import Station

MOST_KEPT = 120


def has_overflowed(station: Station, at: datetime) -> bool:
    """Whether so much was kept within the minute that no more is."""
    return _kept(station, at) > MOST_KEPT


def word_of_flood(station: Station, at: datetime) -> str | None:
    """Return what a person should know of a flood, once in it, when the last of it is kept."""
    if _kept(station, at) != MOST_KEPT:
        return None
    return f"more than {MOST_KEPT} messages in a minute; the next ones stand in the message log alone"


def _kept(station: Station, at: datetime) -> int:
    flood = station.flood
    return 0 if flood is None or at - flood.since >= FLOOD_WINDOW else flood.kept
