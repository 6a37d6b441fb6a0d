"""What readers see of security events: a row for each, once."""

from typing import Any

from csms.domain.station.security import SecurityEventTold
from csms.storage.texts import clean

TOLD = """
INSERT INTO security_events (station_id, kind, at, received_at, info, critical)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::boolean[])
ON CONFLICT DO NOTHING
"""
"""What was told long ago, and is told again, is on record already."""

Row = tuple[Any, ...]


def told(station: str, event: SecurityEventTold) -> list[tuple[Row, Row]]:
    """Return the row of an event."""
    said = clean(event.kind), event.at
    info = clean(event.info)
    return [((station, *said, info), (station, *said, event.received_at, info, event.critical))]
