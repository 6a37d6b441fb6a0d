"""Routes of local lists; single updates are sent by the commands of their station."""

from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from csms.features.local_lists.repository import LocalLists
from csms.features.local_lists.schemas import ListEntry, LocalList
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@get("/")
async def list_local_lists(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    token: FromQuery[str | None] = None,
) -> Page[LocalList]:
    """List the local lists that are known of, by station; with `token` those that hold it."""
    (last,) = read_cursor(after, tuple[str]) or (None,)
    found = await LocalLists(desk_of(request).pool).some(after=last, token=token, limit=limit + 1)
    return page_of(found, limit, lambda row: cursor_of(row.station_id))


@get("/{station_id:str}/local-list", opt=NAMED)
async def show_local_list(request: AnyRequest, station_id: FromPath[str]) -> LocalList:
    """Show what is known of a station's local list."""
    lists = LocalLists(desk_of(request).pool)
    return await lists.one(await _real_id(lists, station_id))


@get("/{station_id:str}/local-list/entries", opt=NAMED)
async def list_entries(
    request: AnyRequest, station_id: FromPath[str], limit: Limit = 100, after: FromQuery[str | None] = None
) -> Page[ListEntry]:
    """List the tokens that a station has in its local list, by value."""
    lists = LocalLists(desk_of(request).pool)
    (last,) = read_cursor(after, tuple[str]) or (None,)
    found = await lists.entries(await _real_id(lists, station_id), after=last, limit=limit + 1)
    page = page_of(found, limit, lambda row: cursor_of(row[0]))
    return Page([entry for _, entry in page.items], page.next)


async def _real_id(lists: LocalLists, station: str) -> str:
    found = await lists.real_id(station)
    if found is None:
        raise Problem(404, f"there is no station {station}")
    return found


local_lists = [
    Router("/local-lists", tags=["local lists"], route_handlers=[list_local_lists]),
    Router("/stations", tags=["local lists"], route_handlers=[show_local_list, list_entries]),
]
