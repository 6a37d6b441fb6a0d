"""Stations in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec

from csms.domain.fleet.selection import Selection
from csms.features.stations.schemas import Call, ConnectorStatus, Frame, Notice, Station, Variable
from csms.ports.frames import LEAF_ROOM
from csms.storage.selection import conditions

Pool = asyncpg.Pool
Shape = TypeVar("Shape", bound=msgspec.Struct)

SELECT = """
SELECT s.id, s.security_profile, s.password_hash IS NOT NULL AS has_password, s.any_subject,
    (SELECT CASE WHEN bool_or(accepted_at IS NOT NULL) THEN 'accepted' ELSE 'sent' END FROM security_changes
        WHERE station_id = s.id AND password_hash IS NOT NULL HAVING count(*) > 0) AS new_password,
    (SELECT max(profile) FROM security_changes WHERE station_id = s.id) AS offered_profile, lower(s.boot_policy) AS boot_policy,
    s.subprotocol, s.heartbeat_s, s.call_timeout_s, s.site_id, s.topology::text AS topology, s.labels, s.registration, s.booted_at,
    s.vendor, s.model, s.serial, s.firmware, coalesce(p.online, false) AS online, p.protocol, p.seen_at AS last_seen_at,
    s.created_at, s.version
FROM stations s LEFT JOIN presence p ON p.station_id = s.id
"""
POLICIES = {"accept": "Accepted", "pending": "Pending", "reject": "Rejected"}
POLICY_NAMES = {policy.lower(): name for name, policy in POLICIES.items()}
ROTATE = """
WITH changed AS (
    UPDATE stations SET version = version + 1, password_hash = $2,
        old_password_hash = CASE WHEN $3 > 0 THEN password_hash END,
        old_password_until = CASE WHEN $3 > 0 THEN now() + make_interval(secs => $3) END
    WHERE lower(id) = lower($1) RETURNING id, $4::boolean AS outcast
),
forgotten AS (
    DELETE FROM security_changes USING changed WHERE station_id = changed.id AND password_hash IS NOT NULL
)"""
CHANGE = """
WITH before AS (
    SELECT id, security_profile FROM stations WHERE lower(id) = lower($1) AND ($2::bigint[] IS NULL OR version = ANY($2))
    FOR UPDATE
), changed AS (
    UPDATE stations SET {sets} FROM before WHERE stations.id = before.id
    RETURNING stations.id, stations.security_profile > before.security_profile AS outcast
)"""
REMOVE = """
WITH changed AS (
    DELETE FROM stations WHERE lower(id) = lower($1) AND ($2::bigint[] IS NULL OR version = ANY($2))
    RETURNING id, true AS outcast
),
statuses AS (DELETE FROM connectors USING changed WHERE station_id = changed.id),
variables AS (DELETE FROM station_variables USING changed WHERE station_id = changed.id),
trusted AS (DELETE FROM station_certificates USING changed WHERE station_id = changed.id),
listings AS (DELETE FROM certificate_listings USING changed WHERE station_id = changed.id)"""
FENCED = """, fenced AS (
    UPDATE leases SET epoch = epoch + 1 FROM changed WHERE changed.outcast AND station_id = changed.id
    RETURNING station_id, epoch
)
SELECT id AS station, epoch FROM changed LEFT JOIN fenced ON station_id = id
"""
"""Ends a change of a station: an outcast cannot write any more on the line that it has."""
INSERT = """
INSERT INTO stations (id, security_profile, password_hash, boot_policy, subprotocol, heartbeat_s, call_timeout_s, site_id, topology,
    labels, any_subject)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11)
"""
CONNECTORS = "SELECT * FROM connectors WHERE station_id = ANY($1::text[]) ORDER BY evse, connector"
FRAMES = f"""
SELECT frames.at AS leaf_at, id * {LEAF_ROOM} + place - 1 AS id, (frame ->> 0)::timestamptz AS at,
    frame ->> 1 AS direction, frame ->> 2 AS frame, frame ->> 3 AS message_id, frame ->> 4 AS action, frame ->> 5 AS note
FROM frames, json_array_elements(leaf::json) WITH ORDINALITY AS said (frame, place)
WHERE station_id = $1 AND ($2::text IS NULL OR frame ->> 1 = $2) AND ($3::text IS NULL OR frame ->> 4 = $3)
    AND frames.at >= coalesce($4::timestamptz, '-infinity') - interval '1 minute' AND frames.at <= coalesce($5::timestamptz, 'infinity')
    AND ($4::timestamptz IS NULL OR (frame ->> 0)::timestamptz >= $4)
    AND frames.at <= coalesce($8::timestamptz, 'infinity') + interval '1 minute'
    AND ($8::timestamptz IS NULL OR (frame ->> 0)::timestamptz < $8) AND ($9::text IS NULL OR frame ->> 3 = $9)
    AND ($5::timestamptz IS NULL OR (frames.at, id * {LEAF_ROOM} + place - 1) < ($5, $6))
