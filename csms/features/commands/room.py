"""How much a station takes in one call (Q43)."""

import asyncpg

LIMIT = """
SELECT min(value::bigint) FROM station_variables
WHERE station_id = $1 AND lower(variable) = 'bytespermessage'
    AND (lower(variable_instance) = lower($2) OR $2 = 'SendLocalList' AND lower(component) = 'localauthlistctrlr')
    AND value ~ '^[1-9][0-9]{0,8}$'
"""
ITEMS = """
SELECT min(value::bigint) FROM station_variables
WHERE station_id = $1 AND value ~ '^[1-9][0-9]{0,8}$' AND (
    (lower(variable) = 'itemspermessage' AND lower(variable_instance) = lower($2))
    OR (lower(variable) = 'getconfigurationmaxkeys' AND $2 = 'GetConfiguration')
)
"""
CHAIN, CHAIN_BYTES = "CertificateSigned", 12_000
"""A chain of certificates has a limit of its own, which is told in characters of it (SEC-42)."""
ENVELOPE = len('[2,"00000000-0000-0000-0000-000000000000","",]')


async def told_limit(pool: "asyncpg.Pool[asyncpg.Record]", station: str, action: str) -> int | None:
    """Return how many bytes a station says that it takes in a call; None if it never said."""
    limit: int | None = await pool.fetchval(LIMIT, station, action)
    return CHAIN_BYTES if limit is None and action == CHAIN else limit


async def told_items(pool: "asyncpg.Pool[asyncpg.Record]", station: str, action: str) -> int | None:
    """Return how many things a station says that it takes in a call (Q93, Q115); None if it never said."""
    items: int | None = await pool.fetchval(ITEMS, station, action)
    return items


def frame_bytes(action: str, payload: bytes) -> int:
    """Return how large the frame of a call will be."""
    return ENVELOPE + len(action.encode()) + len(payload)
