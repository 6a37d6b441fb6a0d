"""Stations, tokens and leases, read and claimed in bulk."""

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg
import msgspec

from csms.domain.access import Standing, Token, TokenRef
from csms.domain.premises import Bounds, Spot
from csms.domain.station.commands import Registration
from csms.domain.vendors.habits import PLAIN, Habits
from csms.domain.vendors.profiles import Make
from csms.kit.batching import Batcher
from csms.kit.tasks import Tasks
from csms.ports.journal import CommitRefused, JournalUnavailable
from csms.ports.ownership import Void
from csms.ports.registry import RegisteredStation
from csms.ports.vendors import Vendors
from csms.storage.reading import READ_WITHIN_S, fetch
from csms.storage.vendors import UNKNOWN

STATIONS = """
SELECT wanted.id AS asked, s.id, security_profile, password_hash, boot_policy, subprotocol, heartbeat_s, call_timeout_s,
    CASE WHEN old_password_until > now() THEN old_password_hash END AS old_password_hash,
    coalesce(vendor, '') AS vendor, coalesce(model, '') AS model, coalesce(firmware, '') AS firmware, habits::text AS habits,
    time_zone, any_subject, offers.hashes AS new_password_hashes, offers.profile AS offered_profile
FROM unnest($1::text[]) AS wanted (id) JOIN stations s ON lower(s.id) = lower(wanted.id)
    LEFT JOIN sites ON sites.id = s.site_id
    LEFT JOIN LATERAL (
        SELECT array_agg(c.password_hash ORDER BY c.asked_at DESC) FILTER (WHERE c.password_hash IS NOT NULL) AS hashes,
            max(c.profile) AS profile
        FROM security_changes c LEFT JOIN station_calls ON station_calls.id = c.call_id
        WHERE c.station_id = s.id AND (c.accepted_at IS NOT NULL
            OR c.asked_at > now() - interval '30 days' AND coalesce(outcome, '') NOT IN ('Error', 'Busy', 'NotAllowed'))
    ) AS offers ON true
"""
USE_NEW = """
WITH used AS (SELECT asked_at FROM security_changes WHERE station_id = $1 AND password_hash = $2),
adopted AS (
    UPDATE stations SET password_hash = $2, old_password_hash = NULL, old_password_until = NULL
    WHERE id = $1 AND EXISTS (SELECT FROM used)
)
DELETE FROM security_changes USING used
WHERE station_id = $1 AND password_hash IS NOT NULL AND security_changes.asked_at <= used.asked_at
"""
RAISE = """
WITH raised AS (
    UPDATE stations SET security_profile = $2, version = version + 1 WHERE id = $1 AND security_profile < $2
)
DELETE FROM security_changes WHERE station_id = $1 AND profile <= $2
"""
FORGET_OLD = "UPDATE stations SET old_password_hash = NULL, old_password_until = NULL WHERE id = $1"
TOKENS = """
SELECT wanted.value AS asked, t.value, kind, status, "group", expires_at, places::text AS places, connector_types,
    one_session, message, language
FROM unnest($1::text[]) AS wanted (value) JOIN tokens t ON lower(t.value) = lower(wanted.value)
"""
CLAIM = """
WITH registered AS (SELECT id FROM stations WHERE id = ANY($1::text[]) ORDER BY id FOR KEY SHARE)
INSERT INTO leases (station_id, epoch, node)
SELECT id, count(*), $2 FROM unnest($1::text[]) AS wanted (id) JOIN registered USING (id) GROUP BY id ORDER BY id
ON CONFLICT (station_id) DO UPDATE SET epoch = leases.epoch + excluded.epoch, node = excluded.node, claimed_at = now()
RETURNING station_id, epoch
"""
"""A station that is taken out of the network meanwhile is not claimed any more."""
VOID = """
SELECT station_id, leases.epoch, node <> $3 AS taken
FROM unnest($1::text[], $2::bigint[]) AS mine (station, epoch) JOIN leases ON station_id = station AND leases.epoch > mine.epoch
"""
ANY_KIND = frozenset({"", "central"})

Pool = asyncpg.Pool


