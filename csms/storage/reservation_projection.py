"""What readers see of reservations: a row for each that a station was asked for and answered to."""

from typing import Any

from csms.domain.reservation import Reservation
from csms.domain.station.reservations import ReservationEnded, ReservationMade, ReservationRefused
from csms.storage.texts import clean

ANSWERED = """
INSERT INTO reservations (id, station_id, number, evse, connector_type, token, token_kind, "group", expires_at, asked_at,
    answered_at, status, accepted)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::boolean[])
ON CONFLICT (id) DO NOTHING
"""

ENDED = """
UPDATE reservations SET ending = row.ending, rank = row.rank, ended_at = row.at, transaction_id = row.session
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::smallint[], $6::timestamptz[], $7::text[])
    AS row (station_id, key, number, ending, rank, at, session)
WHERE reservations.accepted AND reservations.rank < row.rank AND reservations.id = CASE WHEN row.key <> '' THEN row.key ELSE (
    SELECT id FROM reservations AS named WHERE named.station_id = row.station_id AND named.number = row.number
        AND row.at BETWEEN named.asked_at - interval '5 minutes' AND named.expires_at + interval '5 minutes'
    ORDER BY named.asked_at DESC LIMIT 1
) END
"""
"""An end that comes without a key is that of the newest reservation which had the number at its time."""

Row = tuple[Any, ...]


def made(station: str, event: ReservationMade) -> list[tuple[Row, Row]]:
    """Return the row of a promise."""
    return [_answered(station, event.reservation, event, "Accepted", accepted=True)]


def refused(station: str, event: ReservationRefused) -> list[tuple[Row, Row]]:
    """Return the row of a refusal."""
    return [_answered(station, event.reservation, event, event.status, accepted=False)]


def ended(station: str, event: ReservationEnded) -> list[tuple[Row, Row]]:
    """Return the end of a reservation."""
    told = event.told
    rest = (told.ending.value, told.ending.rank, told.at, clean(told.session))
    return [((station, event.key, told.number), (station, event.key, told.number, *rest))]


def _answered(
    station: str, asked: Reservation, event: ReservationMade | ReservationRefused, status: str, *, accepted: bool
) -> tuple[Row, Row]:
    row = (
        asked.key,
        station,
        asked.number,
        asked.evse,
        clean(asked.connector_type),
        clean(asked.token.value),
        clean(asked.token.kind),
        clean(asked.group),
        asked.expires_at,
        asked.asked_at,
        event.at,
        clean(status),
        accepted,
    )
    return (asked.key,), row
