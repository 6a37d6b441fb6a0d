"""What readers see of a station's charging profiles, and of what it told about them."""

from collections.abc import Callable
from typing import Any

import msgspec

from csms.domain.command import Event
from csms.domain.station.charging import (
    CompositeTold,
    ConstraintCleared,
    ConstraintTold,
    ProfileAnswered,
    ProfileInstalled,
    ProfilesDropped,
    ProfilesInquired,
    ProfilesReported,
)

ANSWERED = """
INSERT INTO charging_profile_answers (station_id, purpose, kind, unit, stack_level, status, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[])
ON CONFLICT (station_id, purpose, kind, unit, stack_level) DO UPDATE SET status = excluded.status, at = excluded.at
"""

CHANGED = "UPDATE composite_schedules SET changed_since = true WHERE station_id = ANY($1::text[])"
"""What a station told is not what it would tell now."""

DROPPED = f"""
WITH changed AS ({CHANGED})
DELETE FROM charging_profiles USING unnest($1::text[], $2::bigint[]) AS row (station_id, profile_id)
WHERE charging_profiles.station_id = row.station_id AND charging_profiles.profile_id = row.profile_id
"""

INSTALLED = f"""
WITH changed AS ({CHANGED})
INSERT INTO charging_profiles (station_id, profile_id, at, record)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[])
ON CONFLICT (station_id, profile_id) DO UPDATE SET at = excluded.at, record = excluded.record
"""

INQUIRED = """
INSERT INTO charging_profile_reports (station_id, request_id, found, complete, profiles, at)
SELECT station_id, request_id, found, NOT found, 0, at FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::timestamptz[])
    AS row (station_id, request_id, found, at)
ON CONFLICT (station_id, request_id) DO UPDATE SET found = excluded.found, at = excluded.at,
    complete = NOT excluded.found OR (charging_profile_reports.found IS NULL AND charging_profile_reports.complete),
    profiles = CASE WHEN charging_profile_reports.found IS NULL THEN charging_profile_reports.profiles ELSE 0 END
"""
"""A report may come before the answer that promises it; then nobody has said yet whether it was found."""

REPORTED = """
INSERT INTO charging_profile_reports (station_id, request_id, complete, profiles, at)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::integer[], $5::timestamptz[])
ON CONFLICT (station_id, request_id) DO UPDATE SET complete = excluded.complete, at = excluded.at,
    profiles = excluded.profiles
        + CASE WHEN charging_profile_reports.complete THEN 0 ELSE charging_profile_reports.profiles END
"""

COMPOSITE = """
INSERT INTO composite_schedules (station_id, evse, status, at, duration_s, unit, composite)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[], $5::bigint[], $6::text[], $7::text[])
ON CONFLICT (station_id, evse) DO UPDATE SET status = excluded.status, at = excluded.at,
    duration_s = excluded.duration_s, unit = excluded.unit, composite = excluded.composite, changed_since = false
"""

CONSTRAINED = f"""
WITH changed AS ({CHANGED})
INSERT INTO charging_constraints (station_id, source, evse, at, record)
SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[])
ON CONFLICT (station_id, source, evse) DO UPDATE SET at = excluded.at, record = excluded.record
"""

RELEASED = f"""
WITH changed AS ({CHANGED})
DELETE FROM charging_constraints USING unnest($1::text[], $2::text[], $3::bigint[]) AS row (station_id, source, evse)
WHERE charging_constraints.station_id = row.station_id AND charging_constraints.source = row.source
    AND (row.evse IS NULL OR charging_constraints.evse = row.evse)
"""

Rows = list[tuple[tuple[Any, ...], tuple[Any, ...]]]


def json_of(value: Any) -> str:
    """Return a value as JSON text, which writes a NUL so that Postgres takes it."""
    return _encoder.encode(value).decode()


_encoder = msgspec.json.Encoder(decimal_format="number")


def _answered(station: str, event: ProfileAnswered) -> Rows:
    told = event.installed.profile
    key = (station, told.purpose, told.kind, told.schedules[0].unit, told.stack_level)
    return [(key, (*key, event.status, event.installed.at))]


def _dropped(station: str, event: ProfilesDropped) -> Rows:
    return [((station, dropped), (station, dropped)) for dropped in event.ids]


def _installed(station: str, event: ProfileInstalled) -> Rows:
    key = (station, event.installed.profile.id)
    return [(key, (*key, event.installed.at, json_of(event.installed)))]


def _inquired(station: str, event: ProfilesInquired) -> Rows:
    key = (station, event.request_id)
    return [(key, (*key, event.found, event.at))]


def _reported(station: str, event: ProfilesReported) -> Rows:
    key = (station, event.request_id)
    return [(key, (*key, event.last, len(event.ids), event.at))]


def _composite(station: str, event: CompositeTold) -> Rows:
    key = (station, event.evse)
    told = None if event.composite is None else json_of(event.composite)
    return [(key, (*key, event.status, event.at, event.duration_s, event.unit, told))]


def _constrained(station: str, event: ConstraintTold) -> Rows:
    told = event.constraint
    key = (station, told.source, told.evse)
    return [(key, (*key, told.at, json_of(told)))]


def _released(station: str, event: ConstraintCleared) -> Rows:
    key = (station, event.source, event.evse)
    return [(key, key)]


CHARGING: dict[type[Event], tuple[str, Callable[[str, Any], Rows]]] = {
    ProfileAnswered: (ANSWERED, _answered),
    ProfilesDropped: (DROPPED, _dropped),
    ProfileInstalled: (INSTALLED, _installed),
    ProfilesInquired: (INQUIRED, _inquired),
    ProfilesReported: (REPORTED, _reported),
    CompositeTold: (COMPOSITE, _composite),
    ConstraintTold: (CONSTRAINED, _constrained),
    ConstraintCleared: (RELEASED, _released),
}
"""Facts of charging profiles, each with the statement that shows it; what a new profile replaces goes before it comes."""
