"""Reservations in the database."""

from datetime import datetime
from typing import Literal

import asyncpg
from msgspec import Struct

Phase = Literal["active", "refused", "expired", "replaced", "removed", "cancelled", "no-session", "used"]

SELECT = """
SELECT * FROM (
    SELECT id, station_id, number, evse, connector_type, token, nullif(token_kind, '') AS token_kind, "group", expires_at,
        asked_at, answered_at, status, transaction_id,
        CASE WHEN NOT accepted THEN 'refused' WHEN ending IS NOT NULL THEN ending WHEN expires_at <= $1 THEN 'expired'
            ELSE 'active' END AS phase,
        CASE WHEN accepted AND ending IS NULL AND expires_at <= $1 THEN expires_at ELSE ended_at END AS ended_at
    FROM reservations
) AS shown
"""
"""What a station never ended is over all the same once its time is."""
FILTERS = """
WHERE ($2::text IS NULL OR lower(station_id) = lower($2)) AND ($3::text IS NULL OR phase = $3)
    AND ($4::text IS NULL OR lower(token) = lower($4)) AND ($5::bigint IS NULL OR number = $5)
    AND ($6::timestamptz IS NULL OR (asked_at, id) < ($6, $7))
ORDER BY asked_at DESC, id DESC LIMIT $8
"""


class Reservation(Struct, frozen=True):
    """A reservation that a station was asked for; `id` is that of the call that asked, `number` is the station's.

    `status` is the station's word, `phase` what became of it: `active` while it holds. One that was
    `used` names the session by `transaction_id`.
    """

    id: str
    station_id: str
    number: int
    evse: int | None
    connector_type: str | None
    token: str
    token_kind: str | None
    group: str | None
    expires_at: datetime
    asked_at: datetime
    answered_at: datetime
    status: str
    phase: str
    ended_at: datetime | None
    transaction_id: str | None


class Reservations:
    """Reads reservations as they are at a time."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", now: datetime) -> None:
        self._pool = pool
        self._now = now

    async def one(self, reservation: str) -> Reservation | None:
        """Return a reservation by its id."""
        record = await self._pool.fetchrow(SELECT + "WHERE id = $2", self._now, reservation)
        return None if record is None else Reservation(**dict(record))

    async def some(  # the filters of the route
        self,
        *,
        station: str | None,
        phase: Phase | None,
        token: str | None,
        number: int | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Reservation]:
        """Return reservations, the youngest first; those after the time and id `after`."""
        at, key = after or (None, None)
        records = await self._pool.fetch(SELECT + FILTERS, self._now, station, phase, token, number, at, key, limit)
        return [Reservation(**dict(record)) for record in records]
