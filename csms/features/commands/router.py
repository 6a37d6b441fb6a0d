"""Two doors to a station: commands in words of no version, and the raw door."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import msgspec
from litestar import Response, Router, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from csms.domain.remote import RemoteCommand
from csms.features.commands.dispatch import AnyRequest, CallAnswer, call, protocol_of, registered, say
from csms.features.commands.room import told_limit
from csms.features.commands.table import COMMANDS
from csms.features.commands.wording import check_room
from csms.web.desk import desk_of
from csms.web.problems import FieldError, Problem

Within = Annotated[float | None, QueryParameter(ge=1, le=600)]


@post("/{station_id:str}/ocpp/{action:str}", status_code=200)
async def call_raw(  # parameters of the route
    request: AnyRequest,
    station_id: FromPath[str],
    action: FromPath[str],
    data: JSONBody[dict[str, Any]],
    validate: FromQuery[bool] = True,  # noqa: FBT002  # a switch of the route
    within_s: Within = None,
) -> Response[CallAnswer]:
    """Send any call; its payload is as the specification spells it, and checked unless `validate` is false."""
    desk = desk_of(request)
    payload = msgspec.json.encode(data)
    station = await registered(desk, station_id)
    protocol = await protocol_of(desk, station)
    faults = desk.check(protocol, action, payload) if validate else []
    if faults:
        errors = [FieldError(fault.path, fault.message) for fault in faults]
        raise Problem(422, f"the payload breaks the schema of {action} in {protocol}", errors=errors)
    if validate:
        check_room(action, payload, await told_limit(desk.pool, station, action))
    return await call(request, station_id, action, payload.decode(), within_s)


def _route(name: str, command: type[RemoteCommand], sentence: str) -> HTTPRouteHandler:
    """Return the route of a command; one without members takes no body."""
    handler = _bare(command) if not command.__struct_fields__ else _filled(command)
    handler.__name__ = name.replace("-", "_")
    handler.__doc__ = sentence
    return post(f"/{{station_id:str}}/commands/{name}", status_code=200)(handler)


def _bare(command: type[RemoteCommand]) -> Callable[..., Awaitable[Response[CallAnswer]]]:
    async def handler(request: AnyRequest, station_id: FromPath[str]) -> Response[CallAnswer]:
        return await say(request, station_id, command())

    return handler


def _filled(command: type[RemoteCommand]) -> Callable[..., Awaitable[Response[CallAnswer]]]:
    async def handler(request: AnyRequest, station_id: FromPath[str], data: Any) -> Response[CallAnswer]:
        return await say(request, station_id, data)

    handler.__annotations__["data"] = JSONBody[command]  # type: ignore[misc,valid-type]  # for the framework
    return handler


commands = Router(
    "/stations",
    tags=["commands"],
    opt={"refuses": (404, 409, 503, 504), "reads": ("Prefer",)},
    route_handlers=[call_raw, *(_route(name, *row) for name, row in COMMANDS.items())],
)
