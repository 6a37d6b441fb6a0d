"""Routes of reservations; they are made and cancelled by the commands of their station."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from csms.features.reservations.repository import Phase, Reservation, Reservations
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Number = Annotated[int | None, QueryParameter(ge=-(2**31), le=2**31 - 1)]


@get("/")
async def list_reservations(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    station: FromQuery[str | None] = None,
    phase: FromQuery[Phase | None] = None,
    token: FromQuery[str | None] = None,
    number: Number = None,
) -> Page[Reservation]:
    """List reservations of a station or of the network, the youngest first."""
    desk = desk_of(request)
    found = await Reservations(desk.pool, desk.clock.now()).some(
        station=station,
        phase=phase,
        token=token,
        number=number,
        after=read_cursor(after, tuple[datetime, str]),
        limit=limit + 1,
    )
    return page_of(found, limit, lambda row: cursor_of(row.asked_at, row.id))


@get("/{reservation_id:str}", opt={"refuses": (404,)})
async def show_reservation(request: AnyRequest, reservation_id: FromPath[str]) -> Reservation:
    """Show one reservation, by the id of the call that asked for it."""
    desk = desk_of(request)
    found = await Reservations(desk.pool, desk.clock.now()).one(reservation_id)
    if found is None:
        raise Problem(404, f"there is no reservation {reservation_id}")
    return found


reservations = Router("/reservations", tags=["reservations"], route_handlers=[list_reservations, show_reservation])
