"""Routes of sessions."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import asyncpg
import msgspec
from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec import Raw, Struct

from csms.domain.metering import Sample
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
Limit = Annotated[int, QueryParameter(ge=1, le=500)]

SELECT = """
SELECT key AS id, station_id, ref AS transaction_id, number, active, evse, connector, token, nullif(token_kind, '') AS token_kind, stop_token, began_at,
    ended_at, last_heard_at, reason, charging_state, reservation_id, remote_start_id, energy_wh, meter_start_wh,
    meter_stop_wh, power_w, soc_percent, estimated, flags, created_at FROM sessions
"""
FILTERS = """
WHERE ($1::text IS NULL OR lower(station_id) = lower($1)) AND ($2::boolean IS NULL OR active = $2)
    AND ($3::text IS NULL OR lower(token) = lower($3)) AND ($4::text IS NULL OR lower(ref) = lower($4))
    AND ($5::timestamptz IS NULL OR began_at >= $5) AND ($6::timestamptz IS NULL OR began_at < $6)
    AND ($7::timestamptz IS NULL OR (created_at, key) < ($7, $8))
ORDER BY created_at DESC, key DESC LIMIT $9
"""
FACTS = "SELECT data FROM journal WHERE kind = 2 AND key = $1 ORDER BY sequence"


class Session(Struct, frozen=True):
    """One charging session. Energy and meters are in Wh; `flags` name what is doubtful about it."""

    id: str
    station_id: str
    transaction_id: str
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
    flags: list[str]
    created_at: datetime


class MeterValue(Struct, frozen=True):
    """One sampled value of a session; `value` is None where it was no number."""

    at: datetime
    measurand: str
    value: Decimal | None
    unit: str
    phase: str | None
    context: str
    location: str
    signed: str | None
    raw: str | None


class SessionEvent(Struct, frozen=True):
    """One message of a session, in the order in which they came; `seq_no` is the station's, none in 1.6.

    `details` are what only its version tells, such as the cost that a 2.1 station has reckoned.
    """

    kind: str
    at: datetime
    received_at: datetime
    seq_no: int | None
    trigger: str | None
    charging_state: str | None
    offline: bool
    details: Raw | None


class _Told(Struct, frozen=True):
    at: datetime
    received_at: datetime
    seq_no: int | None = None
    trigger: str | None = None
    charging_state: str | None = None
    offline: bool = False
    samples: tuple[Sample, ...] = ()
    details: str | None = None


class _Fact(Struct, frozen=True):
    type: str
    observation: _Told | None = None


_facts = msgspec.json.Decoder(_Fact)
KINDS = {"SessionBegan": "began", "SessionUpdated": "updated", "SessionEnded": "ended"}


@get("/")
async def list_sessions(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    station: FromQuery[str | None] = None,
    active: FromQuery[bool | None] = None,  # a filter
    token: FromQuery[str | None] = None,
    transaction: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Page[Session]:
    """List sessions, the youngest first."""
    at, key = read_cursor(after, tuple[datetime, str]) or (None, None)
    desk = desk_of(request)
    await desk.settle()
    records = await desk.pool.fetch(
        SELECT + FILTERS, station, active, token, transaction, since, until, at, key, limit + 1
    )
    return page_of([_shaped(record) for record in records], limit, lambda row: cursor_of(row.created_at, row.id))


@get("/{session_id:str}", opt=NAMED)
async def show_session(request: AnyRequest, session_id: FromPath[str]) -> Session:
    """Show one session."""
    desk = desk_of(request)
    await desk.settle()
    record = await desk.pool.fetchrow(SELECT + "WHERE key = $1", session_id)
    if record is None:
        raise Problem(404, f"there is no session {session_id}")
    return _shaped(record)


@get("/{session_id:str}/meter-values", opt=NAMED)
async def list_meter_values(request: AnyRequest, session_id: FromPath[str]) -> list[MeterValue]:
    """List all that the meter said in a session, in the order of the station's clock."""
    samples = [sample for _, told in await _heard(request, session_id) for sample in told.samples]
    return [MeterValue(**msgspec.structs.asdict(sample)) for sample in sorted(samples, key=lambda sample: sample.at)]


@get("/{session_id:str}/events", opt=NAMED)
async def list_events(request: AnyRequest, session_id: FromPath[str]) -> list[SessionEvent]:
    """List the messages of a session in the order in which they came."""
    return [
        SessionEvent(
            kind=KINDS[kind],
            at=told.at,
            received_at=told.received_at,
            seq_no=told.seq_no,
            trigger=told.trigger,
            charging_state=told.charging_state,
            offline=told.offline,
            details=None if told.details is None else Raw(told.details.encode()),
        )
        for kind, told in await _heard(request, session_id)
    ]


async def _heard(request: AnyRequest, session_id: str) -> list[tuple[str, _Told]]:
    """Return what the station told of a session; raise a 404 if nobody knows it."""
    records = await desk_of(request).pool.fetch(FACTS, session_id)
    if not records:
        raise Problem(404, f"there is no session {session_id}")
    facts = [_facts.decode(record["data"]) for record in records]
    return [(fact.type, fact.observation) for fact in facts if fact.observation is not None]


def _shaped(record: asyncpg.Record) -> Session:
    return Session(**dict(record))


sessions = Router(
    "/sessions", tags=["sessions"], route_handlers=[list_sessions, show_session, list_meter_values, list_events]
)
