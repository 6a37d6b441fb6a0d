"""How far the profiles are that stations lost over a restart, in the database."""

from datetime import datetime, timedelta
from typing import NamedTuple

import asyncpg

from csms.domain.smart_charging.restoring import Lost, pause_after
from csms.features.charging_profiles.schemas import Restoration, RestoredProfile
from csms.ports.assignments import Ending

DUE = """
SELECT s.id, s.booted_at FROM charging_settings c
    JOIN stations s ON s.id = c.station_id AND s.registration = 'Accepted'
    JOIN presence p ON p.station_id = s.id AND p.online
    LEFT JOIN charging_restorations r ON r.station_id = s.id
WHERE c.restores_after_reboot AND s.booted_at < $1::timestamptz - $2::interval AND (r.held_until IS NULL OR r.held_until < $1)
    AND (r.booted_at IS DISTINCT FROM s.booted_at OR r.ended_at IS NULL OR r.next_try_at <= $1)
    AND (c.forgets_on_reboot OR EXISTS (SELECT FROM station_variables v WHERE v.station_id = s.id
        AND lower(v.variable) = 'chargingprofilepersistence' AND lower(v.value) = 'false'))
    AND EXISTS (SELECT FROM charging_profiles WHERE station_id = s.id AND at < s.booted_at)
ORDER BY s.booted_at, s.id LIMIT $3
"""
"""Those that are to have what they lost, are known to lose it, and are not done with for the boot that they had last."""
HOLD = """
WITH held AS (
    INSERT INTO charging_restorations AS known (station_id, booted_at, held_until, began_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (station_id) DO UPDATE SET booted_at = excluded.booted_at, held_until = excluded.held_until,
        began_at = excluded.began_at, ended_at = NULL, outcome = NULL, next_try_at = NULL,
        tries = CASE WHEN known.booted_at = excluded.booted_at THEN known.tries + 1 ELSE 1 END
    WHERE (known.held_until IS NULL OR known.held_until < $4)
        AND (known.booted_at <> excluded.booted_at OR known.ended_at IS NULL OR known.next_try_at <= $4)
    RETURNING tries
), of_other_boots AS (
    DELETE FROM restored_profiles WHERE station_id = $1 AND EXISTS (SELECT FROM held WHERE tries = 1)
)
SELECT tries FROM held
"""
WANTED = """
SELECT EXISTS (SELECT FROM charging_settings c JOIN stations s ON s.id = c.station_id
    WHERE c.station_id = $1 AND c.restores_after_reboot AND s.booted_at = $2)
"""
ASKED = """
WITH held AS (UPDATE charging_restorations SET held_until = $7::timestamptz + $8::interval WHERE station_id = $1)
INSERT INTO restored_profiles (station_id, profile_id, evse, purpose, stack_level, call_id, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (station_id, profile_id) DO UPDATE SET evse = excluded.evse, purpose = excluded.purpose,
    stack_level = excluded.stack_level, call_id = excluded.call_id, asked_at = excluded.asked_at,
    outcome = NULL, detail = NULL, ended_at = NULL
"""
ANSWERED = (
    "UPDATE restored_profiles SET outcome = $3, detail = $4, ended_at = $5 WHERE station_id = $1 AND call_id = $2"
)
END = """
UPDATE charging_restorations SET held_until = NULL, outcome = $2, ended_at = $3, next_try_at = $4 WHERE station_id = $1
"""
RESTORATION = """
SELECT booted_at, tries, began_at, ended_at, outcome, next_try_at FROM charging_restorations WHERE station_id = $1
"""
PROFILES = """
SELECT profile_id AS id, evse, purpose, stack_level, call_id, asked_at, outcome, detail, ended_at
FROM restored_profiles WHERE station_id = $1 ORDER BY asked_at, profile_id
"""
HELD_FOR = timedelta(minutes=12)
"""Longer than any call: who has not gone on by then is gone."""


class Round(NamedTuple):
    """What a worker holds: a station, its boot, and the how-manieth try after that it is."""

    station: str
    booted_at: datetime
    tries: int


class Restorations:
    """Reads and writes how far restorations are; each step is noted before the next, so that any worker can go on."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def begin(self, now: datetime, settle: timedelta, most: int) -> list[Round]:
        """Hold the stations that are due; nobody else holds them until they end, or do nothing for long."""
        due = await self._pool.fetch(DUE, now, settle, most)
        rounds = [await self.hold(record["id"], record["booted_at"], now) for record in due]
        return [held for held in rounds if held is not None]

    async def hold(self, station: str, booted_at: datetime, now: datetime) -> Round | None:
        """Hold a station; None if somebody else does, or has ended a round since it was found due."""
        tries = await self._pool.fetchval(HOLD, station, booted_at, now + HELD_FOR, now)
        return None if tries is None else Round(station, booted_at, tries)

    async def is_wanted(self, held: Round) -> bool:
        """Whether it is wanted still, and the station has not booted again."""
        return bool(await self._pool.fetchval(WANTED, held.station, held.booted_at))

    async def ask(self, held: Round, lost: Lost, call_id: str, now: datetime) -> None:
        """Note a profile before it is sent."""
        profile = lost.profile
        row = profile.id, lost.evse, profile.purpose, profile.stack_level
        await self._pool.execute(ASKED, held.station, *row, call_id, now, HELD_FOR)

    async def note(self, held: Round, call_id: str, ending: Ending, now: datetime) -> None:
        """Note how a call ended."""
        detail = ending.detail or ending.answer
        await self._pool.execute(ANSWERED, held.station, call_id, ending.outcome, detail, now)

    async def end(self, held: Round, outcome: str, now: datetime) -> None:
        """End a round, for good or until the next try."""
        pause = {"Waiting": pause_after(held.tries), "Overtaken": timedelta()}.get(outcome)
        await self._pool.execute(END, held.station, outcome, now, None if pause is None else now + pause)

    async def profiles(self, station: str) -> list[RestoredProfile]:
        """Return what was sent after the last boot, in that order."""
        return [RestoredProfile(**dict(record)) for record in await self._pool.fetch(PROFILES, station)]

    async def find(self, station: str) -> Restoration | None:
        """Return how far a station is; None if nothing was ever to be restored."""
        record = await self._pool.fetchrow(RESTORATION, station)
        return None if record is None else Restoration(**dict(record), profiles=await self.profiles(station))
