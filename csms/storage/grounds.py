"""What the answer to a token may depend on, beside the token."""

from collections.abc import Collection

import asyncpg
from msgspec import Struct, json

from csms.domain.access import TokenRef
from csms.domain.premises import Premises
from csms.storage.reading import READ_WITHIN_S, fetch

PREMISES = """
SELECT site_id, topology::text AS topology, EXISTS (
    SELECT FROM station_variables
    WHERE station_id = stations.id AND lower(variable) = 'available' AND lower(value) = 'true' AND (
        lower(component) = 'displaymessagectrlr'
        OR (lower(component) = 'tariffcostctrlr' AND lower(variable_instance) = 'tariff')
    )
) AS shows_messages FROM stations WHERE id = $1
"""
BUSY = """
SELECT DISTINCT station_id FROM sessions
WHERE active AND lower(token) = lower($1) AND last_heard_at > now() - interval '24 hours'
"""
"""A session that nobody heard of for a day is a ghost, and holds nobody up (Q64)."""


class _Connector(Struct):
    type: str | None = None


class _Evse(Struct):
    id: int
    connectors: list[_Connector] = []


class PostgresGrounds:
    """The `Grounds` of Postgres."""

    def __init__(self, *, pool: "asyncpg.Pool[asyncpg.Record]", within_s: float = READ_WITHIN_S) -> None:
        self._pool = pool
        self._within_s = within_s

    async def premises(self, station: str) -> Premises:
        """Return where a station stands, and what it is, as it is known now."""
        for record in await fetch(self._pool, PREMISES, station, within_s=self._within_s):
            built = json.decode(record["topology"], type=list[_Evse])
            evses = [(evse.id, tuple(plug.type for plug in evse.connectors if plug.type)) for evse in built]
            return Premises(station, record["site_id"], tuple(evses), record["shows_messages"])
        return Premises(station)

    async def busy_at(self, token: TokenRef) -> Collection[str]:
        """Return the stations where a token has a session that was heard of lately."""
        records = await fetch(self._pool, BUSY, token.value.replace("\0", ""), within_s=self._within_s)
        return [record["station_id"] for record in records]
