"""Routes of vendor profiles, and of the habits of stations."""

from typing import Any

from litestar import Request, Router, get, put
from litestar.params import FromPath, JSONBody

from csms.domain.vendors.habits import Habits
from csms.domain.vendors.profiles import MEMBERS, about
from csms.features.vendors.repository import Overrides
from csms.features.vendors.schemas import Habit, StationHabits, VendorProfile
from csms.ports.registry import RegisteredStation
from csms.web.desk import Desk, desk_of
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
HOUSE = "house"


@get("/")
async def list_vendors(request: AnyRequest) -> list[VendorProfile]:
    """List the profiles that are in force, of all makes."""
    return [
        VendorProfile(
            name=profile.name,
            source=profile.source,
            vendor=profile.vendor,
            model=profile.model,
            firmware=profile.firmware,
            habits=profile.habits,
        )
        for profile in desk_of(request).vendors.profiles
    ]


@get("/{station_id:str}/habits", opt=NAMED)
async def show_habits(request: AnyRequest, station_id: FromPath[str]) -> StationHabits:
    """Show how a station is treated, and where each of it comes from."""
    desk = desk_of(request)
    return _shown(desk, await _existing(desk, station_id))


@put("/{station_id:str}/habits", opt=NAMED)
async def override_habits(request: AnyRequest, station_id: FromPath[str], data: JSONBody[Habits]) -> StationHabits:
    """Say how one station is treated, whatever its make; it is treated so at once. What is left out its make decides."""
    desk = desk_of(request)
    station = await Overrides(desk.pool).write(station_id, data)
    if station is None:
        raise Problem(404, f"there is no station {station_id}")
    await desk.changed(station)
    return _shown(desk, await _existing(desk, station))


def _shown(desk: Desk, station: RegisteredStation) -> StationHabits:
    resolved = desk.vendors.resolve(station.make, station.overrides)
    known = {
        member: Habit(value, resolved.sources[member])
        for member in MEMBERS
        if (value := getattr(resolved.habits, member)) is not None
    }
    return StationHabits(
        station=station.id,
        vendor=station.make.vendor,
        model=station.make.model,
        firmware=station.make.firmware,
        profiles=[profile.source for profile in about(desk.vendors.profiles, station.make)],
        habits={member: Habit(getattr(desk.habits, member), HOUSE) for member in MEMBERS} | known | _own(station),
        overrides=station.overrides,
    )


def _own(station: RegisteredStation) -> dict[str, Habit]:
    """Return what stands in the station's own record, which goes before all else."""
    told = {
        "heartbeat_s": station.heartbeat_s,
        "call_timeout_s": station.call_timeout_s,
        "subprotocol": station.subprotocol,
    }
    return {member: Habit(value, "station") for member, value in told.items() if value is not None}


async def _existing(desk: Desk, station: str) -> RegisteredStation:
    found = await desk.registry.find(station)
    if found is None:
        raise Problem(404, f"there is no station {station}")
    return found


vendors = Router("/vendors", tags=["vendors"], route_handlers=[list_vendors])
habits = Router("/stations", tags=["vendors"], route_handlers=[show_habits, override_habits])
