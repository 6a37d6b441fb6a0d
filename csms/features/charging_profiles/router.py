"""Routes of charging profiles: what stations hold, what they told, and what we make of it."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Router, get, patch, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from csms.domain.smart_charging.binding import session_of
from csms.domain.smart_charging.composite import composite
from csms.domain.smart_charging.profile import LARGEST, Installed, Purpose, Unit
from csms.features.charging_profiles import views
from csms.features.charging_profiles.repository import ChargingRecords
from csms.features.charging_profiles.restorations import Restorations
from csms.features.charging_profiles.schemas import (
    Changed,
    ChargingSettings,
    ChargingSettingsOfMany,
    Comparison,
    Composite,
    Constraint,
    InstalledProfile,
    ProfileAnswer,
    ProfileReport,
    Restoration,
    SessionLimits,
    shown,
)
from csms.storage.charging import Known, answers_of, known_of
from csms.web.desk import Desk, desk_of
from csms.web.problems import FieldError, Problem

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
Window = Annotated[int, QueryParameter(ge=1, le=2_678_400)]
A_DAY = 86_400


@get("/{station_id:str}/charging-profiles", opt=NAMED)
async def list_profiles(request: AnyRequest, station_id: FromPath[str]) -> list[InstalledProfile]:
    """List the profiles that a station accepted or reported, those that are over too, until they are replaced."""
    known, now = await _known(request, station_id), desk_of(request).clock.now()
    return [views.installed(known, profile, now) for profile in known.installed]


@get("/{station_id:str}/charging-profiles/{profile_id:str}", opt=NAMED)
async def show_profile(request: AnyRequest, station_id: FromPath[str], profile_id: FromPath[str]) -> InstalledProfile:
    """Show one profile of a station."""
    known, now = await _known(request, station_id), desk_of(request).clock.now()
    for profile in known.installed:
        if str(profile.profile.id) == profile_id:
            return views.installed(known, profile, now)
    raise Problem(404, f"the station has no profile {profile_id}, as far as is known")


@get("/{station_id:str}/composite-schedules", opt=NAMED)
async def list_composites(request: AnyRequest, station_id: FromPath[str]) -> list[Comparison]:
    """List the last composite schedules that a station told, each beside ours for the same window."""
    return await _compared(request, station_id, None)


@get("/{station_id:str}/composite-schedules/{evse:str}", opt=NAMED)
async def show_composite(request: AnyRequest, station_id: FromPath[str], evse: FromPath[str]) -> Comparison:
    """Show the last composite schedule that a station told of an EVSE (0: of itself), beside ours."""
    found = await _compared(request, station_id, _number(evse))
    if not found:
        raise Problem(404, f"the station never told a composite schedule of EVSE {evse}")
    return found[0]


@get("/{station_id:str}/computed-schedules/{evse:str}", opt=NAMED)
async def compute_composite(  # the window of the route
    request: AnyRequest,
    station_id: FromPath[str],
    evse: FromPath[str],
    duration_s: Window = A_DAY,
    unit: FromQuery[Unit] = Unit.AMPERES,
    start: FromQuery[datetime | None] = None,
) -> Composite:
    """Compute what an EVSE (0: the station) may take, from now or from `start` on; the station is not asked."""
    if start is not None and start.tzinfo is None:
        raise Problem(422, "a time needs its zone", errors=[FieldError("start", "has no zone")])
    known = await _known(request, station_id)
    begin = start or desk_of(request).clock.now().replace(microsecond=0)
    return views.composite(composite(known.situation(begin), _number(evse), begin, duration_s, unit))


@get("/{station_id:str}/charging-limits", opt=NAMED)
async def list_constraints(request: AnyRequest, station_id: FromPath[str]) -> list[Constraint]:
    """List what others limit at a station, as it told."""
    return [shown(Constraint, told) for told in (await _known(request, station_id)).constraints]


@get("/{station_id:str}/charging-profile-answers", opt=NAMED)
async def list_answers(request: AnyRequest, station_id: FromPath[str]) -> list[ProfileAnswer]:
    """List what a station answered the last time to profiles of each sort: what it takes, and what it does not."""
    station = await _real_id(request, station_id)
    return [shown(ProfileAnswer, answer) for answer in await answers_of(desk_of(request).pool, station)]


@get("/{station_id:str}/charging-profile-reports/{request_id:str}", opt=NAMED)
async def show_report(request: AnyRequest, station_id: FromPath[str], request_id: FromPath[str]) -> ProfileReport:
    """Show how far a report of profiles is; what it tells is found under the station's profiles."""
    records = ChargingRecords(desk_of(request).pool)
    report = await records.report(await _real_id(request, station_id), _number(request_id))
    if report is None:
        raise Problem(404, f"the station was never asked for a report {request_id}, or never answered")
    return report


