"""Routes of local lists; single updates are sent by the commands of their station."""

from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from csms.features.local_lists.repository import LocalLists, real_id
from csms.features.local_lists.schemas import ListEntry, LocalList
from csms.features.local_lists.wishes import WISHES
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@get("/")
async def list_local_lists(
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    token: FromQuery[str | None] = None,
    drifts: FromQuery[bool | None] = None,  # a filter
) -> Page[LocalList]:
    """List the local lists that are known of or wanted, by station; with `token` those that hold it."""
    (last,) = read_cursor(after, tuple[str]) or (None,)
    found = await LocalLists(desk_of(request).pool).some(after=last, token=token, drifts=drifts, limit=limit + 1)
    return page_of(found, limit, lambda row: cursor_of(row.station_id))


@get("/{station_id:str}/local-list", opt=NAMED)
async def show_local_list(request: AnyRequest, station_id: FromPath[str]) -> LocalList:
    """Show what is known of a station's local list."""
    lists = LocalLists(desk_of(request).pool)
    return await lists.one(await real_id(lists, station_id))


@get("/{station_id:str}/local-list/entries", opt=NAMED)
async def list_entries(
    request: AnyRequest, station_id: FromPath[str], limit: Limit = 100, after: FromQuery[str | None] = None
) -> Page[ListEntry]:
    """List the tokens that a station has in its local list, by value."""
    lists = LocalLists(desk_of(request).pool)
    (last,) = read_cursor(after, tuple[str]) or (None,)
    found = await lists.entries(await real_id(lists, station_id), after=last, limit=limit + 1)
    page = page_of(found, limit, lambda row: cursor_of(row[0]))
    return Page([entry for _, entry in page.items], page.next)


local_lists = [
    Router("/local-lists", tags=["local lists"], route_handlers=[list_local_lists]),
    Router("/stations", tags=["local lists"], route_handlers=[show_local_list, list_entries, *WISHES]),
]
