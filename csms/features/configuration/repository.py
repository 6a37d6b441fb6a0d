"""Configurations in the database, beside what stations told."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from csms.domain.fleet.configuration import Configuration, Key, Pending, Restart, Traits, WantedValue, key_of
from csms.domain.fleet.selection import Selection
from csms.features.configuration.schemas import ConfigurationRow

SELECT = "SELECT name, station_id, selection::text, wanted::text, restart::text, changed_at FROM configurations "
WRITE = """
INSERT INTO configurations (name, station_id, selection, wanted, restart) VALUES ($1, $2, $3::jsonb, $4::jsonb, $5::jsonb)
ON CONFLICT (name) DO UPDATE SET selection = excluded.selection, wanted = excluded.wanted, restart = excluded.restart, changed_at = now()
"""
TRAITS = """
SELECT s.id, s.site_id AS site, s.labels, coalesce(s.vendor, '') AS vendor, coalesce(s.model, '') AS model,
    coalesce(s.firmware, '') AS firmware, p.protocol, coalesce(p.online, false) AS online
FROM stations s LEFT JOIN presence p ON p.station_id = s.id
"""
TOLD = """
SELECT station_id, component, variable, value FROM station_variables
WHERE station_id = ANY($1::text[]) AND attribute = 'Actual' AND component_instance = '' AND variable_instance = ''
    AND evse = 0 ORDER BY reported_at
"""
ATTEMPTS = "SELECT * FROM configuration_attempts WHERE station_id = $1"
ATTEMPTED = """
INSERT INTO configuration_attempts (station_id, component, variable, wanted, outcome, firmware) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (station_id, component, variable) DO UPDATE SET wanted = excluded.wanted, outcome = excluded.outcome,
    firmware = excluded.firmware, at = now(), restart_asked_at = NULL
"""
BOOTED = """
SELECT s.id, s.booted_at FROM stations s JOIN presence p ON p.station_id = s.id AND p.online
LEFT JOIN configuration_checks c ON c.station_id = s.id
WHERE s.registration = 'Accepted' AND s.booted_at <= now() - $1::interval AND s.booted_at IS DISTINCT FROM c.booted_at
ORDER BY s.booted_at LIMIT 1000
"""
CHECKED = """
INSERT INTO configuration_checks (station_id, booted_at) SELECT * FROM unnest($1::text[], $2::timestamptz[])
ON CONFLICT (station_id) DO UPDATE SET booted_at = excluded.booted_at
"""
PENDING = """
SELECT a.station_id, a.component, a.variable, a.wanted FROM configuration_attempts a
JOIN stations s ON s.id = a.station_id JOIN presence p ON p.station_id = s.id AND p.online
WHERE a.outcome = 'needs-restart' AND a.restart_asked_at IS NULL AND s.registration = 'Accepted' AND a.at > s.booted_at
    AND NOT EXISTS (SELECT FROM sessions WHERE sessions.station_id = s.id AND active)
ORDER BY a.at LIMIT 1000
"""
RESTARTED = """
UPDATE configuration_attempts SET restart_asked_at = now() WHERE station_id = ANY($1::text[]) AND outcome = 'needs-restart'
"""
RESTARTS = "SELECT EXISTS (SELECT FROM configurations WHERE restart IS NOT NULL)"
ALONE = "SELECT pg_try_advisory_xact_lock(7205759411)"

Pool = asyncpg.Pool
Begin = Callable[[Sequence[str]], Awaitable[None]]


class Configurations:
    """Reads and writes what is wanted of stations."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def all(self) -> list[ConfigurationRow]:
        """Return all configurations by name."""
        return [_row(record) for record in await self._pool.fetch(SELECT + "ORDER BY name")]

    async def write(self, one: Configuration) -> ConfigurationRow:
        """Keep a configuration in the place of an older one of its name."""
        restart = None if one.restart is None else _json(one.restart)
        await self._pool.execute(WRITE, one.name, one.station, _json(one.selection), _json(one.values), restart)
        return _row(await self._pool.fetchrow(SELECT + "WHERE name = $1", one.name))

    async def remove(self, name: str) -> bool:
        """Want nothing any more; False if there is no such configuration."""
        return str(await self._pool.execute("DELETE FROM configurations WHERE name = $1", name)) == "DELETE 1"

    async def traits(self, *, station: str | None = None, after: str = "", limit: int = 1) -> list[Traits]:
        """Return what selections ask of one station, or of some after an id."""
        where = "WHERE ($1::text IS NULL OR lower(s.id) = lower($1)) AND s.id > $2 ORDER BY s.id LIMIT $3"
        records = await self._pool.fetch(TRAITS + where, station, after, limit)
        return [Traits(**dict(record) | {"labels": tuple(record["labels"])}) for record in records]

    async def told(self, stations: Sequence[str]) -> Mapping[str, Mapping[Key, tuple[str, str | None]]]:
        """Return what stations told of their variables: the station's own spelling, and the value."""
        found: dict[str, dict[Key, tuple[str, str | None]]] = {station: {} for station in stations}
        for record in await self._pool.fetch(TOLD, list(stations)):
            key = key_of(record["component"], record["variable"])
            found[record["station_id"]][key] = (record["variable"], record["value"])
        return found

    async def attempts(self, station: str) -> Mapping[Key, asyncpg.Record]:
        """Return how the last attempts to set variables of a station ended."""
        records = await self._pool.fetch(ATTEMPTS, station)
        return {key_of(record["component"], record["variable"]): record for record in records}

    async def attempted(self, station: str, value: WantedValue, outcome: str, firmware: str) -> None:
        """Note how an attempt ended."""
        await self._pool.execute(ATTEMPTED, station, *value.key, value.value, outcome, firmware)

    async def after_boots(self, settle: timedelta, begin: Any) -> None:
        """Let `begin(stations)` look after those that booted since they were looked after; one worker at a time."""
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(ALONE) or not await connection.fetchval(
                "SELECT EXISTS (SELECT FROM configurations)"
            ):
                return
            records = await connection.fetch(BOOTED, settle)
            if records:
                ids = [record["id"] for record in records]
                boots: list[datetime] = [record["booted_at"] for record in records]
                await connection.execute(CHECKED, ids, boots)
                await begin(ids)

    async def before_restarts(
        self, choose: Callable[[Sequence[Pending]], Awaitable[Sequence[str]]], begin: Begin
    ) -> None:
        """Let `begin` restart those of the stations that `choose` names, of which something counts only then.

        Only those at hand, without a session, and once; one worker at a time.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(ALONE) or not await connection.fetchval(RESTARTS):
                return
            pending = [
                Pending(record["station_id"], key_of(record["component"], record["variable"]), record["wanted"])
                for record in await connection.fetch(PENDING)
            ]
            stations = await choose(pending)
            if stations:
                await connection.execute(RESTARTED, list(stations))
                await begin(stations)


def _json(content: Any) -> str:
    return msgspec.json.encode(content).decode()


def _row(record: Any) -> ConfigurationRow:
    return ConfigurationRow(
        name=record["name"],
        station=record["station_id"],
        selection=msgspec.json.decode(record["selection"], type=Selection),
        values=msgspec.json.decode(record["wanted"], type=tuple[WantedValue, ...]),
        changed_at=record["changed_at"],
        restart=None if record["restart"] is None else msgspec.json.decode(record["restart"], type=Restart),
    )


def as_rules(rows: Sequence[ConfigurationRow]) -> list[Configuration]:
    """Return configurations as rules read them."""
    return [Configuration(row.name, row.values, row.selection, row.station, row.restart) for row in rows]
