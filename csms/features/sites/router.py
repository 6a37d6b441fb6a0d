"""Routes of sites."""

from typing import Annotated, Any, NoReturn

import asyncpg
import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET

from csms.features.sites.repository import Sites
from csms.features.sites.schemas import NewSite, Site, SiteChange, check_zone
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import FieldError, Problem
from csms.web.versions import CONDITIONAL, changed_meanwhile, tagged, wanted_versions

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@post("/")
async def create_site(request: AnyRequest, data: JSONBody[NewSite]) -> Response[Site]:
    """Add a place where stations stand."""
    check_zone(data.time_zone)
    sites = Sites(desk_of(request).pool)
    if not await sites.add(msgspec.structs.asdict(data)):
        raise Problem(409, f"there is a site {data.id} already", errors=[FieldError("/id", "is taken")])
    return await _told(sites, data.id, status=201)


@get("/")
async def list_sites(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    city: FromQuery[str | None] = None,
    q: FromQuery[str | None] = None,
) -> Page[Site]:
    """List sites by id."""
    cursor = read_cursor(after, tuple[str])
    sites = Sites(desk_of(request).pool)
    rows = await sites.some(after=cursor[0] if cursor else None, city=city, q=q, limit=limit + 1)
    return page_of(rows, limit, lambda site: cursor_of(site.id))


@get("/{site_id:str}", opt=NAMED)
async def show_site(request: AnyRequest, site_id: FromPath[str]) -> Response[Site]:
    """Show one site."""
    return await _told(Sites(desk_of(request).pool), site_id)


@patch("/{site_id:str}", opt=CONDITIONAL)
async def change_site(request: AnyRequest, site_id: FromPath[str], data: JSONBody[SiteChange]) -> Response[Site]:
    """Change a site; with `If-Match`, only if nobody changed it meanwhile."""
    check_zone(data.time_zone)
    sites, changes = Sites(desk_of(request).pool), msgspec.structs.asdict(data)
    changes = {name: value for name, value in changes.items() if value is not UNSET}
    if not await sites.change(site_id, changes, versions=wanted_versions(request)):
        await _refuse(sites, site_id)
    return await _told(sites, site_id)


@delete("/{site_id:str}", opt={**CONDITIONAL, "refuses": (404, 409, 412)})
async def delete_site(request: AnyRequest, site_id: FromPath[str]) -> None:
    """Forget a site, if no station stands there any more."""
    sites = Sites(desk_of(request).pool)
    try:
        if not await sites.remove(site_id, versions=wanted_versions(request)):
            await _refuse(sites, site_id)
    except asyncpg.ForeignKeyViolationError as error:
        raise Problem(409, f"stations stand at {site_id}; move or delete them first") from error


async def _told(sites: Sites, site_id: str, *, status: int = 200) -> Response[Site]:
    site = await sites.one(site_id)
    if site is None:
        raise _absence(site_id)
    return tagged(site, site.version, status=status)


async def _refuse(sites: Sites, site_id: str) -> NoReturn:
    """Say why nothing was written."""
    raise changed_meanwhile("site") if await sites.one(site_id) is not None else _absence(site_id)


def _absence(site_id: str) -> Problem:
    return Problem(404, f"there is no site {site_id}")


sites = Router("/sites", tags=["sites"], route_handlers=[create_site, list_sites, show_site, change_site, delete_site])
