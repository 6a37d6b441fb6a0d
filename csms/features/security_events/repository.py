"""Security events in the database."""

from datetime import datetime

import asyncpg
from msgspec import Struct

SOME = """
SELECT id, station_id, kind AS type, at AS timestamp, received_at, info AS tech_info, critical FROM security_events
WHERE ($1::text IS NULL OR lower(station_id) = lower($1)) AND ($2::text IS NULL OR lower(kind) = lower($2))
    AND ($3::boolean IS NULL OR critical = $3) AND ($4::timestamptz IS NULL OR received_at >= $4)
    AND ($5::timestamptz IS NULL OR received_at < $5) AND ($6::bigint IS NULL OR id < $6)
ORDER BY id DESC LIMIT $7
"""


class SecurityEvent(Struct, frozen=True):
    """What a station told of its security; `timestamp` is by its own clock, and `type` in its own word.

    `critical`: the specification has stations report events of this type at once.
    """

    id: int
    station_id: str
    type: str
    timestamp: datetime
    received_at: datetime
    tech_info: str | None
    critical: bool


class SecurityEvents:
    """Reads security events."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def some(  # the filters of the route
        self,
        *,
        station: str | None,
        kind: str | None,
        critical: bool | None,
        since: datetime | None,
        until: datetime | None,
        after: int | None,
        limit: int,
    ) -> list[SecurityEvent]:
        """Return events, the last to come in first; `since` and `until` bound when they came in."""
        records = await self._pool.fetch(SOME, station, kind, critical, since, until, after, limit)
        return [SecurityEvent(**dict(record)) for record in records]
