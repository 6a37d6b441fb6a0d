"""Sites in the database."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from csms.features.sites.schemas import Site

SELECT = """
SELECT id, name, city, latitude, longitude, time_zone, created_at, version,
    (SELECT count(*) FROM stations WHERE site_id = sites.id) AS stations
FROM sites
"""
FILTERS = """
WHERE ($1::text IS NULL OR id > $1) AND ($2::text IS NULL OR lower(city) = lower($2))
    AND ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0)
ORDER BY id LIMIT $4
"""
INSERT = """
INSERT INTO sites (id, name, city, latitude, longitude, time_zone) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING
"""
CONDITION = "WHERE id = $1 AND ($2::bigint[] IS NULL OR version = ANY($2))"


class Sites:
    """Reads and writes sites."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def one(self, site: str) -> Site | None:
        """Return a site."""
        record = await self._pool.fetchrow(SELECT + "WHERE id = $1", site)
        return None if record is None else Site(**dict(record))

    async def some(self, *, after: str | None, city: str | None, q: str | None, limit: int) -> list[Site]:
        """Return sites by id, those after the id `after`."""
        return [Site(**dict(record)) for record in await self._pool.fetch(SELECT + FILTERS, after, city, q, limit)]

    async def add(self, values: Mapping[str, Any]) -> bool:
        """Add a site; False if the id is taken."""
        columns = ("id", "name", "city", "latitude", "longitude", "time_zone")
        return str(await self._pool.execute(INSERT, *(values[name] for name in columns))) == "INSERT 0 1"

    async def change(self, site: str, changes: Mapping[str, Any], *, versions: Sequence[int] | None) -> bool:
        """Change columns; False if there is no such site, or none of `versions` is its version."""
        sets = ["version = version + 1", *(f"{name} = ${n}" for n, name in enumerate(changes, start=3))]
        change = (
            f"UPDATE sites SET {', '.join(sets)} {CONDITION}"  # names of our own columns; all values are parameters
        )
        return str(await self._pool.execute(change, site, versions, *changes.values())) == "UPDATE 1"

    async def remove(self, site: str, *, versions: Sequence[int] | None) -> bool:
        """Forget a site; False as for `change`. Raises `ForeignKeyViolationError` while stations stand there."""
        return str(await self._pool.execute(f"DELETE FROM sites {CONDITION}", site, versions)) == "DELETE 1"
