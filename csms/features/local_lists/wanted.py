"""The lists that operators want stations to have, in the database."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec

from csms.domain.access import Standing, Token, TokenRef, authorize
from csms.domain.local_list import Info, Listed, content_of
from csms.domain.remote import ListedToken, listed_of
from csms.ocpp.version import Version
from csms.ports.commands import Phrasebook
from csms.storage.list_projection import entries_document

SET = """
INSERT INTO wanted_lists (station_id, entries, digests, keep, set_by, set_at)
VALUES ($1, $2::jsonb, ARRAY(SELECT md5(said::jsonb::text) FROM unnest($3::text[]) AS said), $4, $5, $6)
ON CONFLICT (station_id) DO UPDATE SET entries = excluded.entries, digests = excluded.digests, keep = excluded.keep,
    set_by = excluded.set_by, set_at = excluded.set_at, version = wanted_lists.version + 1
"""
DIGESTS = """
UPDATE wanted_lists SET digests = ARRAY(SELECT md5(said::jsonb::text) FROM unnest($2::text[]) AS said) WHERE station_id = $1
"""
ENTRIES = "SELECT entries::text FROM wanted_lists WHERE station_id = $1"
TOKENS = """
SELECT wanted.value AS asked, wanted.kind AS asked_kind, t.value, t.kind, t.status, t."group", t.expires_at
FROM unnest($1::text[], $2::text[]) AS wanted (value, kind)
    JOIN tokens t ON lower(t.value) = lower(wanted.value) AND lower(t.kind) = lower(wanted.kind)
"""
HOLD = """
UPDATE wanted_lists SET held_until = $2, began_at = $3, ended_at = NULL, outcome = NULL, detail = NULL, sent = 0
WHERE station_id = $1 AND (held_until IS NULL OR held_until < $3) RETURNING true
"""
GO_ON = "UPDATE wanted_lists SET held_until = $2, sent = sent + 1 WHERE station_id = $1"
END = "UPDATE wanted_lists SET held_until = NULL, outcome = $2, detail = $3, ended_at = $4 WHERE station_id = $1"
HELD_FOR = timedelta(minutes=12)
"""Longer than any call: who has not gone on by then is gone."""

_entries = msgspec.json.Decoder(tuple[ListedToken, ...])


class WantedLists:
    """Reads and writes what operators want; an entry that says nothing of its token follows the token's record."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", phrasebook: Phrasebook) -> None:
        self._pool = pool
        self._phrasebook = phrasebook

    async def put(self, station: str, entries: Sequence[ListedToken], *, keep: bool, by: str, now: datetime) -> None:
        """Set what a station should have."""
        said = self._said(await self.resolved(entries, now))
        await self._pool.execute(SET, station, msgspec.json.encode(entries).decode(), said, keep, by, now)

    async def find(self, station: str, now: datetime) -> tuple[Listed, ...] | None:
        """Return what a station should have by the records of tokens as they are now; None if nobody said."""
        text = await self._pool.fetchval(ENTRIES, station)
        if text is None:
            return None
        listed = await self.resolved(_entries.decode(text), now)
        await self._pool.execute(DIGESTS, station, self._said(listed))
        return listed

    async def drop(self, station: str) -> bool:
        """Want nothing any more; the station keeps what it has."""
        return str(await self._pool.execute("DELETE FROM wanted_lists WHERE station_id = $1", station)) == "DELETE 1"

    async def hold(self, station: str, now: datetime) -> bool:
        """Begin to bring a station there; False while somebody else does."""
        return bool(await self._pool.fetchval(HOLD, station, now + HELD_FOR, now))

    async def go_on(self, station: str, now: datetime) -> None:
        """Note one more update that the station took."""
        await self._pool.execute(GO_ON, station, now + HELD_FOR)

    async def end(self, station: str, outcome: str, detail: str | None, now: datetime) -> None:
        """Note how it went."""
        await self._pool.execute(END, station, outcome, detail, now)

    async def resolved(self, entries: Sequence[ListedToken], now: datetime) -> tuple[Listed, ...]:
        """Return what entries say of their tokens, those that say nothing by the records of tokens."""
        bare = [entry for entry in entries if _is_bare(entry)]
        records = await self._pool.fetch(TOKENS, [one.token for one in bare], [one.kind for one in bare])
        known = {(record["asked"], record["asked_kind"]): _info(record, now) for record in records}
        return tuple(
            Listed(TokenRef(entry.token, entry.kind), known[entry.token, entry.kind])
            if _is_bare(entry) and (entry.token, entry.kind) in known
            else listed_of(entry)
            for entry in entries
        )

    def _said(self, listed: Iterable[Listed]) -> list[str]:
        """Return the documents of a list as each version would have it."""
        versions = (Version.V16, Version.V201)
        return [
            entries_document(content_of(self._phrasebook.spoken(version, one) for one in listed).values())
            for version in versions
        ]


def _is_bare(entry: ListedToken) -> bool:
    return entry.status is None and entry.group is None and entry.expires_at is None


def _info(record: asyncpg.Record, now: datetime) -> Info:
    """Return what a list says of a token that is kept: what its driver would be told."""
    token = Token(record["value"], record["kind"], Standing(record["status"]), record["group"], record["expires_at"])
    told = authorize(TokenRef(token.value, token.kind), token, now)
    return Info(told.standing.value, told.group, told.expires_at)
