"""What actors read when they wake: many ask at once, one query answers."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from csms.domain.access import TokenRef
from csms.domain.reservation import Kept, Reservation
from csms.domain.smart_charging.profile import Installed
from csms.domain.station.charging import Charging
from csms.domain.station.commands import BootReport, Registration
from csms.domain.station.errands import Errand
from csms.domain.station.following import REMEMBERED
from csms.domain.station.state import ConnectorState, Station
from csms.kit.batching import Batcher
from csms.kit.tasks import Tasks
from csms.ports.journal import CommitRefused, History, Kind, SessionHeading
from csms.storage import facts
from csms.storage.reading import READ_WITHIN_S, fetch

STATIONS = """
SELECT wanted.id, s.registration, s.booted_at, s.boot_report::text AS report,
    (SELECT array_agg(record ORDER BY at) FROM charging_profiles WHERE station_id = wanted.id) AS profiles,
    (SELECT version FROM local_lists WHERE station_id = wanted.id) AS list_version,
    coalesce((SELECT max(sequence) FROM journal WHERE kind = 1 AND key = wanted.id), 0) AS sequence
FROM unnest($1::text[]) AS wanted (id) LEFT JOIN stations s ON s.id = wanted.id
"""
CONNECTORS = "SELECT * FROM connectors WHERE station_id = ANY($1::text[])"
ERRANDS = f"""
SELECT wanted.id AS station_id, newest.* FROM unnest($1::text[]) AS wanted (id), LATERAL (
    SELECT id, kind, request_id, stage, status, version_before AS version, version_after AS found, presumed, told
    FROM errands WHERE station_id = wanted.id ORDER BY asked_at DESC LIMIT {REMEMBERED}
) AS newest
"""  # a number of ours
RESERVATIONS = """
SELECT station_id, id, number, token, token_kind, expires_at, asked_at, evse, connector_type, "group" FROM reservations
WHERE accepted AND ending IS NULL AND station_id = ANY($1::text[]) ORDER BY asked_at
"""
BEGINS = """
SELECT wanted.id, (SELECT began_at FROM sessions s WHERE s.station_id = wanted.id AND began_at IS NOT NULL
    ORDER BY began_at DESC LIMIT 1) AS began_at
