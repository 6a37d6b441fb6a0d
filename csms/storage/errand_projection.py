"""What readers see of errands."""

from collections.abc import Callable, Mapping
from typing import Any

from csms.domain.command import Event
from csms.domain.station.errands import ErrandAnswered, ErrandAsked, ErrandDropped, FirmwareFound, ProgressReported
from csms.storage.texts import clean

ASKED = """
INSERT INTO errands (id, station_id, kind, action, request_id, stage, location, retrieve_at, install_at, oldest_at, latest_at,
    retries, retry_interval_s, version_before, asked_at, changed_at)
SELECT *, asked_at FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::text[],
    $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::bigint[], $14::text[],
    $15::timestamptz[]) AS row (id, station_id, kind, action, request_id, stage, location, retrieve_at, install_at, oldest_at,
    latest_at, retries, retry_interval_s, version_before, asked_at)
ON CONFLICT (id) DO NOTHING
"""

ANSWERED = """
UPDATE errands SET stage = row.stage, status = row.status, file_name = row.file_name, answered_at = row.at, changed_at = row.at
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS row (id, stage, status, file_name, at)
WHERE errands.id = row.id
"""

DROPPED = """
UPDATE errands SET stage = row.stage, changed_at = row.at
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS row (id, stage, at) WHERE errands.id = row.id
"""

PROGRESSED = """
WITH news AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[], $7::text[], $8::boolean[])
        AS news (station_id, errand_id, kind, status, request_id, at, stage, certain)
), moved AS (
    UPDATE errands SET stage = news.stage, status = news.status, changed_at = news.at, told = told + 1,
        presumed = presumed AND NOT news.certain
    FROM news WHERE errands.id = news.errand_id
)
INSERT INTO errand_progress (station_id, errand_id, kind, status, request_id, at)
SELECT station_id, errand_id, kind, status, request_id, at FROM news
"""

FOUND = """
UPDATE errands SET stage = row.stage, version_after = row.version, presumed = row.presumed, changed_at = row.at
FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::timestamptz[]) AS row (id, stage, version, presumed, at)
WHERE errands.id = row.id
"""

Rows = list[tuple[tuple[Any, ...], tuple[Any, ...]]]
"""Rows by their keys."""

CERTAIN = frozenset({"succeeded", "failed"})


def _asked(station: str, event: ErrandAsked) -> Rows:
    row = (
        event.errand_id,
        station,
        event.kind,
        event.action,
        event.request_id,
        "asked",
        clean(event.location),
        event.retrieve_at,
        event.install_at,
        event.oldest_at,
        event.latest_at,
        event.retries,
        event.retry_interval_s,
        clean(event.version),
        event.at,
    )
    return [((event.errand_id,), row)]


def _answered(_: str, event: ErrandAnswered) -> Rows:
    row = (event.errand_id, event.stage, clean(event.status), clean(event.file_name), event.at)
    return [((event.errand_id,), row)]


def _dropped(_: str, event: ErrandDropped) -> Rows:
    return [((event.errand_id,), (event.errand_id, event.stage, event.at))]


def _progressed(station: str, event: ProgressReported) -> Rows:
    told = (event.errand, clean(event.status), event.request_id, event.at)
    return [((station, id(event)), (station, event.errand_id, *told, event.stage, event.news in CERTAIN))]


def _found(_: str, event: FirmwareFound) -> Rows:
    row = (event.errand_id, event.stage, clean(event.version), event.presumed, event.at)
    return [((event.errand_id,), row)]


ERRANDS: Mapping[type[Event], tuple[str, Callable[[str, Any], Rows]]] = {
    ErrandAsked: (ASKED, _asked),
    ErrandAnswered: (ANSWERED, _answered),
    ErrandDropped: (DROPPED, _dropped),
    ProgressReported: (PROGRESSED, _progressed),
    FirmwareFound: (FOUND, _found),
}
"""Facts of errands that readers see, with the statement that shows them."""