ORDER BY frames.at DESC, frames.id DESC, place DESC LIMIT $7
"""  # a number of ours; all values are parameters
VARIABLES = (
    "SELECT * FROM station_variables WHERE station_id = $1 ORDER BY component, evse, connector, variable, attribute"
)
CALLS = """
SELECT * FROM station_calls WHERE station_id = $1 AND ($2::timestamptz IS NULL OR (asked_at, id) < ($2, $3))
ORDER BY asked_at DESC, id DESC LIMIT $4
"""
NOTICES = "SELECT * FROM notices WHERE station_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"


class Written(NamedTuple):
    """A station that was changed; with the epoch under which it has no line, where it must not keep the one it has."""

    station: str
    epoch: int | None


def shaped(shape: type[Shape], record: asyncpg.Record) -> Shape:
    """Return a row as a structure; columns that it lacks are left out."""
    return shape(**{name: record[name] for name in shape.__struct_fields__})


class Stations:
    """Reads and writes stations."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def real_id(self, station: str) -> str | None:
        """Return the id as it is registered, letter case aside."""
        found = await self._pool.fetchval("SELECT id FROM stations WHERE lower(id) = lower($1)", station)
        return None if found is None else str(found)

    async def one(self, station: str) -> Station | None:
        """Return a station with its connectors."""
        records = await self._pool.fetch(SELECT + "WHERE lower(s.id) = lower($1)", station)
        return (await self._with_connectors(records))[0] if records else None

    async def some(self, chosen: Selection, *, q: str | None, after: str | None, limit: int) -> list[Station]:
        """Return stations by id, those after the id `after`."""
        holds, values = conditions(chosen, first=4)
        records = await self._pool.fetch(
            SELECT
            + f"""WHERE ($1::text IS NULL OR s.id > $1) AND ($2::text IS NULL OR strpos(lower(s.id), lower($2)) > 0)
                 AND {holds} ORDER BY s.id LIMIT $3""",
            after,
            q,
            limit,
            *values,
        )
        return await self._with_connectors(records)

    async def add(self, values: Mapping[str, Any]) -> bool:
        """Register a station; False if the id is taken."""
        try:
            await self._pool.execute(
                INSERT,
                values["id"],
                values["security_profile"],
                values["password_hash"],
                POLICIES[values["boot_policy"]],
                values["subprotocol"],
                values["heartbeat_s"],
                values["call_timeout_s"],
                values["site_id"],
                msgspec.json.encode(values["topology"]).decode(),
                values["labels"],
                values["any_subject"],
            )
        except asyncpg.UniqueViolationError:
            return False
        return True

    async def change(
        self, station: str, changes: Mapping[str, Any], *, versions: Sequence[int] | None
    ) -> Written | None:
        """Change columns; None if there is no such station, or none of `versions` is its version.

        A higher security profile is not that of the line that stands (SEC-02).
        """
        values = dict(changes)
        if "boot_policy" in values:
            values["boot_policy"] = POLICIES[values["boot_policy"]]
        if "topology" in values:
            values["topology"] = msgspec.json.encode(values["topology"]).decode()
        sets = ["version = version + 1"]
        sets += [f"{name} = ${n}{'::jsonb' if name == 'topology' else ''}" for n, name in enumerate(values, start=3)]
        return await self._write(CHANGE.format(sets=", ".join(sets)), station, versions, *values.values())

    async def change_password(self, station: str, hashed: str, *, keep_old_s: int, cut: bool) -> Written | None:
        """Set a password and keep the one before it for a time; None if there is no such station."""
        return await self._write(ROTATE, station, hashed, keep_old_s, cut)

    async def remove(self, station: str, *, versions: Sequence[int] | None) -> Written | None:
        """Take a station out of the network, and what it tells of itself; None as for `change`.

        Its sessions and its log stay.
        """
        return await self._write(REMOVE, station, versions)

    async def _write(self, change: str, *arguments: Any) -> Written | None:
        record = await self._pool.fetchrow(change + FENCED, *arguments)
        return None if record is None else Written(record["station"], record["epoch"])

    async def frames(  # the filters of the route
        self,
        station: str,
        *,
        direction: str | None,
        action: str | None,
        message_id: str | None,
        since: datetime | None,
        until: datetime | None,
        after: tuple[datetime, int] | None,
        limit: int,
    ) -> list[tuple[datetime, Frame]]:
        """Return frames of a station, newest first, each with the time of its leaf; `after` is that time and an id."""
        at, place = after or (None, None)
        records = await self._pool.fetch(FRAMES, station, direction, action, since, at, place, limit, until, message_id)
        return [(record["leaf_at"], shaped(Frame, record)) for record in records]

    async def variables(self, station: str) -> list[Variable]:
        """Return what the station told of its variables."""
        return [shaped(Variable, record) for record in await self._pool.fetch(VARIABLES, station)]

    async def calls(self, station: str, *, after: tuple[datetime, str] | None, limit: int) -> list[Call]:
        """Return calls to a station, newest first."""
        at, call = after or (None, None)
        return [shaped(Call, record) for record in await self._pool.fetch(CALLS, station, at, call, limit)]

    async def call(self, station: str, call: str) -> Call | None:
        """Return one call to a station."""
        record = await self._pool.fetchrow(
            "SELECT * FROM station_calls WHERE station_id = $1 AND id = $2", station, call
        )
        return None if record is None else shaped(Call, record)

    async def notices(self, station: str, *, after: int | None, limit: int) -> list[Notice]:
        """Return what was kept of a station for people to read, newest first."""
        return [shaped(Notice, record) for record in await self._pool.fetch(NOTICES, station, after, limit)]

    async def _with_connectors(self, records: list[asyncpg.Record]) -> list[Station]:
        connectors: dict[str, list[ConnectorStatus]] = {}
        for record in await self._pool.fetch(CONNECTORS, [record["id"] for record in records]) if records else []:
            connectors.setdefault(record["station_id"], []).append(shaped(ConnectorStatus, record))
        return [
            Station(
                **{
                    **dict(record),
                    "topology": msgspec.json.decode(record["topology"]),
                    "boot_policy": POLICY_NAMES[record["boot_policy"]],
                    "connectors": connectors.get(record["id"], []),
                }
            )
            for record in records
        ]
