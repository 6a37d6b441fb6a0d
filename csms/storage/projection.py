"""What readers see of sessions: a row for each, replaced as facts come."""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct

from csms.domain.session.state import Phase, Session
from csms.ports.journal import Commit
from csms.storage.facts import CODES

COLUMNS = {
    "key": "text",
    "station_id": "text",
    "sequence": "bigint",
    "ref": "text",
    "number": "bigint",
    "active": "boolean",
    "evse": "bigint",
    "connector": "bigint",
    "token": "text",
    "token_kind": "text",
    "stop_token": "text",
    "began_at": "timestamptz",
    "ended_at": "timestamptz",
    "last_heard_at": "timestamptz",
    "reason": "text",
    "charging_state": "text",
    "reservation_id": "bigint",
    "remote_start_id": "bigint",
    "energy_wh": "bigint",
    "meter_start_wh": "bigint",
    "meter_stop_wh": "bigint",
    "power_w": "bigint",
    "soc_percent": "bigint",
    "estimated": "boolean",
    "flags": "text[]",
}
"""The columns of `sessions` that follow from facts, with their types in Postgres."""


class SessionRow(Struct, frozen=True, gc=False):
    """A row of `sessions`; `place` is that of its commit in the batch, `sequence` that of its last fact."""

    place: int
    key: str
    station_id: str
    sequence: int
    ref: str
    number: int | None
    active: bool
    evse: int | None
    connector: int | None
    token: str | None
    token_kind: str | None
    stop_token: str | None
    began_at: datetime | None
    ended_at: datetime | None
    last_heard_at: datetime | None
    reason: str | None
    charging_state: str | None
    reservation_id: int | None
    remote_start_id: int | None
    energy_wh: int
    meter_start_wh: int | None
    meter_stop_wh: int | None
    power_w: int | None
    soc_percent: int | None
    estimated: bool
    flags: tuple[str, ...]


class FactRow(Struct, frozen=True, gc=False):
    """A row of `journal`, and an item of what is posted; `place` is that of its commit in the batch."""

    place: int
    epoch: int
    station: str
    kind: int
    key: str
    sequence: int
    type: str
    data: Struct


_heading = attrgetter(
    "phase",
    "evse",
    "connector",
    "token",
    "stop_token",
    "began_at",
    "ended_at",
    "reason",
    "number",
    "reservation_id",
    "remote_start_id",
)


def is_progress(commit: Commit) -> bool:
    """Whether a commit only tells how an active session goes on: energy, power, state, flags."""
    before, after = commit.before, commit.state
    return (
        type(before) is Session
        and type(after) is Session
        and after.phase is Phase.ACTIVE
        and bool(_heading(before) == _heading(after))
    )


def last_of(commit: Commit) -> int:
    """Return the sequence of the last fact that the state of a commit tells."""
    return commit.sequence + len(commit.events) - 1


def facts_document(commits: list[Commit]) -> str:
    """Return the facts of a batch as one JSON array, in order."""
    rows = [
        FactRow(
            place,
            commit.epoch,
            commit.station,
            CODES[commit.kind],
            commit.key,
            commit.sequence + n,
            type(event).__name__,
            event,
        )
        for place, commit in enumerate(commits)
        for n, event in enumerate(commit.events)
    ]
    return _encoder.encode(rows).decode()


def sessions_document(placed: Iterable[tuple[int, Commit]]) -> str:
    """Return the newest row of each session among commits as one JSON array, in the order in which they are locked."""
    newest = {commit.key: (place, commit) for place, commit in placed}
    return _encoder.encode([_row(*newest[key]) for key in sorted(newest)]).decode()


def _row(place: int, commit: Commit) -> SessionRow:
    session: Any = commit.state
    token, stop = session.token, session.stop_token
    return SessionRow(
        place=place,
        key=commit.key,
        station_id=commit.station,
        sequence=last_of(commit),
        ref=session.ref,
        number=session.number,
        active=session.phase is Phase.ACTIVE,
        evse=session.evse,
        connector=session.connector,
        token=None if token is None else token.value,
        token_kind=None if token is None else token.kind,
        stop_token=None if stop is None else stop.value,
        began_at=session.began_at,
        ended_at=session.ended_at,
        last_heard_at=session.last_heard_at,
        reason=session.reason,
        charging_state=session.charging_state,
        reservation_id=session.reservation_id,
        remote_start_id=session.remote_start_id,
        energy_wh=session.energy_wh,
        meter_start_wh=session.meter_start_wh,
        meter_stop_wh=session.meter_stop_wh,
        power_w=session.power_w,
        soc_percent=session.soc_percent,
        estimated=session.estimated,
        flags=session.flags,
    )


_encoder = msgspec.json.Encoder()


def _upsert(parameter: str, condition: str) -> str:
    """Return what lays rows into `sessions`; a row that is older than what is there changes nothing."""
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "key")
    return f"""
    INSERT INTO sessions ({", ".join(COLUMNS)})
    SELECT {", ".join(COLUMNS)} FROM json_to_recordset({parameter}::text::json) AS row (place int, {columns}) {condition}
    ON CONFLICT (key) DO UPDATE SET {changes} WHERE sessions.sequence < excluded.sequence
    """  # names of our own columns; all values are parameters


PROJECT = _upsert("$1", "")
"""Takes a sessions document of what is durable already."""

COMMIT = f"""
WITH fact AS (
    SELECT * FROM json_to_recordset($1::text::json)
        AS fact (place int, epoch bigint, station text, kind smallint, key text, sequence bigint, type text, data text)
), held AS (
    SELECT * FROM fact WHERE epoch = (SELECT leases.epoch FROM leases WHERE station_id = fact.station)
), written AS (
    INSERT INTO journal (kind, key, sequence, station_id, type, data)
    SELECT kind, key, sequence, station, type, data FROM held ORDER BY place, sequence
), posted AS (
    INSERT INTO outbox (facts)
    SELECT CASE WHEN (SELECT count(*) FROM held) = (SELECT count(*) FROM fact) THEN $1::text ELSE (
        SELECT json_agg(item)::text FROM json_array_elements($1::text::json) AS item
        WHERE (item ->> 'place')::int IN (SELECT place FROM held)
    ) END WHERE EXISTS (SELECT FROM held)
), projected AS ({_upsert("$2", "WHERE place IN (SELECT place FROM held)")})
SELECT DISTINCT place FROM fact WHERE NOT EXISTS (SELECT FROM held WHERE held.place = fact.place)
"""
"""A group commit: fence, journal, outbox and sessions in one round trip.

Takes a facts document and a sessions document; returns the places that were not written, for
another epoch owns their stations.
"""
