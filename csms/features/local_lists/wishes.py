"""Routes of what stations should have in their lists, and of bringing them there."""

from typing import Any

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from csms.domain.local_list import content_of
from csms.domain.remote import SendLocalList
from csms.features.local_lists.repository import LocalLists, entry_of, real_id
from csms.features.local_lists.schemas import Difference, LocalList, NewWish
from csms.features.local_lists.sync import ListSync
from csms.features.local_lists.wanted import WantedLists
from csms.ports.commands import Unsupported
from csms.storage.local_lists import known_list, told_limits
from csms.web.desk import Desk, desk_of
from csms.web.problems import FieldError, Problem

AnyRequest = Request[Any, Any, Any]
SPOKEN = "SELECT protocol FROM presence WHERE station_id = $1"


@put("/{station_id:str}/local-list/wanted", opt={"refuses": (404,)})
async def want_list(request: AnyRequest, station_id: FromPath[str], data: JSONBody[NewWish]) -> LocalList:
    """Set what a station should have; it is sent by `sync`, or with `keep` by the house."""
    desk = desk_of(request)
    lists = LocalLists(desk.pool)
    station = await real_id(lists, station_id)
    await _check(desk, station, data)
    await WantedLists(desk.pool, desk.phrasebook).put(
        station, data.entries, keep=data.keep, by=request.state.caller.name, now=desk.clock.now()
    )
    return await lists.one(station)


async def _check(desk: Desk, station: str, wish: NewWish) -> None:
    """Refuse what is no list, what the version that the station spoke last cannot say, and what it has no room for."""
    whole = SendLocalList("full", wish.entries, 1)
    errors = [FieldError(fault.path, fault.why) for fault in whole.faults()]
    protocol = await _spoken(desk, station)
    if not errors and protocol is not None:
        try:
            action, payload = desk.phrasebook.put(protocol, whole)
        except Unsupported as unsupported:
            errors.append(FieldError(f"/{unsupported.member}", str(unsupported)))
        else:
            errors += [
                FieldError(f"/{desk.phrasebook.member(protocol, fault.path)}", fault.message)
                for fault in desk.check(protocol, action, msgspec.json.encode(payload))
            ]
        limits = await told_limits(desk.pool, station, desk.phrasebook.list_limits(protocol))
        if limits.in_all is not None and len(wish.entries) > limits.in_all:
            errors.append(FieldError("/entries", f"are {len(wish.entries)}, and the station takes {limits.in_all}"))
    if errors:
        raise Problem(422, "this is no list that the station takes", errors=errors)


async def _spoken(desk: Desk, station: str) -> str | None:
    """Return the protocol that a station speaks, or spoke last; None if nobody knows."""
    protocol = await desk.calls.protocol(station)
    return protocol if protocol is not None else await desk.pool.fetchval(SPOKEN, station)


@delete("/{station_id:str}/local-list/wanted", opt={"refuses": (404,)})
async def want_no_list(request: AnyRequest, station_id: FromPath[str]) -> None:
    """Want nothing any more; the station keeps what it has."""
    desk = desk_of(request)
    station = await real_id(LocalLists(desk.pool), station_id)
    if not await WantedLists(desk.pool, desk.phrasebook).drop(station):
        raise Problem(404, f"no list is wanted of {station}")


@get("/{station_id:str}/local-list/drift", opt={"refuses": (404, 409)})
async def list_drift(request: AnyRequest, station_id: FromPath[str]) -> list[Difference]:
    """List in what a station's list is not the wanted one; 409 while nobody knows what it has."""
    desk = desk_of(request)
    station = await real_id(LocalLists(desk.pool), station_id)
    listed = await WantedLists(desk.pool, desk.phrasebook).find(station, desk.clock.now())
    if listed is None:
        raise Problem(404, f"no list is wanted of {station}")
    has = (await known_list(desk.pool, station)).content
    if has is None:
        raise Problem(409, "nobody knows what the station has in its list")
    protocol = await _spoken(desk, station) or ""
    wanted = content_of(desk.phrasebook.spoken(protocol, one) for one in listed)
    return [
        Difference(
            token=one.token.value,
            kind=one.token.kind or None,
            has=entry_of(has[key]) if key in has else None,
            wanted=entry_of(wanted[key]) if key in wanted else None,
        )
        for key, one in sorted({**has, **wanted}.items())
        if key not in has or key not in wanted or has[key].info != wanted[key].info
    ]


@post("/{station_id:str}/local-list/sync", status_code=200, opt={"refuses": (404, 409), "reads": ("Prefer",)})
async def sync_list(request: AnyRequest, station_id: FromPath[str]) -> Response[LocalList]:
    """Bring a station to the wanted list, in as many updates as it takes; how it went stands in the answer.

    With `Prefer: respond-async` it goes on after the answer, and how it went is told with the list.
    """
    desk = desk_of(request)
    lists = LocalLists(desk.pool)
    station = await real_id(lists, station_id)
    if (await lists.one(station)).wanted is None:
        raise Problem(409, f"no list is wanted of {station}")
    sync = sync_of(desk)
    if not await sync.wanted.hold(station, desk.clock.now()):
        raise Problem(409, "the station is being brought to its list already")
    running = desk.tasks.spawn(sync.run(station, request.state.caller.name), name=f"local-list/{station}")
    if "respond-async" in request.headers.get("Prefer", ""):
        headers = {"Location": f"/api/v1/stations/{station}/local-list", "Preference-Applied": "respond-async"}
        return Response(await lists.one(station), status_code=202, headers=headers)
    await running
    return Response(await lists.one(station))


def sync_of(desk: Desk) -> ListSync:
    """Return what brings stations to their lists."""
    return ListSync(
        pool=desk.pool,
        calls=desk.calls,
        phrasebook=desk.phrasebook,
        check=desk.check,
        clock=desk.clock,
        call_timeout_s=desk.call_timeout_s,
        command_bytes=desk.command_bytes,
    )


WISHES = [want_list, want_no_list, list_drift, sync_list]
