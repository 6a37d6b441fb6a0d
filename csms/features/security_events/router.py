"""Routes of security events."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from csms.features.security_events.repository import SecurityEvent, SecurityEvents
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@get("/")
async def list_security_events(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    station: FromQuery[str | None] = None,
    type: FromQuery[str | None] = None,  # noqa: A002  # the name of the filter
    critical: FromQuery[bool | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Page[SecurityEvent]:
    """List what stations told of their security, the last to come in first; `since` and `until` bound when it came in."""
    cursor = read_cursor(after, tuple[int])
    rows = await SecurityEvents(desk_of(request).pool).some(
        station=station,
        kind=type,
        critical=critical,
        since=since,
        until=until,
        after=cursor[0] if cursor else None,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda event: cursor_of(event.id))


@get("/{station_id:str}/security-events", opt={"refuses": (404,)})
async def list_station_security_events(  # the filters of the route
    request: AnyRequest,
    station_id: FromPath[str],
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    type: FromQuery[str | None] = None,  # noqa: A002  # the name of the filter
    critical: FromQuery[bool | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Page[SecurityEvent]:
    """List what one station told of its security, the last to come in first."""
    desk = desk_of(request)
    if await desk.registry.find(station_id) is None:
        raise Problem(404, f"there is no station {station_id}")
    cursor = read_cursor(after, tuple[int])
    rows = await SecurityEvents(desk.pool).some(
        station=station_id,
        kind=type,
        critical=critical,
        since=since,
        until=until,
        after=cursor[0] if cursor else None,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda event: cursor_of(event.id))


security_events = Router("/security-events", tags=["security"], route_handlers=[list_security_events])
station_security_events = Router("/stations", tags=["security"], route_handlers=[list_station_security_events])