class PostgresRegistry:
    """The stations that may connect, asked for in batches."""

    def __init__(
        self,
        *,
        pool: "Pool[asyncpg.Record]",
        tasks: Tasks,
        vendors: Vendors = UNKNOWN,
        within_s: float = READ_WITHIN_S,
    ) -> None:
        self._pool = pool
        self._vendors = vendors
        self._within_s = within_s
        self._batcher = Batcher(self._read, name="registry/stations", tasks=tasks, splits_on=(CommitRefused,))

    async def find(self, station: str) -> RegisteredStation | None:
        """Return the station, letter case aside."""
        return await self._batcher.submit(station)

    async def forget_old_password(self, station: str) -> None:
        """End the time of the password before the present one."""
        await fetch(self._pool, FORGET_OLD, station, within_s=self._within_s)

    async def use_new_password(self, station: str, hashed: str) -> None:
        """Make a password that the station was sent its only one: it has used it (Q22)."""
        await fetch(self._pool, USE_NEW, station, hashed, within_s=self._within_s)

    async def raise_profile(self, station: str, profile: int) -> None:
        """Have a station come in by no lower security profile any more (SEC-05)."""
        await fetch(self._pool, RAISE, station, profile, within_s=self._within_s)

    async def _read(self, wanted: Sequence[str]) -> list[RegisteredStation | None | Exception]:
        records = await fetch(self._pool, STATIONS, list(set(wanted)), within_s=self._within_s)
        found = {record["asked"]: self._registered(record) for record in records}
        return [found.get(station) for station in wanted]

    def _registered(self, record: asyncpg.Record) -> RegisteredStation:
        make = Make(record["vendor"], record["model"], record["firmware"])
        overrides = PLAIN if record["habits"] == "{}" else msgspec.json.decode(record["habits"], type=Habits)
        return RegisteredStation(
            id=record["id"],
            security_profile=record["security_profile"],
            password_hash=record["password_hash"],
            boot_policy=Registration(record["boot_policy"]),
            subprotocol=record["subprotocol"],
            heartbeat_s=record["heartbeat_s"],
            call_timeout_s=record["call_timeout_s"],
            old_password_hash=record["old_password_hash"],
            make=make,
            overrides=overrides,
            habits=self._vendors.resolve(make, overrides).habits,
            zone=_zone(record["time_zone"]),
            new_password_hashes=tuple(record["new_password_hashes"] or ()),
            offered_profile=record["offered_profile"],
            any_subject=record["any_subject"],
        )


def _zone(name: str | None) -> tzinfo:
    """Return a time zone; one that this machine does not know is UTC, as where none is told."""
    try:
        return UTC if name is None else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


class PostgresTokens:
    """The tokens that may charge, asked for in batches."""

    def __init__(self, *, pool: "Pool[asyncpg.Record]", tasks: Tasks, within_s: float = READ_WITHIN_S) -> None:
        self._pool = pool
        self._within_s = within_s
        self._batcher = Batcher(self._read, name="registry/tokens", tasks=tasks, splits_on=(CommitRefused,))

    async def find(self, presented: TokenRef) -> Token | None:
        """Return the token of the same value and kind; of any kind where the station named none."""
        return await self._batcher.submit(presented)

    async def _read(self, wanted: Sequence[TokenRef]) -> list[Token | None | Exception]:
        records = await fetch(self._pool, TOKENS, list({_value(token) for token in wanted}), within_s=self._within_s)
        known: dict[str, list[Token]] = {}
        for record in records:
            token = Token(
                value=record["value"],
                kind=record["kind"],
                status=Standing(record["status"]),
                group=record["group"],
                expires_at=record["expires_at"],
                bounds=_bounds(record["places"], record["connector_types"]),
                one_session=record["one_session"],
                message=record["message"],
                language=record["language"],
            )
            known.setdefault(record["asked"], []).append(token)
        return [_pick(token, known.get(_value(token), [])) for token in wanted]


UNBOUND = Bounds()
_spots = msgspec.json.Decoder(tuple[Spot, ...])


def _bounds(places: str, connector_types: Sequence[str]) -> Bounds:
    return Bounds(_spots.decode(places), tuple(connector_types)) if places != "[]" or connector_types else UNBOUND


def _value(token: TokenRef) -> str:
    return token.value.replace("\0", "")


def _pick(presented: TokenRef, candidates: list[Token]) -> Token | None:
    kind = presented.kind.lower()
    same = [token for token in candidates if token.kind.lower() == kind]
    if same or kind not in ANY_KIND:
        return same[0] if same else None
    return candidates[0] if candidates else None


class PostgresOwnership:
    """Leases, claimed in batches: an epoch for each claim, the last the highest, even of one station twice in a batch."""

    def __init__(
        self, *, pool: "Pool[asyncpg.Record]", tasks: Tasks, node: str, within_s: float = READ_WITHIN_S
    ) -> None:
        self._pool = pool
        self._within_s = within_s
        self._node = node
        self._batcher = Batcher(self._claim, name="ownership", tasks=tasks, splits_on=(CommitRefused,))

    async def claim(self, station: str) -> int:
        """Take the station for this node and return its new epoch; raise `JournalUnavailable`."""
        return await self._batcher.submit(station)

    async def void(self, epochs: Mapping[str, int]) -> list[Void]:
        """Return which of the leases, by station and epoch, are over; raise `JournalUnavailable`."""
        mine = list(epochs), list(epochs.values()), self._node
        records = await fetch(self._pool, VOID, *mine, within_s=self._within_s)
        return [Void(record["station_id"], record["epoch"], record["taken"]) for record in records]

    async def _claim(self, wanted: Sequence[str]) -> list[int | Exception]:
        records = await fetch(self._pool, CLAIM, list(wanted), self._node, within_s=self._within_s)
        last = {record["station_id"]: record["epoch"] for record in records}
        epochs: list[int | Exception] = []
        for station in reversed(wanted):
            if station not in last:
                epochs.append(JournalUnavailable(f"{station} is not registered any more"))
                continue
            epochs.append(last[station])
            last[station] -= 1
        return epochs[::-1]