FROM unnest($1::text[]) AS wanted (id)
"""
HEADING = "key, ref, number, evse, connector, began_at, active"
ACTIVE = f"SELECT station_id, {HEADING} FROM sessions WHERE active AND station_id = ANY($1::text[]) ORDER BY created_at"
HISTORY = "SELECT sequence, data FROM journal WHERE kind = $1 AND key = $2 ORDER BY sequence"
FIND = f"SELECT {HEADING} FROM sessions WHERE station_id = $1 AND lower(ref) = lower($2) ORDER BY began_at DESC LIMIT 1"
AROUND = f"""
SELECT {HEADING} FROM (
    SELECT DISTINCT ON (evse) {HEADING}, ended_at, estimated FROM sessions
    WHERE station_id = $1 AND ($2::bigint IS NULL OR evse = $2 OR evse IS NULL)
        AND began_at <= $4::timestamptz AND began_at > $4::timestamptz - interval '7 days'
        AND ($3::text IS NULL OR token IS NULL OR lower(token) = lower($3))
    ORDER BY evse, began_at DESC
) AS newest WHERE active OR ended_at >= $5::timestamptz OR estimated ORDER BY began_at DESC
"""
NUMBERS = "SELECT nextval('transaction_numbers') FROM generate_series(1, $1)"

BLOCK = 64
_installed = msgspec.json.Decoder(Installed)


class PostgresArchive:
    """Reads for actors. Every method raises `JournalUnavailable` when the database is away."""

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        tasks: Tasks,
        number_key: bytes,
        within_s: float = READ_WITHIN_S,
    ) -> None:
        self._pool = pool
        self._within_s = within_s
        self._numbers: list[int] = []
        self._number_key = number_key
        self._stations = Batcher(self._read_stations, name="archive/stations", tasks=tasks, splits_on=(CommitRefused,))
        self._begins = Batcher(self._read_begins, name="archive/begins", tasks=tasks, splits_on=(CommitRefused,))
        self._active = Batcher(self._read_active, name="archive/active", tasks=tasks, splits_on=(CommitRefused,))
        self._blocks = Batcher(self._read_numbers, name="archive/numbers", tasks=tasks, splits_on=(CommitRefused,))

    async def station(self, station: str) -> tuple[Station, int]:
        """Return the state of a station and the sequence of its next fact."""
        return await self._stations.submit(station)

    async def history(self, kind: Kind, key: str) -> History:
        """Return the facts of an entity; none for one that is not known."""
        records = await self._fetch(HISTORY, facts.CODES[kind], key)
        events = tuple(facts.decode(kind, record["data"]) for record in records)
        return History(events, records[-1]["sequence"] + 1 if records else 1)

    async def active_sessions(self, station: str) -> list[SessionHeading]:
        """Return the sessions of a station that have not ended, oldest first."""
        return await self._active.submit(station)

    async def newest_begin(self, station: str) -> datetime | None:
        """Return the station's time of the latest begin of any of its sessions."""
        return await self._begins.submit(station)

    async def find_session(self, station: str, ref: str) -> SessionHeading | None:
        """Return the newest session of `station` that it calls `ref`."""
        records = await self._fetch(FIND, station, ref.replace("\0", ""))
        return _heading(records[0]) if records else None

    async def sessions_around(
        self, station: str, evse: int | None, token: str | None, at: datetime, ended_since: datetime
    ) -> list[SessionHeading]:
        """Return the sessions that were going on at a time, or had just ended."""
        return [_heading(record) for record in await self._fetch(AROUND, station, evse, token, at, ended_since)]

    async def next_transaction_number(self) -> int:
        """Return a number that was never given before and is hard to guess."""
        while not self._numbers:
            await self._blocks.submit(None)
        return permute(self._numbers.pop(), self._number_key)

    async def _read_stations(self, wanted: Sequence[str]) -> list[tuple[Station, int] | Exception]:
        ids = list(set(wanted))
        connectors: dict[str, list[tuple[tuple[int, int], ConnectorState]]] = {}
        for record in await self._fetch(CONNECTORS, ids):
            state = ConnectorState(*(record[name] for name in ConnectorState.__struct_fields__))
            connectors.setdefault(record["station_id"], []).append(((record["evse"], record["connector"]), state))
        errands: dict[str, list[Errand]] = {}
        for record in await self._fetch(ERRANDS, ids):
            errand = Errand(*(record[name] for name in Errand.__struct_fields__))
            errands.setdefault(record["station_id"], []).insert(0, errand)
        promised: dict[str, list[Kept]] = {}
        for record in await self._fetch(RESERVATIONS, ids):
            promised.setdefault(record["station_id"], []).append(_kept(record))
        found: dict[str, tuple[Station, int]] = {}
        for record in await self._fetch(STATIONS, ids):
            registration, report = record["registration"], record["report"]
            station = Station(
                registration=None if registration is None else Registration(registration),
                booted_at=record["booted_at"],
                report=None if report is None else msgspec.json.decode(report, type=BootReport),
                connectors=tuple(sorted(connectors.get(record["id"], []), key=lambda item: item[0])),
                errands=tuple(errands.get(record["id"], ())),
                reservations=tuple(promised.get(record["id"], ())),
                charging=Charging(tuple(_installed.decode(profile) for profile in record["profiles"] or ())),
                list_version=record["list_version"],
            )
            found[record["id"]] = (station, record["sequence"] + 1)
        return [found[station] for station in wanted]

    async def _read_begins(self, wanted: Sequence[str]) -> list[datetime | None | Exception]:
        found = {record["id"]: record["began_at"] for record in await self._fetch(BEGINS, list(set(wanted)))}
        return [found.get(station) for station in wanted]

    async def _read_active(self, wanted: Sequence[str]) -> list[list[SessionHeading] | Exception]:
        found: dict[str, list[SessionHeading]] = {}
        for record in await self._fetch(ACTIVE, list(set(wanted))):
            found.setdefault(record["station_id"], []).append(_heading(record))
        return [found.get(station, []) for station in wanted]

    async def _read_numbers(self, askers: Sequence[None]) -> list[None | Exception]:
        records = await self._fetch(NUMBERS, BLOCK + len(askers))
        self._numbers = [record[0] for record in reversed(records)] + self._numbers
        return [None for _ in askers]

    async def _fetch(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        return await fetch(self._pool, query, *arguments, within_s=self._within_s)


def asyncpg_timeout(pool: "asyncpg.Pool[asyncpg.Record]") -> Any:
    """Return a connection of the pool for a block; waiting for one is bounded."""
    return pool.acquire(timeout=5.0)


def _kept(record: asyncpg.Record) -> Kept:
    _, key, number, value, kind, *rest = record
    return Kept(Reservation(key, number, TokenRef(value, kind), *rest))


def _heading(record: asyncpg.Record) -> SessionHeading:
    began_at = record["began_at"]
    return SessionHeading(
        key=record["key"],
        ref=record["ref"],
        number=record["number"],
        evse=record["evse"],
        connector=record["connector"],
        began_at=None if began_at is None else began_at.isoformat(),
        active=record["active"],
    )


HALF_BITS, ROUNDS = 16, 4
HALF = (1 << HALF_BITS) - 1
TOP = 2**31


def permute(number: int, key: bytes) -> int:
    """Return another number below 2**31 for each number, in an order that only the key tells (Q67).

    A Feistel network over 32 bits; results that are no positive 31-bit number are fed in again.
    """
    value = number
    while True:
        left, right = value >> HALF_BITS, value & HALF
        for turn in range(ROUNDS):
            digest = hashlib.blake2b(right.to_bytes(4, "big"), key=key, digest_size=2, salt=bytes([turn])).digest()
            left, right = right, left ^ int.from_bytes(digest, "big")
        value = left << HALF_BITS | right
        if 0 < value < TOP:
            return value
