"""What readers see of sessions: a row for each, replaced as facts come."""

from collections.abc import Callable
from typing import Any

from csms.domain.session.state import Phase, Session
from csms.ports.journal import Commit

COLUMNS: dict[str, tuple[str, Callable[[Session], Any]]] = {
    "ref": ("text", lambda s: s.ref),
    "number": ("bigint", lambda s: s.number),
    "active": ("boolean", lambda s: s.phase is Phase.ACTIVE),
    "evse": ("bigint", lambda s: s.evse),
    "connector": ("bigint", lambda s: s.connector),
    "token": ("text", lambda s: None if s.token is None else s.token.value),
    "token_kind": ("text", lambda s: None if s.token is None else s.token.kind),
    "stop_token": ("text", lambda s: None if s.stop_token is None else s.stop_token.value),
    "began_at": ("timestamptz", lambda s: s.began_at),
    "ended_at": ("timestamptz", lambda s: s.ended_at),
    "last_heard_at": ("timestamptz", lambda s: s.last_heard_at),
    "reason": ("text", lambda s: s.reason),
    "charging_state": ("text", lambda s: s.charging_state),
    "reservation_id": ("bigint", lambda s: s.reservation_id),
    "remote_start_id": ("bigint", lambda s: s.remote_start_id),
    "energy_wh": ("bigint", lambda s: s.energy_wh),
    "meter_start_wh": ("bigint", lambda s: s.meter_start_wh),
    "meter_stop_wh": ("bigint", lambda s: s.meter_stop_wh),
    "power_w": ("bigint", lambda s: s.power_w),
    "soc_percent": ("bigint", lambda s: s.soc_percent),
    "estimated": ("boolean", lambda s: s.estimated),
    "flags": ("text", lambda s: ",".join(s.flags)),
}
"""Every column but key and station: its type in Postgres, and where it comes from.

Flags travel as one text, for arrays of arrays cannot be unnested.
"""


def newest_sessions(commits: list[Commit]) -> list[tuple[int, Commit, Session]]:
    """Return the last commit of each session among `commits`, with its place."""
    newest: dict[str, tuple[int, Commit, Session]] = {}
    for place, commit in enumerate(commits):
        if isinstance(commit.state, Session):
            newest[commit.key] = (place, commit, commit.state)
    return list(newest.values())


def session_arrays(rows: list[tuple[int, Commit, Session]]) -> list[list[Any]]:
    """Return the rows as arrays: place, key, station, then one for each of `COLUMNS`."""
    arrays: list[list[Any]] = [
        [place for place, _, _ in rows],
        [commit.key for _, commit, _ in rows],
        [commit.station for _, commit, _ in rows],
    ]
    arrays += [[read(session) for _, _, session in rows] for _, read in COLUMNS.values()]
    return arrays


def _assignments() -> str:
    return ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)


def commit_statement() -> str:
    """Return the statement of a group commit: fence, journal, sessions and outbox in one round trip.

    Parameters are arrays: first one item for each fact (place of its commit, kind, key,
    sequence, station, epoch, type, data), then those of `session_arrays`. It returns the places
    that were written; the others belong to a station that another epoch owns.
    """
    first = 9
    casts = ["int", "text", "text", *(kind for kind, _ in COLUMNS.values())]
    parameters = ", ".join(f"${first + n}::{cast}[]" for n, cast in enumerate(casts))
    names = ", ".join(["place", "key", "station_id", *COLUMNS])
    values = ", ".join(
        f"string_to_array(nullif(row.{name}, ''), ',')" if name == "flags" else f"row.{name}" for name in COLUMNS
    ).replace(
        "string_to_array(nullif(row.flags, ''), ',')", "coalesce(string_to_array(nullif(row.flags, ''), ','), '{}')"
    )
    return f"""
WITH fact AS (
    SELECT * FROM unnest($1::int[], $2::smallint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[])
        WITH ORDINALITY AS fact (place, kind, key, sequence, station_id, epoch, type, data, turn)
), held AS (
    SELECT fact.* FROM fact JOIN leases ON leases.station_id = fact.station_id AND leases.epoch = fact.epoch
), written AS (
    INSERT INTO journal (kind, key, sequence, station_id, type, data)
    SELECT kind, key, sequence, station_id, type, data FROM held ORDER BY turn
), posted AS (
    INSERT INTO outbox (facts)
    SELECT '[' || string_agg(
        '{{"station":' || to_json(station_id) || ',"kind":' || kind || ',"key":' || to_json(key) || ',"sequence":' || sequence
        || ',"type":"' || type || '","data":' || data || '}}', ',' ORDER BY turn) || ']'
    FROM held HAVING count(*) > 0
), projected AS (
    INSERT INTO sessions (key, station_id, {", ".join(COLUMNS)})
    SELECT row.key, row.station_id, {values}
    FROM unnest({parameters}) AS row ({names})
    WHERE row.place IN (SELECT place FROM held)
    ON CONFLICT (key) DO UPDATE SET {_assignments()}
)
SELECT DISTINCT place FROM held
"""  # names of our own columns; all values are parameters
