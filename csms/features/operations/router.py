"""Routes of operations and campaigns: both are steered and read in the same way."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from csms.domain.fleet.outcomes import Outcome, is_failure
from csms.features.operations.creation import create
from csms.features.operations.repository.reading import Operations
from csms.features.operations.schemas import AssignmentState, Kind, NewCampaign, NewOperation, Operation, Result, State
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

Limit = Annotated[int, QueryParameter(ge=1, le=500)]
AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
StateIs = Annotated[State | None, QueryParameter(name="state")]
AssignmentStateIs = Annotated[AssignmentState | None, QueryParameter(name="state")]
"""The framework has a use of its own for an argument of that name."""
STEERED = {"refuses": (404, 409)}
PREFIX = "/api/v1/operations"
FAILURES = [outcome.value for outcome in Outcome if is_failure(outcome)]


@post("/", status_code=202)
async def create_operation(request: AnyRequest, data: JSONBody[NewOperation]) -> Response[Operation]:
    """Give a command to many stations; `Location` tells where to see how far it is."""
    return await _created(request, data)


@post("/", status_code=202)
async def create_campaign(request: AnyRequest, data: JSONBody[NewCampaign]) -> Response[Operation]:
    """Roll something out over many stations, in waves."""
    return await _created(request, data)


async def _created(request: AnyRequest, data: NewOperation | NewCampaign) -> Response[Operation]:
    desk = desk_of(request)
    operation = await create(desk, data, request.state.caller.name)
    found = await _existing(Operations(desk.pool), operation)
    return Response(found, status_code=202, headers={"Location": f"{PREFIX}/{operation}"})


@get("/")
async def list_operations(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    kind: FromQuery[Kind | None] = None,
    state_is: StateIs = None,
) -> Page[Operation]:
    """List operations, campaigns among them, newest first."""
    return await _listed(request, limit, after, kind, state_is)


@get("/")
async def list_campaigns(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    state_is: StateIs = None,
) -> Page[Operation]:
    """List campaigns, newest first."""
    return await _listed(request, limit, after, "campaign", state_is)


async def _listed(
    request: AnyRequest, limit: int, after: str | None, kind: str | None, state: str | None
) -> Page[Operation]:
    cursor = read_cursor(after, tuple[datetime, str])
    rows = await Operations(desk_of(request).pool).some(kind=kind, state=state, after=cursor, limit=limit + 1)
    return page_of(rows, limit, lambda operation: cursor_of(operation.created_at, operation.id))


@get("/{operation_id:str}", opt=NAMED)
async def show_operation(request: AnyRequest, operation_id: FromPath[str]) -> Operation:
    """Show how far an operation is."""
    return await _existing(Operations(desk_of(request).pool), operation_id)


@get("/{operation_id:str}/results", opt=NAMED)
async def list_results(  # the filters of the route
    request: AnyRequest,
    operation_id: FromPath[str],
    limit: Limit = 100,
    after: FromQuery[str | None] = None,
    state_is: AssignmentStateIs = None,
    outcome: FromQuery[Outcome | None] = None,
    wave: FromQuery[int | None] = None,
    station: FromQuery[str | None] = None,
) -> Page[Result]:
    """List how far it is with each station, and how it ended there."""
    operations, cursor = Operations(desk_of(request).pool), read_cursor(after, tuple[int])
    await _existing(operations, operation_id)
    rows = await operations.results(
        operation_id,
        state=state_is,
        outcome=outcome,
        wave=wave,
        station=station,
        after=cursor[0] if cursor else 0,
        limit=limit + 1,
    )
    page = page_of(rows, limit, lambda row: cursor_of(row[0]))
    return Page([result for _, result in page.items], page.next)


@post("/{operation_id:str}/pause", status_code=200, opt=STEERED)
async def pause_operation(request: AnyRequest, operation_id: FromPath[str]) -> Operation:
    """Ask no more stations until it is resumed; what is under way goes on."""
    operations = Operations(desk_of(request).pool)
    return await _steered(operations, operation_id, await operations.pause(operation_id), "running")


@post("/{operation_id:str}/resume", status_code=200, opt=STEERED)
async def resume_operation(request: AnyRequest, operation_id: FromPath[str]) -> Operation:
    """Go on; failures so far do not count any more."""
    operations = Operations(desk_of(request).pool)
    return await _steered(operations, operation_id, await operations.resume(operation_id, FAILURES), "paused")


@post("/{operation_id:str}/cancel", status_code=200, opt=STEERED)
async def cancel_operation(request: AnyRequest, operation_id: FromPath[str]) -> Operation:
    """Ask no more stations, for ever; what is under way comes to its end."""
    operations = Operations(desk_of(request).pool)
    return await _steered(operations, operation_id, await operations.cancel(operation_id), "running or paused")


async def _steered(operations: Operations, operation: str, done: bool, needed: str) -> Operation:  # noqa: FBT001
    found = await _existing(operations, operation)
    if not done:
        raise Problem(409, f"it is {found.state}, not {needed}")
    return found


async def _existing(operations: Operations, operation: str) -> Operation:
    found = await operations.one(operation)
    if found is None:
        raise Problem(404, f"there is no operation {operation}")
    return found


STEERING = [show_operation, list_results, pause_operation, resume_operation, cancel_operation]
operations = Router("/operations", tags=["operations"], route_handlers=[create_operation, list_operations, *STEERING])
campaigns = Router("/campaigns", tags=["campaigns"], route_handlers=[create_campaign, list_campaigns, *STEERING])
