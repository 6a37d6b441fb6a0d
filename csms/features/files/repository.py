"""Files that stations brought, in the database."""

from datetime import datetime
from typing import Literal

import asyncpg
from msgspec import Struct

Status = Literal["coming", "whole", "partial", "too-large", "lost"]


class StationFile(Struct, frozen=True):
    """A file that a station brought, or tried to; only `whole` and `partial` ones have a content."""

    id: str
    station_id: str
    errand_id: str
    name: str
    status: str
    size_bytes: int | None
    sha256: str | None
    transport: str
    remote: str | None
    began_at: datetime
    ended_at: datetime | None

    @property
    def revision(self) -> int:
        """How often it was changed: it comes, and then stays as it is."""
        return 1 if self.status == "coming" else 2


SELECT = f"SELECT {', '.join(StationFile.__struct_fields__)} FROM station_files "
FILTERS = """
WHERE ($1::text IS NULL OR lower(station_id) = lower($1)) AND ($2::text IS NULL OR errand_id = $2)
    AND ($3::text IS NULL OR status = $3) AND ($4::timestamptz IS NULL OR (began_at, id) < ($4, $5))
ORDER BY began_at DESC, id DESC LIMIT $6
"""


class Files:
    """Reads and removes files."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def some(  # the filters of the route
        self,
        *,
        station: str | None,
        errand: str | None,
        status: str | None,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> list[StationFile]:
        """Return files, the youngest first."""
        at, file = after or (None, None)
        records = await self._pool.fetch(SELECT + FILTERS, station, errand, status, at, file, limit)
        return [StationFile(**dict(record)) for record in records]

    async def one(self, file: str) -> StationFile | None:
        """Return one file."""
        record = await self._pool.fetchrow(SELECT + "WHERE id = $1", file)
        return None if record is None else StationFile(**dict(record))

    async def remove(self, file: str) -> bool:
        """Take a file off the list; False if it was not there, or is still coming."""
        done = await self._pool.execute("DELETE FROM station_files WHERE id = $1 AND status <> 'coming'", file)
        return str(done) == "DELETE 1"
