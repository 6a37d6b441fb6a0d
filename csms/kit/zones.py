"""Time zones by their names."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo


def zone_of(name: str) -> tzinfo:
    """Return a time zone; raise `LookupError` or `ValueError` for one that is not known here."""
    return UTC if name == "UTC" else ZoneInfo(name)
