"""Routes of the files that stations brought."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, delete, get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Stream

from csms.features.files.repository import Files, StationFile, Status
from csms.ports.objects import ObjectsError
from csms.storage.depot import file_key
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import Problem
from csms.web.streams import kept
from csms.web.versions import CONDITIONAL, changed_meanwhile, tagged, wanted_versions

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
NAMED = {"refuses": (404,)}
KEPT = frozenset({"whole", "partial"})


@get("/")
async def list_files(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    station: FromQuery[str | None] = None,
    errand: FromQuery[str | None] = None,
    status: FromQuery[Status | None] = None,
) -> Page[StationFile]:
    """List what stations brought, the youngest first, what broke off included."""
    cursor = read_cursor(after, tuple[datetime, str])
    rows = await Files(desk_of(request).pool).some(
        station=station, errand=errand, status=status, after=cursor, limit=limit + 1
    )
    return page_of(rows, limit, lambda file: cursor_of(file.began_at, file.id))


@get("/{file_id:str}", opt=NAMED)
async def show_file(request: AnyRequest, file_id: FromPath[str]) -> Response[StationFile]:
    """Show one file, without its bytes."""
    found = await Files(desk_of(request).pool).one(file_id)
    if found is None:
        raise Problem(404, f"there is no file {file_id}")
    return tagged(found, found.revision)


@get("/{file_id:str}/content", opt={"refuses": (404, 503)}, media_type="application/octet-stream")
async def download_file(request: AnyRequest, file_id: FromPath[str]) -> Stream:
    """Return the bytes of a file as the station sent them. Nobody has looked into them."""
    desk = desk_of(request)
    found = await Files(desk.pool).one(file_id)
    if found is None or found.status not in KEPT:
        raise Problem(404, f"there are no bytes of a file {file_id}")
    return await kept(desk.objects, file_key(file_id), found.name)


@delete("/{file_id:str}", opt={**CONDITIONAL, "refuses": (404, 412, 503)})
async def delete_file(request: AnyRequest, file_id: FromPath[str]) -> None:
    """Forget a file and its bytes; one that is still coming stays. With `If-Match`, only one of that tag."""
    desk = desk_of(request)
    wanted = wanted_versions(request)
    if wanted is not None and (found := await Files(desk.pool).one(file_id)) and found.revision not in wanted:
        raise changed_meanwhile("file")
    if not await Files(desk.pool).remove(file_id):
        raise Problem(404, f"there is no file {file_id} that could be deleted")
    try:
        await desk.objects.delete(file_key(file_id))
    except ObjectsError as error:
        raise Problem(503, "the file is off the list; its bytes go with the next sweep") from error


files = Router("/files", tags=["files"], route_handlers=[list_files, show_file, download_file, delete_file])
