"""Local lists in the database, as readers see them."""

import asyncpg
import msgspec

from csms.domain.access import TokenRef
from csms.domain.local_list import UNSUPPORTED, Info, Listed
from csms.domain.remote.local_list import WORDS
from csms.features.local_lists.schemas import ListEntry, LocalList, Refusal, Sync, Wish
from csms.web.problems import Problem

SELECT = """
SELECT stations.id AS station_id, local_lists.version, told_at, refused_status, refused_version, refused_at,
    (SELECT count(*) FROM jsonb_object_keys(local_lists.entries)) AS count, local_lists.entries IS NULL AS unknown,
    set_at, set_by, keep, jsonb_array_length(wanted_lists.entries) AS wanted, outcome, detail, sent, began_at, ended_at,
    coalesce(local_lists.digest <> ALL (wanted_lists.digests), true) AS drifts
FROM stations LEFT JOIN local_lists ON local_lists.station_id = stations.id
    LEFT JOIN wanted_lists ON wanted_lists.station_id = stations.id
"""
FILTERS = """
WHERE (local_lists.station_id IS NOT NULL OR wanted_lists.station_id IS NOT NULL) AND ($1::text IS NULL OR stations.id > $1)
    AND ($2::text IS NULL OR EXISTS (SELECT FROM jsonb_each(names) AS name WHERE lower(name.value ->> 0) = lower($2)))
    AND ($3::boolean IS NULL OR
        (wanted_lists.station_id IS NOT NULL AND coalesce(local_lists.digest <> ALL (wanted_lists.digests), true)) = $3)
ORDER BY stations.id LIMIT $4
"""
ENTRIES = """
SELECT entry.key, entry.value::text AS info, names -> entry.key ->> 0 AS token, names -> entry.key ->> 1 AS kind
FROM local_lists, jsonb_each(entries) AS entry
WHERE station_id = $1 AND ($2::text IS NULL OR entry.key COLLATE "C" > $2) ORDER BY entry.key COLLATE "C" LIMIT $3
"""
REAL_ID = "SELECT id FROM stations WHERE lower(id) = lower($1)"
NOT_SUPPORTED = "notsupported"

Pool = asyncpg.Pool


class LocalLists:
    """Reads local lists."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def real_id(self, station: str) -> str | None:
        """Return the id of a station as it is registered, letter case aside."""
        found = await self._pool.fetchval(REAL_ID, station)
        return None if found is None else str(found)

    async def one(self, station: str) -> LocalList:
        """Return the list of a station that there is."""
        record = await self._pool.fetchrow(SELECT + "WHERE stations.id = $1", station)
        assert record is not None  # noqa: S101  # its id was looked up
        return _shaped(record)

    async def some(self, *, after: str | None, token: str | None, drifts: bool | None, limit: int) -> list[LocalList]:
        """Return lists by station, those after the station `after`, of all or of those that hold `token`, or drift."""
        records = await self._pool.fetch(SELECT + FILTERS, after, token, drifts, limit)
        return [_shaped(record) for record in records]

    async def entries(self, station: str, *, after: str | None, limit: int) -> list[tuple[str, ListEntry]]:
        """Return entries of a list, each with its key; those after the key `after`."""
        return [(record["key"], _entry(record)) for record in await self._pool.fetch(ENTRIES, station, after, limit)]


def _shaped(record: asyncpg.Record) -> LocalList:
    version, refused = record["version"], record["refused_status"]
    supported = None if version is None else version != UNSUPPORTED
    return LocalList(
        station_id=record["station_id"],
        version=version,
        supported=False if (refused or "").casefold() == NOT_SUPPORTED else supported,
        count=None if record["unknown"] else record["count"],
        told_at=record["told_at"],
        refused=None if refused is None else Refusal(refused, record["refused_version"], record["refused_at"]),
        wanted=None if record["set_at"] is None else _wish(record),
    )


def _wish(record: asyncpg.Record) -> Wish:
    sync = None
    if record["began_at"] is not None:
        told = (record[name] for name in ("outcome", "detail", "sent", "began_at", "ended_at"))
        sync = Sync(*told)
    return Wish(record["wanted"], record["keep"], record["set_by"], record["set_at"], record["drifts"], sync)


def _entry(record: asyncpg.Record) -> ListEntry:
    info = msgspec.json.decode(record["info"], type=Info)
    return entry_of(Listed(TokenRef(record["token"], record["kind"]), info))


def entry_of(listed: Listed) -> ListEntry:
    """Return an entry as it is shown."""
    info = listed.info or Info()
    status: str = WORDS.get(info.status, info.status)
    return ListEntry(listed.token.value, listed.token.kind or None, status, info.group, info.expires_at)


async def real_id(lists: LocalLists, station: str) -> str:
    """Return the id of a station as it is registered; 404 if there is none."""
    found = await lists.real_id(station)
    if found is None:
        raise Problem(404, f"there is no station {station}")
    return found
