"""Routes of configurations: what is wanted, and how far stations are from it."""

from typing import Annotated, Any

from litestar import Request, Router, delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from csms.domain.fleet.configuration import Configuration, Restart, Traits, WantedValue, wanted_of
from csms.domain.fleet.selection import Selection
from csms.domain.vendors.habits import PLAIN
from csms.domain.vendors.profiles import Make
from csms.features.configuration.drift import drifts
from csms.features.configuration.repository import Configurations, as_rules
from csms.features.configuration.schemas import (
    ConfigurationRow,
    NewConfiguration,
    OwnConfiguration,
    StationConfiguration,
    StationSummary,
)
from csms.kit.zones import zone_of
from csms.ocpp.secrets import is_secret, is_security_profile
from csms.web.desk import desk_of
from csms.web.pagination import Page, cursor_of, page_of, read_cursor
from csms.web.problems import FieldError, Problem

AnyRequest = Request[Any, Any, Any]
Limit = Annotated[int, QueryParameter(ge=1, le=500)]
NAMED = {"refuses": (404,)}
OWN = "station "
"""What the name of a configuration of one station begins with; no other may."""


@get("/")
async def list_configurations(request: AnyRequest) -> list[ConfigurationRow]:
    """List all that is wanted, by name."""
    return await Configurations(desk_of(request).pool).all()


@put("/{name:str}")
async def write_configuration(
    request: AnyRequest, name: FromPath[str], data: JSONBody[NewConfiguration]
) -> ConfigurationRow:
    """Want values of a selection; nothing is sent before the next boot of a station, or an operation `configuration`."""
    if data.selection.says_nothing:
        raise _refused("/selection", "says nothing; to mean every station, say `all`")
    if name.startswith(OWN) or len(name) > 255:  # noqa: PLR2004  # as long as any name
        raise _refused("name", "is not one for a configuration")
    _check(data.values, data.restart)
    wanted = Configuration(name, data.values, data.selection, None, data.restart)
    return await Configurations(desk_of(request).pool).write(wanted)


@delete("/{name:str}", opt=NAMED)
async def delete_configuration(request: AnyRequest, name: FromPath[str]) -> None:
    """Want nothing any more; stations stay as they are."""
    if not await Configurations(desk_of(request).pool).remove(name):
        raise Problem(404, f"there is no configuration {name}")


@get("/drift")
async def list_drift(
    request: AnyRequest, limit: Limit = 100, after: FromQuery[str | None] = None
) -> Page[StationSummary]:
    """List how far stations are from what is wanted of them, those of which nothing is wanted too."""
    configurations, cursor = Configurations(desk_of(request).pool), read_cursor(after, tuple[str])
    rules = as_rules(await configurations.all())
    stations = await configurations.traits(after=cursor[0] if cursor else "", limit=limit + 1)
    told = await configurations.told([station.id for station in stations])
    rows = []
    for station in stations:
        habits = desk_of(request).vendors.resolve(Make(station.vendor, station.model, station.firmware), PLAIN).habits
        states: dict[str, int] = {}
        for drift in drifts(wanted_of(rules, station), told[station.id], habits, {}):
            states[drift.state] = states.get(drift.state, 0) + 1
        rows.append(StationSummary(station.id, states))
    return page_of(rows, limit, lambda row: cursor_of(row.station))


@get("/{station_id:str}/configuration", opt=NAMED)
async def show_station_configuration(request: AnyRequest, station_id: FromPath[str]) -> StationConfiguration:
    """Show each value that is wanted of a station beside what it told last."""
    desk = desk_of(request)
    return await _shown(request, Configurations(desk.pool), await _traits(Configurations(desk.pool), station_id))


@put("/{station_id:str}/configuration", opt=NAMED)
async def write_station_configuration(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[OwnConfiguration]
) -> StationConfiguration:
    """Want values of one station, before those of all selections."""
    _check(data.values, data.restart)
    configurations = Configurations(desk_of(request).pool)
    station = await _traits(configurations, station_id)
    selection = Selection(ids=(station.id,))
    await configurations.write(Configuration(OWN + station.id, data.values, selection, station.id, data.restart))
    return await _shown(request, configurations, station)


@delete("/{station_id:str}/configuration", opt=NAMED)
async def delete_station_configuration(request: AnyRequest, station_id: FromPath[str]) -> None:
    """Want nothing of one station alone any more."""
    configurations = Configurations(desk_of(request).pool)
    station = await _traits(configurations, station_id)
    if not await configurations.remove(OWN + station.id):
        raise Problem(404, f"nothing is wanted of {station.id} alone")


async def _shown(request: AnyRequest, configurations: Configurations, station: Traits) -> StationConfiguration:
    known = await desk_of(request).registry.find(station.id)
    wanted = wanted_of(as_rules(await configurations.all()), station)
    told = (await configurations.told([station.id]))[station.id]
    habits = PLAIN if known is None else known.habits
    values = drifts(wanted, told, habits, await configurations.attempts(station.id))
    return StationConfiguration(station.id, all(one.state in {"in-sync", "untouched"} for one in values), values)


async def _traits(configurations: Configurations, station: str) -> Traits:
    found = await configurations.traits(station=station)
    if not found:
        raise Problem(404, f"there is no station {station}")
    return found[0]


def _check(values: tuple[WantedValue, ...], restart: Restart | None) -> None:
    """Refuse what is no configuration: a password, and the same variable twice; and clocks that nobody knows."""
    try:
        zone_of("UTC" if restart is None else restart.timezone)
    except (LookupError, ValueError) as error:
        raise _refused("/restart/timezone", "is not a time zone that is known here") from error
    known = set()
    for place, value in enumerate(values):
        if is_secret(value.variable):
            raise _refused(f"/values/{place}/variable", "a password is no configuration")
        if is_security_profile(value.variable):
            raise _refused(f"/values/{place}/variable", "a security profile is raised by a command, and never lowered")
        if value.key in known:
            raise _refused(f"/values/{place}/variable", "is wanted twice")
        known.add(value.key)


def _refused(path: str, message: str) -> Problem:
    return Problem(422, f"{path.strip('/')}: {message}", errors=[FieldError(path, message)])


configurations = Router(
    "/configurations",
    tags=["configurations"],
    route_handlers=[list_configurations, write_configuration, delete_configuration, list_drift],
)
station_configurations = Router(
    "/stations",
    tags=["configurations"],
    route_handlers=[show_station_configuration, write_station_configuration, delete_station_configuration],
)
