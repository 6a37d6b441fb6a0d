"""Routes of errands."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from csms.features.errands.repository import Errands
from csms.features.errands.schemas import Errand, ErrandStory, Kind, Progress, Stage
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
NAMED = {"refuses": (404,)}


@get("/")
async def list_errands(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    station: FromQuery[str | None] = None,
    kind: FromQuery[Kind | None] = None,
    stage: FromQuery[Stage | None] = None,
    overdue: FromQuery[bool | None] = None,  # a filter
) -> Page[Errand]:
    """List what stations were sent for, the youngest first."""
    cursor = read_cursor(after, tuple[datetime, str])
    rows = await Errands(desk_of(request).pool).some(
        station=station, kind=kind, stage=stage, overdue=overdue, after=cursor, limit=limit + 1
    )
    return page_of(rows, limit, lambda errand: cursor_of(errand.asked_at, errand.id))


@get("/progress")
async def list_progress(
    request: AnyRequest, station: FromQuery[str], limit: Limit = 50, after: FromQuery[str | None] = None
) -> Page[Progress]:
    """List the statuses that a station told, the youngest first, those too of which nobody knows what they are about."""
    cursor = read_cursor(after, tuple[int])
    rows = await Errands(desk_of(request).pool).told(station, after=cursor[0] if cursor else None, limit=limit + 1)
    return page_of(rows, limit, lambda told: cursor_of(told.id))


@get("/{errand_id:str}", opt=NAMED)
async def show_errand(request: AnyRequest, errand_id: FromPath[str]) -> ErrandStory:
    """Show one errand, with all that was told of it."""
    found = await Errands(desk_of(request).pool).one(errand_id)
    if found is None:
        raise Problem(404, f"there is no errand {errand_id}")
    return found


errands = Router("/errands", tags=["errands"], route_handlers=[list_errands, list_progress, show_errand])
