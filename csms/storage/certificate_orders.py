"""What is on record of certificate orders when a station asks for another."""

from collections.abc import Iterable

import asyncpg

from csms.domain.station.signing import OPEN, KnownOrder
from csms.ports.certificates import Orders
from csms.storage.reading import READ_WITHIN_S, fetch

KNOWN = """
SELECT id, key_digest, kind, stage, reason, request_id, repeats FROM certificate_orders
WHERE lower(station_id) = lower($1) AND (asked_at > now() - interval '1 day' OR stage = ANY($2)) ORDER BY asked_at
"""
OTHERS = "SELECT id FROM stations WHERE lower(id) = ANY($1::text[]) AND lower(id) <> lower($2)"

ROOM = """
SELECT min(value::bigint) FROM station_variables WHERE station_id = $1 AND value ~ '^[1-9][0-9]{0,8}$'
    AND lower(variable) IN ('certificatesignedmaxchainsize', 'maxcertificatechainsize')
"""


async def chain_room(pool: "asyncpg.Pool[asyncpg.Record]", station: str) -> int | None:
    """Return how many characters of a chain a station says that it takes (SEC-42); None if it never said."""
    room: int | None = await pool.fetchval(ROOM, station)
    return room


class PostgresOrders:
    """The `CertificateOrders` of Postgres."""

    def __init__(self, *, pool: "asyncpg.Pool[asyncpg.Record]", within_s: float = READ_WITHIN_S) -> None:
        self._pool = pool
        self._within_s = within_s

    async def look(self, station: str, names: Iterable[str]) -> Orders:
        """Return the orders of a station, and which of `names` are ids of others."""
        stages, folded = [stage.value for stage in OPEN], [name.replace("\0", "").lower() for name in names]
        known = await fetch(self._pool, KNOWN, station, stages, within_s=self._within_s)
        others = await fetch(self._pool, OTHERS, folded, station, within_s=self._within_s) if folded else []
        return Orders(tuple(KnownOrder(*record) for record in known), tuple(record["id"] for record in others))
