"""Tokens in the database."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from csms.features.tokens.schemas import Place, Token

STATUSES = {"accepted": "Accepted", "blocked": "Blocked", "no-credit": "NoCredit"}
SELECT = """
SELECT id, value, kind, CASE status WHEN 'NoCredit' THEN 'no-credit' ELSE lower(status) END AS status, "group",
    expires_at, places::text AS places, connector_types, one_session, message, language, created_at, version FROM tokens
"""
FILTERS = """
WHERE ($1::text IS NULL OR lower(value) = lower($1)) AND ($2::text IS NULL OR "group" = $2)
    AND ($3::text IS NULL OR (value, id) > ($3, $4))
ORDER BY value, id LIMIT $5
"""
UNKNOWN_PLACES = """
SELECT n FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS place (site, station, n)
WHERE NOT EXISTS (SELECT FROM sites WHERE id = site) AND NOT EXISTS (SELECT FROM stations WHERE lower(id) = lower(station))
ORDER BY n
"""
CONDITION = "WHERE id = $1 AND ($2::bigint[] IS NULL OR version = ANY($2))"


_places = msgspec.json.Decoder(list[Place])


class Tokens:
    """Reads and writes tokens."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def one(self, token: str) -> Token | None:
        """Return a token."""
        record = await self._pool.fetchrow(SELECT + "WHERE id = $1", token)
        return None if record is None else _shaped(record)

    async def some(
        self, *, value: str | None, group: str | None, after: tuple[str, str] | None, limit: int
    ) -> list[Token]:
        """Return tokens by value, those after a value and an id."""
        records = await self._pool.fetch(SELECT + FILTERS, value, group, *(after or (None, None)), limit)
        return [_shaped(record) for record in records]

    async def add(self, values: Mapping[str, Any]) -> str | None:
        """Add a token and return its id; None if there is such a one."""
        columns = {"id": str(uuid.uuid4()), **_stored(values)}
        names, places = (
            ", ".join(f'"{name}"' for name in columns),
            ", ".join(f"${n}" for n in range(1, len(columns) + 1)),
        )
        insert = (
            f"INSERT INTO tokens ({names}) VALUES ({places})"  # names of our own columns; all values are parameters
        )
        try:
            await self._pool.execute(insert, *columns.values())
        except asyncpg.UniqueViolationError:
            return None
        return str(columns["id"])

    async def change(self, token: str, changes: Mapping[str, Any], *, versions: Sequence[int] | None) -> bool:
        """Change columns; False if there is no such token, or none of `versions` is its version."""
        columns = _stored(changes)
        sets = ["version = version + 1", *(f'"{name}" = ${n}' for n, name in enumerate(columns, start=3))]
        change = f"UPDATE tokens SET {', '.join(sets)} {CONDITION}"
        return str(await self._pool.execute(change, token, versions, *columns.values())) == "UPDATE 1"

    async def unknown(self, places: Sequence[Place]) -> list[int]:
        """Return the indices of the places that there are not."""
        sites, stations = [place.site for place in places], [place.station for place in places]
        return [record["n"] - 1 for record in await self._pool.fetch(UNKNOWN_PLACES, sites, stations)]

    async def remove(self, token: str, *, versions: Sequence[int] | None) -> bool:
        """Forget a token; False as for `change`."""
        return str(await self._pool.execute(f"DELETE FROM tokens {CONDITION}", token, versions)) == "DELETE 1"


def _shaped(record: asyncpg.Record) -> Token:
    return Token(**{**dict(record), "places": _places.decode(record["places"])})


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as columns hold them."""
    columns = dict(values)
    if "status" in columns:
        columns["status"] = STATUSES[columns["status"]]
    if "places" in columns:
        columns["places"] = msgspec.json.encode(columns["places"]).decode()
    return columns
