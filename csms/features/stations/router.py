"""Routes of stations."""

import asyncio
from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any, NoReturn, TypeVar

import asyncpg
import msgspec
from litestar import Request, Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET

from csms.domain.fleet.selection import Label, Selection
from csms.features.stations.repository import Stations, Written
from csms.features.stations.schemas import (
    Call,
    ConnectorStatus,
    Direction,
    Frame,
    NewPassword,
    NewStation,
    Notice,
    Station,
    StationChange,
    Subprotocol,
    Variable,
)
from csms.kit.passwords import hash_password
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import FieldError, Problem
from csms.web.versions import CONDITIONAL, changed_meanwhile, tagged, wanted_versions

Limit = Annotated[int, QueryParameter(ge=1, le=500)]
AnyRequest = Request[Any, Any, Any]
Outcome = TypeVar("Outcome")
NEEDS_PASSWORD = (1, 2)
NAMED = {"refuses": (404,)}


@post("/")
async def create_station(request: AnyRequest, data: JSONBody[NewStation]) -> Response[Station]:
    """Register a station; it may connect at once."""
    if data.security_profile in NEEDS_PASSWORD and data.password is None:
        raise Problem(422, "this security profile needs a password", errors=[FieldError("/password", "is needed")])
    stations = Stations(desk_of(request).pool)
    values = msgspec.structs.asdict(data)
    password = values.pop("password")
    values["password_hash"] = None if password is None else await _hashed(password)
    if not await _placed(stations.add(values)):
        raise Problem(409, f"there is a station {data.id} already", errors=[FieldError("/id", "is taken")])
    return _tagged(await _existing(stations, data.id), status=201)


@get("/")
async def list_stations(  # the filters of the route
    request: AnyRequest,
    limit: Limit = 50,
    after: FromQuery[str | None] = None,
    q: FromQuery[str | None] = None,
    online: FromQuery[bool | None] = None,
    site: FromQuery[str | None] = None,
    label: FromQuery[list[Label] | None] = None,
    vendor: FromQuery[str | None] = None,
    model: FromQuery[str | None] = None,
    firmware: FromQuery[str | None] = None,
    protocol: FromQuery[Subprotocol | None] = None,
) -> Page[Station]:
    """List stations by id: those that bear every `label`, and are as the patterns say (`*` is any text)."""
    cursor = read_cursor(after, tuple[str])
    chosen = Selection(
        site=site,
        labels=tuple(label or ()),
        vendor=vendor,
        model=model,
        firmware=firmware,
        protocol=protocol,
        online=online,
    )
    rows = await Stations(desk_of(request).pool).some(chosen, q=q, after=cursor[0] if cursor else None, limit=limit + 1)
    return page_of(rows, limit, lambda station: cursor_of(station.id))


@get("/{station_id:str}", opt=NAMED)
async def show_station(request: AnyRequest, station_id: FromPath[str]) -> Response[Station]:
    """Show one station, with the statuses of its connectors."""
    return _tagged(await _existing(Stations(desk_of(request).pool), station_id))


@patch("/{station_id:str}", opt=CONDITIONAL)
async def change_station(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[StationChange]
) -> Response[Station]:
    """Change how a station is set up; with `If-Match`, only if nobody changed it meanwhile.

    A higher security profile closes the connection that stands: it was let in for less.
    """
    stations = Stations(desk_of(request).pool)
    found = await _existing(stations, station_id)
    if data.security_profile in NEEDS_PASSWORD and not found.has_password:
        raise Problem(409, "this security profile needs a password; set one first")
    changes = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    written = await _placed(stations.change(station_id, changes, versions=wanted_versions(request)))
    if written is None:
        raise changed_meanwhile("station")
    _expel(request, written)
    return _tagged(await _existing(stations, station_id))


@delete("/{station_id:str}", opt=CONDITIONAL)
async def delete_station(request: AnyRequest, station_id: FromPath[str]) -> None:
    """Take a station out of the network and close its connection; its sessions and its log stay."""
    stations = Stations(desk_of(request).pool)
    written = await stations.remove(station_id, versions=wanted_versions(request))
    if written is None:
        await _existing(stations, station_id)
        raise changed_meanwhile("station")
    _expel(request, written)


@put("/{station_id:str}/password", status_code=204, opt=NAMED)
async def change_password(request: AnyRequest, station_id: FromPath[str], data: JSONBody[NewPassword]) -> None:
    """Set the password for HTTP Basic; a connection that stands is cut only if that is asked for."""
    written = await Stations(desk_of(request).pool).change_password(
        station_id, await _hashed(data.password), keep_old_s=data.keep_old_s, cut=data.cut
    )
    _expel(request, written or _missing(station_id))