@get("/{station_id:str}/charging-restoration", opt=NAMED)
async def show_restoration(request: AnyRequest, station_id: FromPath[str]) -> Restoration:
    """Show how far the profiles are that a station lost at its last boot, where they are to be sent again."""
    station = await _real_id(request, station_id)
    restoration = await Restorations(desk_of(request).pool).find(station)
    if restoration is None:
        raise Problem(404, f"nothing was ever to be restored at {station}")
    return restoration


@get("/{station_id:str}/charging-settings", opt=NAMED)
async def show_settings(request: AnyRequest, station_id: FromPath[str]) -> ChargingSettings:
    """Show how the station is fed, whether it forgets its profiles, and whether the house sends them again."""
    return await ChargingRecords(desk_of(request).pool).settings(await _real_id(request, station_id))


@put("/{station_id:str}/charging-settings", opt=NAMED)
async def change_settings(
    request: AnyRequest, station_id: FromPath[str], data: JSONBody[ChargingSettings]
) -> ChargingSettings:
    """Say how the station is fed, whether it forgets its profiles, and whether the house is to send them again."""
    await ChargingRecords(desk_of(request).pool).change_settings(await _real_id(request, station_id), data)
    return data


@patch("/", status_code=200)
async def change_settings_of_many(request: AnyRequest, data: JSONBody[ChargingSettingsOfMany]) -> Changed:
    """Say the same of all stations that a selection means now."""
    if data.selection.says_nothing:
        raise _refused("/selection", "says nothing; to mean every station, say `all`")
    if data == ChargingSettingsOfMany(data.selection):
        raise _refused("", "nothing is to be changed")
    records = ChargingRecords(desk_of(request).pool)
    stations = await records.chosen(data.selection)
    there = {station.lower() for station in stations}
    for place, station in enumerate(data.selection.ids):
        if station.lower() not in there:
            raise _refused(f"/selection/ids/{place}", "is not among the stations")
    await records.change_many(stations, data)
    return Changed(len(stations))


def _refused(path: str, why: str) -> Problem:
    return Problem(422, f"{path.rpartition('/')[2]} {why}".strip(), errors=[FieldError(path, why)])


@get("/{session_id:str}/charging-profiles", opt=NAMED)
async def show_session_limits(request: AnyRequest, session_id: FromPath[str]) -> SessionLimits:
    """Show what limits a session, and whether it keeps to that."""
    desk = desk_of(request)
    await desk.settle()
    session = await ChargingRecords(desk.pool).session(session_id)
    known = None if session is None else await _known_of(desk, session.station_id)
    if session is None or known is None:
        raise Problem(404, f"there is no session {session_id}, or its station is not registered any more")
    now = desk.clock.now()
    bearing = [one for one in known.installed if _bears(known, one, session.key, session.evse)]
    profiles = [views.installed(known, one, now) for one in bearing]
    return views.limits(known, session, profiles, now)


def _bears(known: Known, installed: Installed, key: str, evse: int | None) -> bool:
    """Whether a profile is for a session, or for any at its EVSE."""
    if installed.profile.purpose is Purpose.SESSION:
        session = session_of(installed, known.sessions)
        return session is not None and session.key == key
    return installed.evse in {0, evse}


async def _compared(request: AnyRequest, station_id: str, evse: int | None) -> list[Comparison]:
    known = await _known(request, station_id)
    records = ChargingRecords(desk_of(request).pool)
    told = await records.told(await _real_id(request, station_id), evse)
    return [views.comparison(known, one) for one in told]


def _number(text: str) -> int:
    """Return the number in a path; nothing is found under what is none."""
    if not text.isdecimal() or not text.isascii() or int(text[:20]) > LARGEST:
        raise Problem(404, f"{text[:20]} is no number of anything")
    return int(text)


async def _known(request: AnyRequest, station_id: str) -> Known:
    desk: Desk = desk_of(request)
    known = await _known_of(desk, await _real_id(request, station_id))
    if known is None:
        raise Problem(404, f"there is no station {station_id}")
    return known


async def _known_of(desk: Desk, station: str) -> Known | None:
    return await known_of(desk.pool, station, await desk.calls.protocol(station))


async def _real_id(request: AnyRequest, station_id: str) -> str:
    found = await ChargingRecords(desk_of(request).pool).real_id(station_id)
    if found is None:
        raise Problem(404, f"there is no station {station_id}")
    return found


charging_profiles = Router(
    "/stations",
    tags=["charging profiles"],
    route_handlers=[
        list_profiles,
        show_profile,
        list_composites,
        show_composite,
        compute_composite,
        list_constraints,
        list_answers,
        show_report,
        show_restoration,
        show_settings,
        change_settings,
    ],
)

session_limits = Router("/sessions", tags=["charging profiles"], route_handlers=[show_session_limits])

settings_of_many = Router("/charging-settings", tags=["charging profiles"], route_handlers=[change_settings_of_many])
