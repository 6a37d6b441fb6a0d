"""Stations, tokens and leases, read and claimed in bulk."""

from collections.abc import Sequence

import asyncpg

from csms.domain.access import Standing, Token, TokenRef
from csms.domain.station.commands import Registration
from csms.kit.batching import Batcher
from csms.kit.tasks import Tasks
from csms.ports.journal import CommitRefused, JournalUnavailable
from csms.ports.registry import RegisteredStation
from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY

STATIONS = """
SELECT lower(id) AS folded, id, security_profile, password_hash, boot_policy, subprotocol, heartbeat_s, call_timeout_s,
    CASE WHEN old_password_until > now() THEN old_password_hash END AS old_password_hash
FROM stations WHERE lower(id) = ANY($1::text[])
"""
FORGET_OLD = "UPDATE stations SET old_password_hash = NULL, old_password_until = NULL WHERE id = $1"
TOKENS = """
SELECT lower(value) AS folded, value, kind, status, "group", expires_at FROM tokens WHERE lower(value) = ANY($1::text[])
"""
CLAIM = """
INSERT INTO leases (station_id, epoch, node)
SELECT id, 1, $2 FROM unnest($1::text[]) AS wanted (id) ORDER BY id
ON CONFLICT (station_id) DO UPDATE SET epoch = leases.epoch + 1, node = excluded.node, claimed_at = now()
RETURNING station_id, epoch
"""
ANY_KIND = frozenset({"", "central"})

Pool = asyncpg.Pool


class PostgresRegistry:
    """The stations that may connect, asked for in batches."""

    def __init__(self, *, pool: "Pool[asyncpg.Record]", tasks: Tasks) -> None:
        self._pool = pool
        self._batcher = Batcher(self._read, name="registry/stations", tasks=tasks)

    async def find(self, station: str) -> RegisteredStation | None:
        """Return the station, letter case aside."""
        return await self._batcher.submit(station.lower())

    async def forget_old_password(self, station: str) -> None:
        """End the time of the password before the present one."""
        try:
            async with asyncpg_timeout(self._pool) as connection:
                await connection.execute(FORGET_OLD, station)
        except AWAY as error:
            raise JournalUnavailable(f"{type(error).__name__}: {error}") from error

    async def _read(self, wanted: Sequence[str]) -> list[RegisteredStation | None | Exception]:
        records = await _fetch(self._pool, STATIONS, list(set(wanted)))
        found = {
            record["folded"]: RegisteredStation(
                id=record["id"],
                security_profile=record["security_profile"],
                password_hash=record["password_hash"],
                boot_policy=Registration(record["boot_policy"]),
                subprotocol=record["subprotocol"],
                heartbeat_s=record["heartbeat_s"],
                call_timeout_s=record["call_timeout_s"],
                old_password_hash=record["old_password_hash"],
            )
            for record in records
        }
        return [found.get(station) for station in wanted]


class PostgresTokens:
    """The tokens that may charge, asked for in batches."""

    def __init__(self, *, pool: "Pool[asyncpg.Record]", tasks: Tasks) -> None:
        self._pool = pool
        self._batcher = Batcher(self._read, name="registry/tokens", tasks=tasks)

    async def find(self, presented: TokenRef) -> Token | None:
        """Return the token of the same value and kind; of any kind where the station named none."""
        return await self._batcher.submit(presented)

    async def _read(self, wanted: Sequence[TokenRef]) -> list[Token | None | Exception]:
        records = await _fetch(self._pool, TOKENS, list({_folded(token) for token in wanted}))
        known: dict[str, list[Token]] = {}
        for record in records:
            token = Token(
                value=record["value"],
                kind=record["kind"],
                status=Standing(record["status"]),
                group=record["group"],
                expires_at=record["expires_at"],
            )
            known.setdefault(record["folded"], []).append(token)
        return [_pick(token, known.get(_folded(token), [])) for token in wanted]


def _folded(token: TokenRef) -> str:
    return token.value.replace("\0", "").lower()


def _pick(presented: TokenRef, candidates: list[Token]) -> Token | None:
    kind = presented.kind.lower()
    same = [token for token in candidates if token.kind.lower() == kind]
    if same or kind not in ANY_KIND:
        return same[0] if same else None
    return candidates[0] if candidates else None


class PostgresOwnership:
    """Leases, claimed in batches: an epoch for each claim, even of one station twice in a batch."""

    def __init__(self, *, pool: "Pool[asyncpg.Record]", tasks: Tasks, node: str) -> None:
        self._pool = pool
        self._node = node
        self._batcher = Batcher(self._claim, name="ownership", tasks=tasks)

    async def claim(self, station: str) -> int:
        """Take the station for this node and return its new epoch."""
        return await self._batcher.submit(station)

    async def _claim(self, wanted: Sequence[str]) -> list[int | Exception]:
        records = await _fetch(self._pool, CLAIM, sorted(set(wanted)), self._node)
        epochs = {record["station_id"]: record["epoch"] for record in records}
        return [epochs[station] for station in wanted]


async def _fetch(pool: "Pool[asyncpg.Record]", query: str, *arguments: object) -> list[asyncpg.Record]:
    try:
        async with asyncpg_timeout(pool) as connection:
            return list(await connection.fetch(query, *arguments))
    except asyncpg.DataError as error:
        raise CommitRefused(str(error)) from error
    except AWAY as error:
        raise JournalUnavailable(f"{type(error).__name__}: {error}") from error
