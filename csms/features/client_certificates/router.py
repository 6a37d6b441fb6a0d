"""Routes of certificates by which stations come in."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from csms.features.client_certificates.repository import ClientCertificate, ClientCertificates
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Days = Annotated[int | None, QueryParameter(ge=0, le=3650)]


@get("/")
async def list_client_certificates(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    station: FromQuery[str | None] = None,
    in_use: FromQuery[bool | None] = None,
    ends_within_days: Days = None,
) -> Page[ClientCertificate]:
    """List the certificates by which stations come in, the one that ends first before all others."""
    return await _page(request, limit, after, station, in_use=in_use, days=ends_within_days)


@get("/{station_id:str}/client-certificates", opt={"refuses": (404,)})
async def list_station_client_certificates(
    request: AnyRequest,
    station_id: FromPath[str],
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    in_use: FromQuery[bool | None] = None,
) -> Page[ClientCertificate]:
    """List the certificates by which one station comes in, the one that ends first before all others."""
    if await desk_of(request).registry.find(station_id) is None:
        raise Problem(404, f"there is no station {station_id}")
    return await _page(request, limit, after, station_id, in_use=in_use, days=None)


async def _page(  # the filters of the routes
    request: AnyRequest, limit: int, after: str | None, station: str | None, *, in_use: bool | None, days: int | None
) -> Page[ClientCertificate]:
    cursor = read_cursor(after, tuple[datetime, str, str])
    rows = await ClientCertificates(desk_of(request).pool).some(
        station=station, in_use=in_use, within_days=days, after=cursor, limit=limit + 1
    )
    return page_of(rows, limit, lambda one: cursor_of(one.not_after, one.station_id, one.fingerprint))


client_certificates = Router("/client-certificates", tags=["security"], route_handlers=[list_client_certificates])
station_client_certificates = Router("/stations", tags=["security"], route_handlers=[list_station_client_certificates])
