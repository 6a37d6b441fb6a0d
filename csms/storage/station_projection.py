"""What readers see of stations: boot data, connectors, calls, variables, notices."""

from collections.abc import Callable
from typing import Any

import msgspec

from csms.domain.command import Event
from csms.domain.station.events import (
    CallClosed,
    CallIssued,
    NoticeKept,
    StationBooted,
    StatusChanged,
    VariablesReported,
)
from csms.domain.station.local_list import ListRefused, ListTaken, ListVersionTold
from csms.domain.station.reservations import ReservationEnded, ReservationMade, ReservationRefused
from csms.domain.station.security import SecurityChangeAnswered, SecurityEventTold
from csms.storage import list_projection as lists
from csms.storage import reservation_projection as reservations
from csms.storage import security_projection as security
from csms.storage.certificate_projection import CERTIFICATES
from csms.storage.charging_projection import CHARGING
from csms.storage.errand_projection import ERRANDS
from csms.storage.signing_projection import SIGNING
from csms.storage.texts import clean

BOOTED = """
UPDATE stations SET registration = row.registration, booted_at = row.booted_at, vendor = row.vendor, model = row.model,
    serial = row.serial, firmware = row.firmware, boot_report = row.report::jsonb
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS row (station_id, registration, booted_at, vendor, model, serial, firmware, report)
WHERE stations.id = row.station_id
"""

STATUS = """
INSERT INTO connectors (station_id, evse, connector, status, at, received_at, error, info, vendor, vendor_error)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::text[], $5::timestamptz[], $6::timestamptz[],
    $7::text[], $8::text[], $9::text[], $10::text[])
ON CONFLICT (station_id, evse, connector) DO UPDATE SET status = excluded.status, at = excluded.at,
    received_at = excluded.received_at, error = excluded.error, info = excluded.info, vendor = excluded.vendor,
    vendor_error = excluded.vendor_error
"""

ISSUED = """
INSERT INTO station_calls (id, station_id, action, payload, asked_by, asked_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
ON CONFLICT (id) DO NOTHING
"""

CLOSED = """
UPDATE station_calls SET outcome = row.outcome, answer = row.answer, closed_at = row.at
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS row (id, outcome, answer, at)
WHERE station_calls.id = row.id
"""

VARIABLES = """
INSERT INTO station_variables (station_id, component, component_instance, evse, connector, variable, variable_instance,
    attribute, value, mutability, unit, data_type, max_limit, reported_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::float8[], $14::timestamptz[])
ON CONFLICT (station_id, component, component_instance, evse, connector, variable, variable_instance, attribute)
DO UPDATE SET value = excluded.value, mutability = coalesce(excluded.mutability, station_variables.mutability),
    unit = coalesce(excluded.unit, station_variables.unit),
    data_type = coalesce(excluded.data_type, station_variables.data_type),
    max_limit = coalesce(excluded.max_limit, station_variables.max_limit), reported_at = excluded.reported_at
"""
"""What a variable is like stays when only its value is told."""

NOTICES = """
INSERT INTO notices (station_id, topic, body, review, at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
"""

Row = tuple[Any, ...]
Key = tuple[Any, ...]


def _booted(station: str, event: StationBooted) -> list[tuple[Key, Row]]:
    told = event.report
    text = clean(msgspec.json.encode(told).decode().replace("\\u0000", ""))
    row = (
        station,
        event.registration.value,
        event.at,
        clean(told.vendor),
        clean(told.model),
        clean(told.serial),
        clean(told.firmware),
        text,
    )
    return [((station,), row)]


def _status(station: str, event: StatusChanged) -> list[tuple[Key, Row]]:
    if not event.current:
        return []
    key = (station, event.evse, event.connector)
    row = (
        *key,
        clean(event.status),
        event.at,
        event.received_at,
        clean(event.error),
        clean(event.info),
        clean(event.vendor),
        clean(event.vendor_error),
    )
    return [(key, row)]


def _issued(station: str, event: CallIssued) -> list[tuple[Key, Row]]:
    row = (event.call_id, station, event.action, clean(event.payload), event.asked_by, event.at)
    return [((event.call_id,), row)]


def _closed(_: str, event: CallClosed) -> list[tuple[Key, Row]]:
    return [((event.call_id,), (event.call_id, event.outcome, clean(event.answer), event.at))]


def _variables(station: str, event: VariablesReported) -> list[tuple[Key, Row]]:
    rows = []
    for told in event.variables:
        key = (
            station,
            clean(told.component),
            clean(told.component_instance) or "",
            told.evse or 0,
            told.connector or 0,
            clean(told.variable),
            clean(told.variable_instance) or "",
            told.attribute,
        )
        traits = told.mutability, told.unit, told.data_type, told.max_limit
        rows.append((key, (*key, clean(told.value), *traits, event.at)))
    return rows


def _notices(station: str, event: NoticeKept) -> list[tuple[Key, Row]]:
    row = (station, event.topic, clean(event.body), clean(event.review), event.at)
    return [((station, id(event)), row)]


PROJECTIONS: dict[type[Event], tuple[str, Callable[[str, Any], list[tuple[Key, Row]]]]] = {
    StationBooted: (BOOTED, _booted),
    StatusChanged: (STATUS, _status),
    CallIssued: (ISSUED, _issued),
    CallClosed: (CLOSED, _closed),
    VariablesReported: (VARIABLES, _variables),
    NoticeKept: (NOTICES, _notices),
    **ERRANDS,
    ReservationMade: (reservations.ANSWERED, reservations.made),
    ReservationRefused: (reservations.ANSWERED, reservations.refused),
    ReservationEnded: (reservations.ENDED, reservations.ended),
    ListTaken: (lists.TAKEN, lists.taken),
    ListVersionTold: (lists.VERSION, lists.version_told),
    ListRefused: (lists.REFUSED, lists.refused),
    SecurityEventTold: (security.TOLD, security.told),
    SecurityChangeAnswered: (security.ANSWERED, security.answered),
    **CHARGING,
    **CERTIFICATES,
    **SIGNING,
}
"""Facts of stations that readers see, with the statement that shows them; later ones of a key win."""


def statements(facts: list[tuple[str, Event]]) -> list[tuple[str, list[list[Any]]]]:
    """Return the statements, each with its arrays, that show `facts` (station and event, in order)."""
    rows: dict[str, dict[Key, Row]] = {}
    for station, event in facts:
        statement, project = PROJECTIONS[type(event)]
        rows.setdefault(statement, {}).update(project(station, event))
    return [
        (statement, [list(column) for column in zip(*sorted_rows(rows[statement]), strict=True)])
        for statement in dict.fromkeys(statement for statement, _ in PROJECTIONS.values())
        if rows.get(statement)
    ]


def sorted_rows(rows: dict[Key, Row]) -> list[Row]:
    """Return rows in the order of their keys, so that concurrent writers lock in one order (Q61)."""
    return [rows[key] for key in sorted(rows, key=lambda key: tuple(map(str, key)))]