@get("/{station_id:str}/connectors", opt=NAMED)
async def list_connectors(request: AnyRequest, station_id: FromPath[str]) -> list[ConnectorStatus]:
    """List the newest status of every connector."""
    return (await _existing(Stations(desk_of(request).pool), station_id)).connectors


@get("/{station_id:str}/frames", opt=NAMED)
async def list_frames(  # the filters of the route
    request: AnyRequest,
    station_id: FromPath[str],
    limit: Limit = 100,
    after: FromQuery[str | None] = None,
    direction: FromQuery[Direction | None] = None,
    action: FromQuery[str | None] = None,
    message_id: FromQuery[str | None] = None,
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
) -> Page[Frame]:
    """List what was on the wire, newest first; a frame is there within a second.

    A call and its answer bear the same `message_id` and `action`.
    """
    stations = Stations(desk_of(request).pool)
    rows = await stations.frames(
        await _real_id(stations, station_id),
        direction=direction,
        action=action,
        message_id=message_id,
        since=since,
        until=until,
        after=read_cursor(after, tuple[datetime, int]),
        limit=limit + 1,
    )
    page = page_of(rows, limit, lambda row: cursor_of(row[0], row[1].id))
    return Page([frame for _, frame in page.items], page.next)


@get("/{station_id:str}/variables", opt=NAMED)
async def list_variables(request: AnyRequest, station_id: FromPath[str]) -> list[Variable]:
    """List what the station told of its device model."""
    stations = Stations(desk_of(request).pool)
    return await stations.variables(await _real_id(stations, station_id))


@get("/{station_id:str}/calls", opt=NAMED)
async def list_calls(
    request: AnyRequest, station_id: FromPath[str], limit: Limit = 50, after: FromQuery[str | None] = None
) -> Page[Call]:
    """List what the station was asked, newest first."""
    stations = Stations(desk_of(request).pool)
    rows = await stations.calls(
        await _real_id(stations, station_id), after=read_cursor(after, tuple[datetime, str]), limit=limit + 1
    )
    return page_of(rows, limit, lambda call: cursor_of(call.asked_at, call.id))


@get("/{station_id:str}/calls/{call_id:str}", opt=NAMED)
async def show_call(request: AnyRequest, station_id: FromPath[str], call_id: FromPath[str]) -> Call:
    """Show what became of one call."""
    stations = Stations(desk_of(request).pool)
    call = await stations.call(await _real_id(stations, station_id), call_id)
    if call is None:
        raise Problem(404, f"there is no call {call_id}")
    return call


@get("/{station_id:str}/notices", opt=NAMED)
async def list_notices(
    request: AnyRequest, station_id: FromPath[str], limit: Limit = 50, after: FromQuery[str | None] = None
) -> Page[Notice]:
    """List what was kept for people to read, newest first."""
    stations = Stations(desk_of(request).pool)
    cursor = read_cursor(after, tuple[int])
    rows = await stations.notices(
        await _real_id(stations, station_id), after=cursor[0] if cursor else None, limit=limit + 1
    )
    return page_of(rows, limit, lambda notice: cursor_of(notice.id))


async def _existing(stations: Stations, station: str) -> Station:
    return await stations.one(station) or _missing(station)


def _missing(station: str) -> NoReturn:
    raise Problem(404, f"there is no station {station}")


def _expel(request: AnyRequest, written: Written) -> None:
    """Have the line closed that a station must not keep, wherever it stands."""
    if written.epoch is not None:
        desk_of(request).expel(written.station, written.epoch)


async def _placed(write: Awaitable[Outcome]) -> Outcome:
    """Write a station; refuse a site that there is not."""
    try:
        return await write
    except asyncpg.ForeignKeyViolationError as error:
        raise Problem(422, "there is no such site", errors=[FieldError("/site_id", "is not known")]) from error


async def _real_id(stations: Stations, station: str) -> str:
    return await stations.real_id(station) or _missing(station)


async def _hashed(password: str) -> str:
    return await asyncio.to_thread(hash_password, password.encode())


def _tagged(station: Station, *, status: int = 200) -> Response[Station]:
    return tagged(station, station.version, status=status)


stations = Router(
    "/stations",
    tags=["stations"],
    route_handlers=[
        create_station,
        list_stations,
        show_station,
        change_station,
        delete_station,
        change_password,
        list_connectors,
        list_frames,
        list_variables,
        list_calls,
        show_call,
        list_notices,
    ],
)
