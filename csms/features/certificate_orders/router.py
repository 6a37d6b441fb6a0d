"""Routes of certificate orders."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from csms.features.certificate_orders.repository import CertificateOrder, CertificateOrders
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Stage = Literal["asked", "issued", "sent", "installed", "unanswered", "refused", "denied", "failed", "superseded"]


@get("/")
async def list_certificate_orders(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    station: FromQuery[str | None] = None,
    stage: FromQuery[Stage | None] = None,
) -> Page[CertificateOrder]:
    """List what stations asked to have signed, the youngest first."""
    return await _page(request, limit, after, station, stage)


@get("/{station_id:str}/certificate-orders", opt={"refuses": (404,)})
async def list_station_certificate_orders(
    request: AnyRequest,
    station_id: FromPath[str],
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    stage: FromQuery[Stage | None] = None,
) -> Page[CertificateOrder]:
    """List what one station asked to have signed, the youngest first."""
    if await desk_of(request).registry.find(station_id) is None:
        raise Problem(404, f"there is no station {station_id}")
    return await _page(request, limit, after, station_id, stage)


async def _page(
    request: AnyRequest, limit: int, after: str | None, station: str | None, stage: str | None
) -> Page[CertificateOrder]:
    cursor = read_cursor(after, tuple[datetime, str])
    rows = await CertificateOrders(desk_of(request).pool).some(
        station=station, stage=stage, after=cursor, limit=limit + 1
    )
    return page_of(rows, limit, lambda order: cursor_of(order.asked_at, order.id))


certificate_orders = Router("/certificate-orders", tags=["security"], route_handlers=[list_certificate_orders])
station_certificate_orders = Router("/stations", tags=["security"], route_handlers=[list_station_certificate_orders])
