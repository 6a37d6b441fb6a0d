"""Errands in the database."""

from datetime import datetime

import asyncpg

from csms.features.errands.schemas import Errand, ErrandStory, Progress

OVERDUE = """stage IN ('asked', 'unanswered', 'running')
    AND greatest(changed_at, retrieve_at, install_at) < now() - interval '1 hour'"""
SELECT = f"""
SELECT errands.id, errands.station_id, kind, errands.action, request_id, stage, status, location, retrieve_at, install_at,
    oldest_at, latest_at, retries, retry_interval_s, file_name, version_before, version_after, presumed, {OVERDUE} AS overdue,
    asked_by, errands.asked_at, answered_at, changed_at
FROM errands LEFT JOIN station_calls ON station_calls.id = errands.id
"""
FILTERS = f"""
WHERE ($1::text IS NULL OR lower(errands.station_id) = lower($1)) AND ($2::text IS NULL OR kind = $2)
    AND ($3::text IS NULL OR stage = $3) AND ($4::boolean IS NULL OR ({OVERDUE}) = $4)
    AND ($5::timestamptz IS NULL OR (errands.asked_at, errands.id) < ($5, $6))
ORDER BY errands.asked_at DESC, errands.id DESC LIMIT $7
"""
PROGRESS = "SELECT * FROM errand_progress WHERE errand_id = $1 ORDER BY id"
TOLD = """
SELECT * FROM errand_progress WHERE lower(station_id) = lower($1) AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""


class Errands:
    """Reads errands."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def some(  # the filters of the route
        self,
        *,
        station: str | None,
        kind: str | None,
        stage: str | None,
        overdue: bool | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[Errand]:
        """Return errands, the youngest first."""
        at, errand = after or (None, None)
        records = await self._pool.fetch(SELECT + FILTERS, station, kind, stage, overdue, at, errand, limit)
        return [Errand(**dict(record)) for record in records]

    async def one(self, errand: str) -> ErrandStory | None:
        """Return an errand with all that was told of it."""
        record = await self._pool.fetchrow(SELECT + "WHERE errands.id = $1", errand)
        if record is None:
            return None
        progress = [Progress(**dict(told)) for told in await self._pool.fetch(PROGRESS, errand)]
        return ErrandStory(**dict(record), progress=progress)

    async def told(self, station: str, *, after: int | None, limit: int) -> list[Progress]:
        """Return all statuses that a station told, the youngest first."""
        return [Progress(**dict(record)) for record in await self._pool.fetch(TOLD, station, after, limit)]
