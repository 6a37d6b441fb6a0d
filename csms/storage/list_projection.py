"""What readers see of local lists: a row for each station, its entries as one document."""

from collections.abc import Iterable
from typing import Any

import msgspec

from csms.domain.access import TokenRef
from csms.domain.local_list import Info, Listed
from csms.domain.station.local_list import ListRefused, ListTaken, ListVersionTold
from csms.storage.texts import clean

TAKEN = """
WITH taken AS (
    SELECT station_id, version, whole, entries::jsonb, names::jsonb, at
    FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], $6::timestamptz[])
        AS row (station_id, version, whole, entries, names, at)
), known AS (
    UPDATE local_lists SET version = taken.version, told_at = taken.at, refused_status = NULL, refused_version = NULL,
        refused_at = NULL,
        entries = CASE WHEN whole THEN taken.entries ELSE jsonb_strip_nulls(local_lists.entries || taken.entries) END,
        names = CASE WHEN whole THEN taken.names ELSE jsonb_strip_nulls(local_lists.names || taken.names) END
    FROM taken WHERE local_lists.station_id = taken.station_id RETURNING local_lists.station_id
)
INSERT INTO local_lists (station_id, version, entries, names, told_at)
SELECT station_id, version, CASE WHEN whole THEN entries END, CASE WHEN whole THEN names END, at FROM taken
WHERE station_id NOT IN (SELECT station_id FROM known)
"""
"""What is added to a list that nobody knows makes no list that anybody knows: NULL stays NULL."""

VERSION = """
INSERT INTO local_lists (station_id, version, entries, names, told_at)
SELECT station_id, version, CASE WHEN version = 0 THEN '{}'::jsonb END, CASE WHEN version = 0 THEN '{}'::jsonb END, at
FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS row (station_id, version, at)
ON CONFLICT (station_id) DO UPDATE SET version = excluded.version, entries = excluded.entries, names = excluded.names,
    told_at = excluded.told_at
"""
"""A version that is another one than before is that of another list; 0 is that of an empty one."""

REFUSED = """
INSERT INTO local_lists (station_id, refused_status, refused_version, refused_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[])
ON CONFLICT (station_id) DO UPDATE SET refused_status = excluded.refused_status,
    refused_version = excluded.refused_version, refused_at = excluded.refused_at
"""

Row = tuple[Any, ...]


def taken(station: str, event: ListTaken) -> list[tuple[Row, Row]]:
    """Return an update that a station took."""
    update = event.update
    listed = [one for one in update.listed if one.info is not None] if update.full else update.listed
    documents = entries_document(listed), names_document(listed)
    return [((station,), (station, update.version, update.full, *documents, event.at))]


def version_told(station: str, event: ListVersionTold) -> list[tuple[Row, Row]]:
    """Return the version that a station told."""
    return [((station,), (station, event.version, event.at))]


def refused(station: str, event: ListRefused) -> list[tuple[Row, Row]]:
    """Return a refusal."""
    return [((station,), (station, clean(event.status), event.version, event.at))]


def entries_document(listed: Iterable[Listed]) -> str:
    """Return what entries say as a JSON object, by their keys; null for one that is taken out."""
    return _document({one.key: one.info for one in listed})


def names_document(listed: Iterable[Listed]) -> str:
    """Return how the tokens of entries are spelt as a JSON object, by their keys; null for one that is taken out."""
    return _document({one.key: None if one.info is None else (one.token.value, one.token.kind) for one in listed})


def read_entries(entries: str, names: str) -> dict[str, Listed]:
    """Return a list out of its two documents."""
    said = msgspec.json.decode(entries, type=dict[str, Info])
    spelt = msgspec.json.decode(names, type=dict[str, tuple[str, str]])
    return {key: Listed(TokenRef(*spelt[key]), info) for key, info in said.items()}


def _document(members: dict[str, Any]) -> str:
    return msgspec.json.encode(members).decode().replace("\\u0000", "\\ufffd")
