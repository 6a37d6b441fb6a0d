"""Routes of hints: what the record of a station suggests, accepted or dismissed by an operator."""

from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
from litestar import Request, Router, get, post
from litestar.params import FromPath

from csms.domain.vendors.hints import Attempt, Hint, Record, Took, hints_of
from csms.features.vendors.repository import Overrides
from csms.ports.frames import PINGS
from csms.ports.registry import RegisteredStation
from csms.web.desk import Desk, desk_of
from csms.web.problems import Problem

AnyRequest = Request[Any, Any, Any]
NAMED = {"refuses": (404,)}
ATTEMPTS = "SELECT variable, outcome, at FROM configuration_attempts WHERE station_id = $1 ORDER BY at DESC LIMIT 50"
CALLS = """
SELECT action, extract(epoch FROM closed_at - asked_at)::float AS seconds, asked_at AS at FROM station_calls
WHERE station_id = $1 AND outcome IN ('Answered', 'Error') ORDER BY asked_at DESC LIMIT 200
"""
BEATS = """
SELECT (frame ->> 0)::timestamptz AS at FROM frames, json_array_elements(leaf::json) AS said (frame)
WHERE station_id = $1 AND frames.at > $2 AND frame ->> 1 = 'in' AND frame ->> 4 = 'Heartbeat'
ORDER BY frames.at DESC, frames.id DESC LIMIT 30
"""
BEATS_WITHIN = 12
"""Heartbeats are looked at over so many of their intervals."""
MUTE = """
SELECT (frame ->> 0)::timestamptz AS at FROM frames, json_array_elements(leaf::json) AS said (frame)
WHERE station_id = $1 AND frames.at > $2 AND strpos(leaf, $3) > 0 AND frame ->> 4 = $3 ORDER BY frames.at DESC, frames.id DESC LIMIT 10
"""
MUTE_WITHIN = timedelta(days=2)
"""A line that stays without answers is noticed more often than that."""
DISMISSED = "SELECT proposal::text FROM dismissed_hints WHERE station_id = $1 AND kind = $2"
DISMISS = """
INSERT INTO dismissed_hints (station_id, kind, proposal, dismissed_by) VALUES ($1, $2, $3::jsonb, $4)
ON CONFLICT (station_id, kind) DO UPDATE SET proposal = excluded.proposal, dismissed_by = excluded.dismissed_by, at = now()
"""

Pool = asyncpg.Pool


@get("/{station_id:str}/hints", opt=NAMED)
async def list_hints(request: AnyRequest, station_id: FromPath[str]) -> list[Hint]:
    """List what the record of a station suggests of its habits, with the evidence; nothing of it is in force."""
    desk = desk_of(request)
    return await _open(desk, await _existing(desk, station_id))


@post("/{station_id:str}/hints/{kind:str}/accept", status_code=200, opt=NAMED)
async def accept_hint(request: AnyRequest, station_id: FromPath[str], kind: FromPath[str]) -> list[Hint]:
    """Treat the station as a hint proposes, and list what is left."""
    desk = desk_of(request)
    station = await _existing(desk, station_id)
    await Overrides(desk.pool).write(station.id, (await _one(desk, station, kind)).habits)
    await desk.changed(station.id)
    return await _open(desk, await _existing(desk, station.id))


@post("/{station_id:str}/hints/{kind:str}/dismiss", status_code=200, opt=NAMED)
async def dismiss_hint(request: AnyRequest, station_id: FromPath[str], kind: FromPath[str]) -> list[Hint]:
    """Do not propose this again, unless the record suggests something else, and list what is left."""
    desk = desk_of(request)
    station = await _existing(desk, station_id)
    proposal = msgspec.json.encode((await _one(desk, station, kind)).about).decode()
    await desk.pool.execute(DISMISS, station.id, kind, proposal, request.state.caller.name)
    return await _open(desk, station)


async def _open(desk: Desk, station: RegisteredStation) -> list[Hint]:
    told_s = station.heartbeat(desk.habits.heartbeat_s or 0)
    since = desk.clock.now() - timedelta(seconds=BEATS_WITHIN * told_s)
    record = Record(
        attempts=[Attempt(**dict(one)) for one in await desk.pool.fetch(ATTEMPTS, station.id)],
        calls=[Took(**dict(one)) for one in await desk.pool.fetch(CALLS, station.id)],
        beats=[one["at"] for one in await desk.pool.fetch(BEATS, station.id, since)],
        mute=[one["at"] for one in await desk.pool.fetch(MUTE, station.id, desk.clock.now() - MUTE_WITHIN, PINGS)],
    )
    found = hints_of(station.habits, station.overrides, record, station.timeout(desk.call_timeout_s), told_s)
    return [hint for hint in found if not await _is_dismissed(desk, station.id, hint)]


async def _is_dismissed(desk: Desk, station: str, hint: Hint) -> bool:
    proposal = await desk.pool.fetchval(DISMISSED, station, hint.kind)
    return proposal is not None and msgspec.json.decode(proposal, type=tuple[str, ...]) == hint.about


async def _one(desk: Desk, station: RegisteredStation, kind: str) -> Hint:
    found = next((hint for hint in await _open(desk, station) if hint.kind == kind), None)
    if found is None:
        raise Problem(404, f"nothing suggests {kind} of {station.id}")
    return found


async def _existing(desk: Desk, station: str) -> RegisteredStation:
    found = await desk.registry.find(station)
    if found is None:
        raise Problem(404, f"there is no station {station}")
    return found


hints = Router("/stations", tags=["vendors"], route_handlers=[list_hints, accept_hint, dismiss_hint])
