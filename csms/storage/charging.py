"""What is known of a station that bears on its charging limits, read together."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct

from csms.domain.smart_charging.advice import Try
from csms.domain.smart_charging.binding import SKEW, Standing, standing
from csms.domain.smart_charging.merging import Situation
from csms.domain.smart_charging.profile import Constraint, Installed, Kind, Purpose, Running, Unit
from csms.domain.smart_charging.supply import Supply

HEADING = """
SELECT s.booted_at, s.topology::text AS topology, p.protocol, c.nominal_voltage_v, c.phases, c.forgets_on_reboot,
    ARRAY(SELECT DISTINCT evse FROM connectors WHERE station_id = s.id AND evse > 0) AS evses,
    ARRAY(SELECT record FROM charging_profiles WHERE station_id = s.id ORDER BY at, profile_id) AS profiles,
    ARRAY(SELECT record FROM charging_constraints WHERE station_id = s.id ORDER BY at) AS constraints,
    ARRAY(SELECT variable_instance FROM station_variables WHERE station_id = s.id
        AND lower(variable) = 'chargingprofilepersistence' AND lower(value) = 'false') AS forgotten
FROM stations s LEFT JOIN presence p ON p.station_id = s.id LEFT JOIN charging_settings c ON c.station_id = s.id
WHERE s.id = $1
"""
SESSIONS = """
SELECT key, ref, evse, coalesce(began_at, created_at) AS began_at, created_at, active,
    coalesce(ended_at, last_heard_at, created_at) AS ended_at, remote_start_id, token
FROM sessions WHERE station_id = $1 AND (active OR lower(ref) = ANY($2::text[]) OR created_at >= $3::timestamptz)
ORDER BY created_at DESC LIMIT 500
"""
ANSWERS = """
SELECT purpose, kind, unit, stack_level, status, at FROM charging_profile_answers WHERE station_id = $1 ORDER BY at DESC
"""

_installed = msgspec.json.Decoder(Installed)
_constraint = msgspec.json.Decoder(Constraint)
_topology = msgspec.json.Decoder(list[dict[str, Any]])


class Known(Struct, frozen=True):
    """All that is known of a station's charging limits at a moment.

    `forgotten` are the purposes whose profiles it loses when it restarts (Q110).
    """

    installed: tuple[Installed, ...]
    constraints: tuple[Constraint, ...]
    sessions: tuple[Running, ...]
    evses: tuple[int, ...]
    supply: Supply
    exclusive: bool
    booted_at: datetime | None
    forgotten: frozenset[Purpose]

    def standing_of(self, installed: Installed, now: datetime) -> Standing:
        """Tell how a profile stands."""
        loses = installed.profile.purpose in self.forgotten
        return standing(installed, self.sessions, now, self.booted_at if loses else None)

    def situation(self, begin: datetime) -> Situation:
        """Return what composite schedules are made of; relative schedules without a session begin at `begin`."""
        return Situation(
            begin=begin,
            installed=tuple(
                known for known in self.installed if self.standing_of(known, begin) is not Standing.FORGOTTEN
            ),
            constraints=self.constraints,
            sessions=self.sessions,
            evses=self.evses,
            supply=self.supply,
            exclusive=self.exclusive,
        )


async def known_of(pool: "asyncpg.Pool[asyncpg.Record]", station: str, protocol: str | None) -> Known | None:
    """Return what is known of a station by its real id; None for one that is not registered.

    `protocol` is what it speaks now; None if it is not connected: then what it spoke last counts.
    """
    record = await pool.fetchrow(HEADING, station)
    if record is None:
        return None
    installed = tuple(map(_installed.decode, record["profiles"]))
    return Known(
        installed=installed,
        constraints=tuple(map(_constraint.decode, record["constraints"])),
        sessions=await _sessions(pool, station, installed),
        evses=_evses(record, installed),
        supply=Supply() if record["phases"] is None else Supply(record["nominal_voltage_v"], record["phases"]),
        exclusive=(protocol or record["protocol"]) == "ocpp1.6",
        booted_at=record["booted_at"],
        forgotten=_forgotten(record),
    )


async def answers_of(pool: "asyncpg.Pool[asyncpg.Record]", station: str) -> list[Try]:
    """Return what a station answered to profiles of each sort, the last answer first."""
    return [
        Try(Purpose(row["purpose"]), Kind(row["kind"]), Unit(row["unit"]), row["stack_level"], row["status"], row["at"])
        for row in await pool.fetch(ANSWERS, station)
    ]


async def _sessions(
    pool: "asyncpg.Pool[asyncpg.Record]", station: str, installed: Iterable[Installed]
) -> tuple[Running, ...]:
    """Return the sessions that go on, those that profiles name, and those since the oldest profile that names none."""
    for_sessions = [known for known in installed if known.profile.purpose is Purpose.SESSION]
    names = [known.profile.transaction.casefold() for known in for_sessions if known.profile.transaction is not None]
    since = min((known.at for known in for_sessions if known.profile.transaction is None), default=None)
    records = await pool.fetch(SESSIONS, station, names, None if since is None else since - SKEW)
    return tuple(
        Running(
            key=record["key"],
            transaction=record["ref"],
            evse=record["evse"],
            began_at=record["began_at"],
            heard_at=record["created_at"],
            ended_at=None if record["active"] else record["ended_at"],
            remote_start_id=record["remote_start_id"],
            token=record["token"],
        )
        for record in records
    )


def _evses(record: asyncpg.Record, installed: Iterable[Installed]) -> tuple[int, ...]:
    """Return the EVSEs that the station told of, else those that it was registered with, else those of its profiles."""
    told = set(record["evses"])
    built = {evse["id"] for evse in _topology.decode(record["topology"])}
    return tuple(sorted(told or built or {known.evse for known in installed if known.evse}))


def _forgotten(record: asyncpg.Record) -> frozenset[Purpose]:
    if record["forgets_on_reboot"]:
        return frozenset(Purpose)
    told = {instance.casefold() for instance in record["forgotten"]}
    return frozenset(purpose for purpose in Purpose if "" in told or purpose.value.casefold() in told)
