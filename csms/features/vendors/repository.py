"""What operators said of single stations."""

import asyncpg
import msgspec

from csms.domain.vendors.habits import Habits

WRITE = "UPDATE stations SET habits = $2::jsonb, version = version + 1 WHERE lower(id) = lower($1) RETURNING id"

Pool = asyncpg.Pool


class Overrides:
    """Writes the habits that hold for one station before those of its make."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def write(self, station: str, habits: Habits) -> str | None:
        """Set all of them, and return the station's id; None if there is no such station."""
        written: str | None = await self._pool.fetchval(WRITE, station, msgspec.json.encode(habits).decode())
        return written
