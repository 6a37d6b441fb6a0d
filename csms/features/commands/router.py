"""Two doors to a station: commands in words of no version, and the raw door."""

import uuid
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Raw, Struct

from csms.domain import remote
from csms.features.commands.room import frame_bytes, told_limit
from csms.ports.commands import CallOutcome, CallReport, CallRequest, Unsupported
from csms.web.desk import Desk, desk_of
from csms.web.problems import FieldError, Problem

AnyRequest = Request[Any, Any, Any]
Within = Annotated[float | None, QueryParameter(ge=1, le=600)]

REFUSALS = {
    CallOutcome.OFFLINE: (409, "the station is not connected"),
    CallOutcome.NOT_ALLOWED: (409, "the station is not accepted yet and must not be asked this"),
    CallOutcome.BUSY: (503, "the station could not be asked now; nothing was sent"),
    CallOutcome.TIMED_OUT: (504, "the station did not answer in time; it may have acted all the same"),
    CallOutcome.DISCONNECTED: (
        504,
        "the connection was lost before the answer; the station may have acted all the same",
    ),
}


PREFIX = "/api/v1"
ASKED = """
INSERT INTO station_calls (id, station_id, action, payload, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO NOTHING
"""
ENDED = "UPDATE station_calls SET outcome = $2, answer = $3, closed_at = $4 WHERE id = $1 AND outcome IS NULL"


class CallError(Struct, frozen=True):
    """What a CALLERROR said."""

    code: str | None
    description: str | None
    details: Raw | None


class CallAnswer(Struct, frozen=True):
    """How a call ended: `Answered` with the raw answer, or `Error` with what the station said.

    `unsupported`: it does not know what it was asked, and says so in either way.
    """

    call_id: str
    outcome: str
    protocol: str | None
    action: str
    answer: Raw | None = None
    error: CallError | None = None
    unsupported: bool = False


@post("/{station_id:str}/ocpp/{action:str}", status_code=200)
async def call_raw(  # parameters of the route
    request: AnyRequest,
    station_id: FromPath[str],
    action: FromPath[str],
    data: JSONBody[dict[str, Any]],
    validate: FromQuery[bool] = True,  # noqa: FBT002  # a switch of the route
    within_s: Within = None,
) -> Response[CallAnswer]:
    """Send any call; its payload is as the specification spells it, and checked unless `validate` is false."""
    desk = desk_of(request)
    payload = msgspec.json.encode(data)
    station = await _registered(desk, station_id)
    protocol = await _protocol(desk, station)
    faults = desk.check(protocol, action, payload) if validate else []
    if faults:
        errors = [FieldError(fault.path, fault.message) for fault in faults]
        raise Problem(422, f"the payload breaks the schema of {action} in {protocol}", errors=errors)
    if validate:
        _check_room(action, payload, await told_limit(desk.pool, station, action))
    return await _call(request, station_id, action, payload.decode(), within_s)


@post("/{station_id:str}/commands/remote-start", status_code=200)
async def remote_start(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.StartRemotely]
) -> Response[CallAnswer]:
    """Begin a session."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/remote-stop", status_code=200)
async def remote_stop(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.StopRemotely]
) -> Response[CallAnswer]:
    """End a session."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/reset", status_code=200)
async def reset(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.ResetStation]
) -> Response[CallAnswer]:
    """Restart the station."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/unlock", status_code=200)
async def unlock(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.UnlockConnector]
) -> Response[CallAnswer]:
    """Unlock a cable."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/change-availability", status_code=200)
async def change_availability(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.ChangeAvailability]
) -> Response[CallAnswer]:
    """Take the station or a part of it out of service, or back into it."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/trigger", status_code=200)
async def trigger(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.TriggerMessage]
) -> Response[CallAnswer]:
    """Ask for a message now."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/get-variables", status_code=200)
async def get_variables(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.ReadVariables]
) -> Response[CallAnswer]:
    """Read variables or configuration keys."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/set-variables", status_code=200)
async def set_variables(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.WriteVariables]
) -> Response[CallAnswer]:
    """Write variables or a configuration key."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/get-report", status_code=200)
async def get_report(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.RequestReport]
) -> Response[CallAnswer]:
    """Ask for a report of the device model; what it says is found under the station's variables."""
    return await _say(request, station_id, data)


@post("/{station_id:str}/commands/clear-cache", status_code=200)
async def clear_cache(request: AnyRequest, station_id: FromPath[str]) -> Response[CallAnswer]:
    """Make the station forget tokens."""
    return await _say(request, station_id, remote.ClearCache())


