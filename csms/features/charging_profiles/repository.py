"""Charging profiles in the database, beside what `csms.storage.charging` reads."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec
from msgspec import Struct

from csms.domain.fleet.selection import Selection
from csms.domain.smart_charging.composite import Composite
from csms.domain.smart_charging.profile import Unit
from csms.features.charging_profiles.schemas import ChargingSettings, ChargingSettingsOfMany, ProfileReport
from csms.storage.selection import FROM, conditions

REAL_ID = "SELECT id FROM stations WHERE lower(id) = lower($1)"
TOLD = "SELECT * FROM composite_schedules WHERE station_id = $1 AND ($2::bigint IS NULL OR evse = $2) ORDER BY evse"
REPORT = """
SELECT request_id, found, complete, profiles, at FROM charging_profile_reports WHERE station_id = $1 AND request_id = $2
"""
SETTINGS = """
SELECT nominal_voltage_v, phases, forgets_on_reboot, restores_after_reboot FROM charging_settings WHERE station_id = $1
"""
SET = """
INSERT INTO charging_settings (station_id, nominal_voltage_v, phases, forgets_on_reboot, restores_after_reboot)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (station_id) DO UPDATE SET nominal_voltage_v = excluded.nominal_voltage_v, phases = excluded.phases,
    forgets_on_reboot = excluded.forgets_on_reboot, restores_after_reboot = excluded.restores_after_reboot
"""
SET_OF_MANY = """
INSERT INTO charging_settings AS known (station_id, nominal_voltage_v, phases, forgets_on_reboot, restores_after_reboot)
SELECT id, coalesce($2::smallint, 230), coalesce($3::smallint, 3), coalesce($4::boolean, false), coalesce($5::boolean, false)
FROM stations WHERE id = ANY($1::text[]) ORDER BY id
ON CONFLICT (station_id) DO UPDATE SET nominal_voltage_v = coalesce($2, known.nominal_voltage_v),
    phases = coalesce($3, known.phases), forgets_on_reboot = coalesce($4, known.forgets_on_reboot),
    restores_after_reboot = coalesce($5, known.restores_after_reboot)
"""
SESSION = "SELECT key, station_id, evse, active, power_w FROM sessions WHERE key = $1"

_composite = msgspec.json.Decoder(Composite)


class Told(Struct, frozen=True):
    """What a station answered when it was asked for a composite schedule."""

    evse: int
    status: str
    at: datetime
    duration_s: int
    unit: Unit | None
    composite: Composite | None
    changed_since: bool


class Session(Struct, frozen=True):
    """What matters here of a session."""

    key: str
    station_id: str
    evse: int | None
    active: bool
    power_w: int | None


class ChargingRecords:
    """Reads and writes what belongs to this room."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def real_id(self, station: str) -> str | None:
        """Return the id as it is registered, letter case aside."""
        found: str | None = await self._pool.fetchval(REAL_ID, station)
        return found

    async def told(self, station: str, evse: int | None = None) -> list[Told]:
        """Return the last composite schedules that a station told, of one EVSE or of all."""
        return [
            Told(
                evse=record["evse"],
                status=record["status"],
                at=record["at"],
                duration_s=record["duration_s"],
                unit=None if record["unit"] is None else Unit(record["unit"]),
                composite=None if record["composite"] is None else _composite.decode(record["composite"]),
                changed_since=record["changed_since"],
            )
            for record in await self._pool.fetch(TOLD, station, evse)
        ]

    async def report(self, station: str, request_id: int) -> ProfileReport | None:
        """Return how far a report is."""
        record = await self._pool.fetchrow(REPORT, station, request_id)
        return None if record is None else ProfileReport(**dict(record))

    async def settings(self, station: str) -> ChargingSettings:
        """Return what an operator said of a station, or what holds of any."""
        record = await self._pool.fetchrow(SETTINGS, station)
        return ChargingSettings() if record is None else ChargingSettings(**dict(record))

    async def change_settings(self, station: str, wanted: ChargingSettings) -> None:
        """Keep what an operator says of a station."""
        fed = wanted.nominal_voltage_v, wanted.phases
        await self._pool.execute(SET, station, *fed, wanted.forgets_on_reboot, wanted.restores_after_reboot)

    async def chosen(self, selection: Selection) -> list[str]:
        """Return the stations that are meant, by id."""
        holds, values = conditions(selection)
        records = await self._pool.fetch(f"SELECT s.id FROM {FROM} WHERE {holds} ORDER BY s.id", *values)
        return [record["id"] for record in records]

    async def change_many(self, stations: Sequence[str], wanted: ChargingSettingsOfMany) -> None:
        """Keep what an operator says of some stations; what is not said stays."""
        said = wanted.nominal_voltage_v, wanted.phases, wanted.forgets_on_reboot, wanted.restores_after_reboot
        await self._pool.execute(SET_OF_MANY, list(stations), *said)

    async def session(self, key: str) -> Session | None:
        """Return a session."""
        record = await self._pool.fetchrow(SESSION, key)
        return None if record is None else Session(**dict(record))
