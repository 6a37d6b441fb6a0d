"""What readers see of security events: a row for each, once."""

from typing import Any

from csms.domain.station.security import SecurityChangeAnswered, SecurityEventTold
from csms.storage.texts import clean

TOLD = """
INSERT INTO security_events (station_id, kind, at, received_at, info, critical)
SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[], $6::boolean[])
ON CONFLICT DO NOTHING
"""
"""What was told long ago, and is told again, is on record already."""

ANSWERED = """
WITH answers AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[]) AS row (station_id, call_id, accepted, at)
), refused AS (
    DELETE FROM security_changes USING answers
    WHERE security_changes.station_id = answers.station_id AND security_changes.call_id = answers.call_id AND NOT accepted
)
UPDATE security_changes SET accepted_at = answers.at FROM answers
WHERE security_changes.station_id = answers.station_id AND security_changes.call_id = answers.call_id AND accepted
"""
"""What a station refuses is forgotten: only what it had before lets it in (16-SEC-02)."""

Row = tuple[Any, ...]


def told(station: str, event: SecurityEventTold) -> list[tuple[Row, Row]]:
    """Return the row of an event."""
    said = clean(event.kind), event.at
    info = clean(event.info)
    return [((station, *said, info), (station, *said, event.received_at, info, event.critical))]


def answered(station: str, event: SecurityChangeAnswered) -> list[tuple[Row, Row]]:
    """Return the answer to what a station was offered."""
    return [((station, event.call_id), (station, event.call_id, event.accepted, event.at))]
