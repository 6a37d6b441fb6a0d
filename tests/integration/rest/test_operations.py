"""Commands to many stations at once: a result for each, whatever it does."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

import httpx
import pytest

from simulators.behaviour import Behaviour, Boot, Commands, Unsupported
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.rest.fleets import begun, ended, group, read, results
from tests.integration.wire import RawStation

HABITS = {
    "obeys": (Behaviour(), "Accepted"),
    "rejects": (Behaviour(commands=Commands.REJECT), "Refused"),
    "mute": (Behaviour(commands=Commands.MUTE), "TimedOut"),
    "not implemented": (Behaviour(unsupported=Unsupported.NOT_IMPLEMENTED), "Unsupported"),
    "not supported": (Behaviour(unsupported=Unsupported.STATUS), "Unsupported"),
    "internal error": (Behaviour(unsupported=Unsupported.INTERNAL_ERROR), "Error"),
    "no answer": (Behaviour(commands=Commands.EFFECT_NO_ANSWER), "TimedOut"),
    "offline": (None, "Offline"),
}


@pytest.mark.covers("Q40", "Q99", "Q102")
async def test_a_command_to_many_ends_with_a_result_for_each_whatever_it_does(shared_house: House) -> None:
    house = shared_house
    async with group(house, len(HABITS)) as (label, names):
        stations = {}
        for name, (behaviour, _) in zip(names, HABITS.values(), strict=True):
            if behaviour is not None:
                stations[name] = await house.station(name, register=False, behaviour=behaviour)
        for station in stations.values():
            await asyncio.wait_for(station.connected.wait(), 10)
        place = await begun(house, command="clear-cache", selection={"labels": [label]}, within_s=1, per_second=100)
        operation = await ended(house, place)
        told = await results(house, place)
        assert {name: told[name]["outcome"] for name in names} == {
            name: outcome for name, (_, outcome) in zip(names, HABITS.values(), strict=True)
        }
        assert operation["outcomes"] == Counter(outcome for _, outcome in HABITS.values())
        assert operation["stations"] == len(HABITS)
        assert told[names[0]]["answer"] == {"status": "Accepted"}
        assert told[names[1]]["answer"] == {"status": "Rejected"}
        assert told[names[5]]["detail"] == "InternalError"
        assert all(len(station.commands) == 1 for station in stations.values()), "asked once"
        for station in stations.values():
            await station.stop()


async def test_what_a_version_cannot_say_is_told_of_its_stations_alone(shared_house: House) -> None:
    async with group(shared_house, 2) as (label, (old, new)), AsyncExitStack() as stack:
        stations = [
            await stack.enter_async_context(RawStation(shared_house, name, version))
            for name, version in ((old, "1.6"), (new, "2.0.1"))
        ]
        for station in stations:
            await station.boot()
        place = await begun(
            shared_house, command="get-report", body={"report": "SummaryInventory"}, selection={"labels": [label]}
        )
        await stations[1].answer(await stations[1].take(), {"status": "Accepted"})
        await ended(shared_house, place)
        told = await results(shared_house, place)
        assert (told[old]["outcome"], told[new]["outcome"]) == ("Unsupported", "Accepted")
        assert "1.6" in told[old]["detail"]
        assert (told[new]["action"], told[new]["protocol"]) == ("GetBaseReport", "ocpp2.0.1")
        assert await stations[0].unasked()


async def test_a_station_that_leaves_under_a_command_is_told_apart_from_one_that_was_never_there(
    shared_house: House,
) -> None:
    async with group(shared_house, 1) as (label, (name,)), RawStation(shared_house, name) as station:
        await station.boot()
        place = await begun(shared_house, command="clear-cache", selection={"labels": [label]})
        await station.take()
        await station.reconnect()
        await ended(shared_house, place)
        assert (await results(shared_house, place))[name]["outcome"] == "Disconnected"
        assert await station.unasked(), "not sent again"


async def test_a_station_that_is_not_accepted_is_not_asked(shared_house: House) -> None:
    async with group(shared_house, 1, boot_policy="reject") as (label, (name,)):
        station = await shared_house.station(
            name, register=False, behaviour=Behaviour(boot=Boot.IGNORE_INTERVAL, heartbeats=False)
        )

        async def is_registered() -> bool:
            return (await read(shared_house, f"/stations/{name}"))["registration"] == "Rejected"

        await eventually(is_registered)
        place = await begun(shared_house, command="clear-cache", selection={"labels": [label]})
        await ended(shared_house, place)
        assert (await results(shared_house, place))[name]["outcome"] == "NotAllowed"
        assert station.commands == []
        await station.stop()


async def test_no_more_are_asked_at_once_than_was_said(shared_house: House) -> None:
    async with group(shared_house, 5) as (label, names), AsyncExitStack() as stack:
        stations = [await stack.enter_async_context(RawStation(shared_house, name)) for name in names]
        for station in stations:
            await station.boot()
        place = await begun(
            shared_house, command="clear-cache", selection={"labels": [label]}, at_once=2, per_second=100
        )
        for asked, waiting in ((2, 3), (2, 1), (1, 0)):
            await eventually(partial(_is_at, shared_house, place, asked, waiting))
            for _ in range(asked):
                station = stations.pop(0)
                await station.answer(await station.take(), {"status": "Accepted"})
        assert (await ended(shared_house, place))["outcomes"] == {"Accepted": 5}


async def _is_at(house: House, place: str, asked: int, waiting: int) -> bool:
    (wave,) = (await read(house, place))["waves"]
    return bool((wave["asked"], wave["waiting"]) == (asked, waiting))


async def test_a_pace_is_kept(shared_house: House) -> None:
    async with group(shared_house, 6) as (label, _):
        began = asyncio.get_running_loop().time()
        place = await begun(shared_house, command="clear-cache", selection={"labels": [label]}, per_second=5)
        await ended(shared_house, place)
        seconds = asyncio.get_running_loop().time() - began
        times = sorted(result["asked_at"] for result in (await results(shared_house, place)).values())
        assert seconds >= 0.8, "six at five a second"
        assert len(set(times)) >= 3, "and not all together"


async def test_who_is_not_there_is_waited_for_if_the_operator_has_patience(shared_house: House) -> None:
    async with group(shared_house, 2) as (label, (late, never)):
        place = await begun(shared_house, command="clear-cache", selection={"labels": [label]}, wait_s=3)
        await eventually(lambda: _tried(shared_house, late))
        async with RawStation(shared_house, late) as station:
            await station.boot()
            await shared_house.node.pool.execute(
                "UPDATE assignments SET not_before = now() WHERE station_id = $1", late
            )
            await station.answer(await station.take(), {"status": "Accepted"})
            await ended(shared_house, place)
        told = await results(shared_house, place)
        assert (told[late]["outcome"], told[never]["outcome"]) == ("Accepted", "Offline")


async def _tried(house: House, station: str) -> Any:
    return await house.node.pool.fetchval("SELECT not_before FROM assignments WHERE station_id = $1", station)


async def test_an_operation_is_paused_resumed_and_cancelled(shared_house: House) -> None:
    house = shared_house
    async with group(house, 4) as (label, names), AsyncExitStack() as stack:
        stations = [await stack.enter_async_context(RawStation(house, name)) for name in names]
        for station in stations:
            await station.boot()
        place = await begun(house, command="clear-cache", selection={"labels": [label]}, at_once=1)
        first = await stations[0].take()
        assert (await house.http.post(f"{place}/pause")).json()["state"] == "paused"
        assert (await house.http.post(f"{place}/pause")).status_code == 409
        await stations[0].answer(first, {"status": "Accepted"})
        await eventually(lambda: _outcomes(house, place, {"Accepted": 1}))
        assert all([await station.unasked() for station in stations[1:]])
        assert (await house.http.post(f"{place}/resume")).json()["state"] == "running"
        assert (await house.http.post(f"{place}/resume")).status_code == 409
        second = await stations[1].take()
        assert (await house.http.post(f"{place}/cancel")).json()["state"] == "cancelled"
        await stations[1].answer(second, {"status": "Accepted"})
        await eventually(lambda: _outcomes(house, place, {"Accepted": 2, "Cancelled": 2}))
        for verb in ("pause", "resume", "cancel"):
            assert (await house.http.post(f"{place}/{verb}")).status_code == 409
        assert all([await station.unasked() for station in stations[2:]])
        assert (await read(house, place))["ended_at"] is not None


async def _outcomes(house: House, place: str, wanted: dict[str, int]) -> bool:
    return bool((await read(house, place))["outcomes"] == wanted)


async def test_operations_are_listed_by_kind_state_and_age(start_house: Any) -> None:
    house = await start_house()
    async with group(house, 1) as (label, _):
        wish = {"command": "clear-cache", "selection": {"labels": [label]}}
        places = [await begun(house, **wish) for _ in range(3)]
        places.append(await begun(house, "/campaigns", name="slow", hold=True, **wish))
        for place in places[:3]:
            await ended(house, place)
        ids = [place.rpartition("/")[2] for place in places]
        assert await listed(house) == ids[::-1]
        assert await listed(house, kind="bulk") == ids[2::-1]
        assert await listed(house, state="paused") == ids[3:]
        assert await listed(house, path="/campaigns") == ids[3:]
        missing = await house.http.get("/operations/none")
        assert missing.status_code == 404
        assert (await house.http.post("/operations/none/cancel")).status_code == 404


async def listed(house: House, path: str = "/operations", **filters: str) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        page = (await house.http.get(path, params={"limit": 2, **filters} | ({"after": after} if after else {}))).json()
        found += [operation["id"] for operation in page["items"]]
        if (after := page["next"]) is None:
            return found


async def test_the_same_wish_with_the_same_key_is_one_operation(shared_house: House) -> None:
    async with group(shared_house, 1) as (label, _):
        wish = {"command": "clear-cache", "selection": {"labels": [label]}}
        answers: list[httpx.Response] = [
            await shared_house.http.post("/operations", json=wish, headers={"Idempotency-Key": label}) for _ in range(2)
        ]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert answers[0].headers["Location"] == answers[1].headers["Location"]
