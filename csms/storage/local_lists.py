"""Local lists in the database: what stations have, and how much of one they take."""

from collections.abc import Mapping

import asyncpg
from msgspec import Struct

from csms.domain.local_list import Limits, Listed
from csms.ports.commands import LimitVariable
from csms.storage.list_projection import read_entries

KNOWN = "SELECT version, entries::text, names::text FROM local_lists WHERE station_id = $1"
LIMITS = """
SELECT wanted.name, CASE WHEN wanted.ceiling THEN floor(told.max_limit)::bigint ELSE trim(told.value)::bigint END AS value
FROM unnest($2::text[], $3::text[], $4::text[], $5::boolean[]) AS wanted (name, component, variable, ceiling)
    JOIN station_variables AS told ON told.station_id = $1 AND lower(told.component) = lower(wanted.component)
        AND lower(told.variable) = lower(wanted.variable) AND told.attribute = 'Actual'
WHERE CASE WHEN wanted.ceiling THEN told.max_limit BETWEEN 1 AND 1e9 ELSE told.value ~ '^ *[1-9][0-9]{0,8} *$' END
"""


class KnownList(Struct, frozen=True):
    """The list of a station as far as anybody knows: `version` and `content` are None where nobody does."""

    version: int | None = None
    content: dict[str, Listed] | None = None


async def known_list(pool: "asyncpg.Pool[asyncpg.Record]", station: str) -> KnownList:
    """Return what a station accepted last, or told since."""
    record = await pool.fetchrow(KNOWN, station)
    if record is None:
        return KnownList()
    content = None if record["entries"] is None else read_entries(record["entries"], record["names"])
    return KnownList(record["version"], content)


async def told_limits(pool: "asyncpg.Pool[asyncpg.Record]", station: str, names: Mapping[str, LimitVariable]) -> Limits:
    """Return how much a station says that it takes; `names` are the variables that tell it."""
    variables = names.values()
    records = await pool.fetch(
        LIMITS,
        station,
        list(names),
        [variable.component for variable in variables],
        [variable.variable for variable in variables],
        [variable.is_ceiling for variable in variables],
    )
    return Limits(**{record["name"]: record["value"] for record in records})