@post("/{station_id:str}/commands/data-transfer", status_code=200)
async def data_transfer(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[remote.TransferData]
) -> Response[CallAnswer]:
    """Send what only a vendor understands."""
    return await _say(request, station_id, data)


async def _say(request: AnyRequest, station_id: str, command: remote.RemoteCommand) -> Response[CallAnswer]:
    desk = desk_of(request)
    station = await _registered(desk, station_id)
    protocol = await _protocol(desk, station)
    try:
        action, payload = desk.phrasebook.put(protocol, command)
    except Unsupported as unsupported:
        at_fault = unsupported.member
        errors = [] if at_fault is None else [FieldError(f"/{at_fault}", str(unsupported))]
        raise Problem(422, str(unsupported), errors=errors) from unsupported
    raw = msgspec.json.encode(payload)
    if faults := desk.check(protocol, action, raw):
        errors = [FieldError(f"/{desk.phrasebook.member(protocol, fault.path)}", fault.message) for fault in faults]
        raise Problem(422, f"{action} cannot say this in {protocol}", errors=errors)
    limit = await told_limit(desk.pool, station, action) or desk.command_bytes
    largest = max(payload, key=lambda name: len(str(payload[name])), default="")
    _check_room(action, raw, limit, desk.phrasebook.member(protocol, largest))
    return await _call(request, station_id, action, raw.decode(), None)


def _check_room(action: str, payload: bytes, limit: int | None, member: str = "") -> None:
    """Refuse what a station would choke on: some reboot on a frame that is too large (Q43)."""
    size = frame_bytes(action, payload)
    if limit is not None and size > limit:
        told = f"the call would have {size} bytes, and the station takes {limit}"
        raise Problem(422, told, errors=[FieldError(f"/{member}" if member else "", told)])


async def _call(
    request: AnyRequest, station_id: str, action: str, payload: str, within_s: float | None
) -> Response[CallAnswer]:
    desk = desk_of(request)
    call = CallRequest(
        call_id=str(uuid.uuid4()),
        station=await _registered(desk, station_id),
        action=action,
        payload=payload,
        within_s=within_s or desk.call_timeout_s,
        asked_by=request.state.caller.name,
    )
    if "respond-async" in request.headers.get("Prefer", ""):
        return await _promise(desk, call)
    return _answer(action, await desk.calls.call(call))


async def _promise(desk: Desk, call: CallRequest) -> Response[CallAnswer]:
    """Answer 202 with the place where the end of the call will be told."""
    await desk.pool.execute(
        ASKED, call.call_id, call.station, call.action, call.payload, call.asked_by, desk.clock.now()
    )
    desk.tasks.spawn(_carry_out(desk, call), name=f"call/{call.call_id}")
    return Response(
        CallAnswer(call.call_id, "Open", None, call.action),
        status_code=202,
        headers={
            "Location": f"{PREFIX}/stations/{call.station}/calls/{call.call_id}",
            "Preference-Applied": "respond-async",
        },
    )


async def _carry_out(desk: Desk, call: CallRequest) -> None:
    report = await desk.calls.call(call)
    await desk.pool.execute(ENDED, call.call_id, report.outcome.value, report.answer, desk.clock.now())


def _answer(action: str, report: CallReport) -> Response[CallAnswer]:
    if report.outcome in REFUSALS:
        status, detail = REFUSALS[report.outcome]
        raise Problem(status, detail, call_id=report.call_id, outcome=report.outcome.value)
    error = None
    if report.outcome is CallOutcome.ERROR:
        details = None if report.details is None else Raw(report.details.encode())
        error = CallError(report.code, report.description, details)
    answer = None if report.answer is None else Raw(report.answer.encode())
    return Response(
        CallAnswer(report.call_id, report.outcome.value, report.protocol, action, answer, error, report.unsupported)
    )


async def _registered(desk: Desk, station: str) -> str:
    found = await desk.pool.fetchval("SELECT id FROM stations WHERE lower(id) = lower($1)", station)
    if found is None:
        raise Problem(404, f"there is no station {station}")
    return str(found)


async def _protocol(desk: Desk, station: str) -> str:
    protocol = await desk.calls.protocol(station)
    if protocol is None:
        status, detail = REFUSALS[CallOutcome.OFFLINE]
        raise Problem(status, detail, outcome=CallOutcome.OFFLINE.value)
    return protocol


commands = Router(
    "/stations",
    tags=["commands"],
    opt={"refuses": (404, 409, 503, 504), "reads": ("Prefer",)},
    route_handlers=[
        call_raw,
        remote_start,
        remote_stop,
        reset,
        unlock,
        change_availability,
        trigger,
        get_variables,
        set_variables,
        get_report,
        clear_cache,
        data_transfer,
    ],
)
