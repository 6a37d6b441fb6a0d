"""Profiles that a station lost over a restart: sent again where an operator wants that, each once, whoever does it."""

import asyncio
from datetime import datetime
from typing import Any

import pytest

from csms.features.charging_profiles.restorations import Restorations
from csms.features.charging_profiles.restoring import COMMAND, ProfileKeeper
from csms.node.fleet import carriers_of
from simulators.behaviour import Behaviour
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.limiting import NO, YES, Limited, ahead, limited, profile

VERSIONS = pytest.mark.parametrize("version", ["1.6", "2.0.1"])
LOSES = {"forgets_on_reboot": True, "restores_after_reboot": True}


def keeper_of(house: House) -> ProfileKeeper:
    node = house.node
    carrier = carriers_of(node)[COMMAND]
    return ProfileKeeper(pool=node.pool, calls=node.calls, carrier=carrier, clock=node.clock, settle_s=1e-6)


async def say(house: House, station: str, **settings: Any) -> None:
    answer = await house.http.put(f"/stations/{station}/charging-settings", json=settings)
    assert answer.status_code == 200, answer.text


async def shown(house: House, station: str) -> dict[str, Any]:
    answer = await house.http.get(f"/stations/{station}/charging-restoration")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def outcomes(restoration: dict[str, Any]) -> dict[int, str | None]:
    return {one["id"]: one["outcome"] for one in restoration["profiles"]}


async def limit(house: House, station: SimulatedStation, evse: int = 1, **members: Any) -> None:
    body = {"evse": evse, "profile": profile(**members)}
    told = await house.http.post(f"/stations/{station.station}/commands/set-charging-profile", json=body)
    assert (told.status_code, told.json()["verdict"]) == (200, "Accepted"), told.text


async def with_profiles(house: House, name: str, version: str) -> SimulatedStation:
    """Have a station that forgets, with a session and a profile of each purpose."""
    station = await house.station(name, version=version, behaviour=Behaviour(sc=("forget_on_reboot",)), evses=2)
    await asyncio.wait_for(station.connected.wait(), 20)
    station.begin()
    await station.drained()
    (session,) = await house.sessions(station=name, active=True)
    await limit(house, station, id=1, purpose="TxProfile", transaction=session["transaction_id"], limit=8)
    await limit(house, station, id=2, stack_level=1, valid_to=ahead(3600))
    await limit(house, station, id=3, stack_level=0)
    await limit(house, station, id=4, evse=0, purpose="ChargingStationMaxProfile")
    await limit(house, station, id=5, stack_level=2, valid_to=ahead(-1))
    return station


async def restarted(station: SimulatedStation) -> None:
    await station.reboot()
    station.commands.clear()
    await asyncio.wait_for(station.connected.wait(), 20)


def sent(station: SimulatedStation) -> list[int]:
    told = [payload for action, payload in station.commands if action == "SetChargingProfile"]
    found = [one.get("cs_charging_profiles") or one["charging_profile"] for one in told]
    return [one.get("charging_profile_id") or one["id"] for one in found]


@VERSIONS
@pytest.mark.covers("Q110", "SC-24", "BOOT-14")
async def test_what_a_station_forgot_is_sent_again_once_and_nothing_to_others(
    shared_house: House, version: str
) -> None:
    house = shared_house
    names = [f"{name}-{version}" for name in ("KEPT", "LEFT", "STEADY")]
    kept, left, steady = [await with_profiles(house, name, version) for name in names]
    await say(house, kept.station, **LOSES)
    await say(house, left.station, forgets_on_reboot=True)
    await say(house, steady.station, restores_after_reboot=True)
    one, other = keeper_of(house), keeper_of(house)
    assert await one.look() == 0, "nothing is lost"
    for station in (kept, left, steady):
        await restarted(station)
    assert kept.limits.held == []

    async def look() -> bool:
        return sum(await asyncio.gather(one.look(), other.look())) > 0

    await eventually(look)
    assert (sent(kept), sent(left), sent(steady)) == ([4, 3, 2, 1], [], [])
    assert {held.number for held in kept.limits.held} == {1, 2, 3, 4}
    told = await shown(house, kept.station)
    assert (told["outcome"], told["tries"], told["next_try_at"]) == ("Restored", 1, None)
    assert outcomes(told) == dict.fromkeys([4, 3, 2, 1], "Accepted")
    calls = (await house.http.get(f"/stations/{kept.station}/calls", params={"limit": 4})).json()["items"]
    assert {call["asked_by"] for call in calls} == {"house"}
    standings = (await house.http.get(f"/stations/{kept.station}/charging-profiles")).json()
    assert {held["id"]: held["standing"] for held in standings if held["id"] != 5} == dict.fromkeys(
        [1, 2, 3, 4], "in-force"
    )
    assert await one.look() == 0
    assert (await house.http.get(f"/stations/{left.station}/charging-restoration")).status_code == 404
    await restarted(kept)
    await eventually(look)
    assert sent(kept) == [4, 3, 2, 1], "once for each boot"


async def booted_anew(one: Limited) -> None:
    """Have a station that lost three defaults: of level 0, 1 and 2."""
    for level in range(3):
        await one.set(id=level + 1, stack_level=level)
    await say(one.house, one.name, **LOSES)
    report: dict[str, Any] = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "2"}
    if not one.is_16:
        report = {"chargingStation": {"vendorName": "V", "model": "M", "firmwareVersion": "2"}, "reason": "PowerUp"}
    await one.station.ask("BootNotification", report)


async def now_due(one: Limited) -> None:
    """Let the pause be over, and whoever held the station be gone for long."""
    statement = (
        "UPDATE charging_restorations SET {0} = now() - interval '1 second' WHERE station_id = $1 AND {0} IS NOT NULL"
    )
    for column in ("next_try_at", "held_until"):
        await one.house.node.pool.execute(statement.format(column), one.name)


def number_of(call: list[Any]) -> int:
    words = call[3].get("csChargingProfiles") or call[3]["chargingProfile"]
    return int(words.get("chargingProfileId") or words["id"])


@VERSIONS
@pytest.mark.covers("Q110")
async def test_what_is_refused_is_not_sent_again_and_what_nobody_answered_is(shared_house: House, version: str) -> None:
    keeper = keeper_of(shared_house)
    async with limited(shared_house, version) as one:
        await booted_anew(one)
        looking = asyncio.create_task(eventually(keeper.look))
        await one.station.answer(await one.station.take(), NO)
        second = await one.station.take()
        assert number_of(second) == 2
        await one.station.reconnect()
        await looking
        told = await shown(shared_house, one.name)
        assert (told["outcome"], outcomes(told)) == ("Waiting", {1: "Refused", 2: "Disconnected"})
        assert told["next_try_at"] > told["ended_at"]
        assert await keeper.look() == 0, "not before the pause is over"
        node, booted_at = shared_house.node, datetime.fromisoformat(told["booted_at"])
        assert await Restorations(node.pool).hold(one.name, booted_at, node.clock.now()) is None, "who comes late"
        await now_due(one)
        looking = asyncio.create_task(eventually(keeper.look))
        third = await one.station.take()
        assert number_of(third) == 3, "what the station fell silent over comes last"
        await one.station.answer(third, YES)
        await one.station.answer(await one.station.take(), YES)
        await looking
        told = await shown(shared_house, one.name)
        assert (told["outcome"], told["tries"]) == ("Refused", 2)
        assert outcomes(told) == {1: "Refused", 2: "Accepted", 3: "Accepted"}
        await now_due(one)
        assert (await keeper.look(), await one.station.unasked()) == (0, True)


@pytest.mark.covers("Q110")
async def test_a_worker_that_is_killed_leaves_nothing_undone_and_nothing_done_twice(shared_house: House) -> None:
    keeper, other = keeper_of(shared_house), keeper_of(shared_house)
    async with limited(shared_house, "2.0.1") as one:
        await booted_anew(one)
        killed = asyncio.create_task(eventually(keeper.look))
        first = await one.station.take()
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        await one.station.answer(first, YES)
        call = f"/stations/{one.name}/calls/{first[1]}"

        async def is_on_record() -> bool:
            return (await shared_house.http.get(call)).json()["outcome"] == "Answered"

        await eventually(is_on_record)
        assert await other.look() == 0, "somebody holds it"
        await now_due(one)
        looking = asyncio.create_task(eventually(other.look))
        for number in (2, 3):
            command = await one.station.take()
            assert number_of(command) == number
            await one.station.answer(command, YES)
        await looking
        assert outcomes(await shown(shared_house, one.name)) == dict.fromkeys([1, 2, 3], "Accepted")


@pytest.mark.covers("Q110")
async def test_who_wants_it_no_more_is_heard_between_two_calls(shared_house: House) -> None:
    keeper = keeper_of(shared_house)
    async with limited(shared_house, "1.6") as one:
        await booted_anew(one)
        looking = asyncio.create_task(eventually(keeper.look))
        first = await one.station.take()
        await say(shared_house, one.name, forgets_on_reboot=True)
        await one.station.answer(first, YES)
        await looking
        told = await shown(shared_house, one.name)
        assert (told["outcome"], outcomes(told)) == ("Overtaken", {1: "Accepted"})
        assert (await keeper.look(), await one.station.unasked()) == (0, True)
        await say(shared_house, one.name, **LOSES)
        looking = asyncio.create_task(eventually(keeper.look))
        for number in (2, 3):
            command = await one.station.take()
            assert number_of(command) == number
            await one.station.answer(command, YES)
        await looking
        assert (await shown(shared_house, one.name))["outcome"] == "Restored"


@pytest.mark.covers("Q110")
async def test_what_holds_of_stations_is_said_of_many_at_once_and_the_rest_stays(shared_house: House) -> None:
    http = shared_house.http
    for name in ("MANY-1", "MANY-2", "MANY-3"):
        await shared_house.register(name, labels=["forgetful"] if name < "MANY-3" else [])
    await say(shared_house, "MANY-1", nominal_voltage_v=120, forgets_on_reboot=True)

    async def change(body: dict[str, Any], selection: dict[str, Any]) -> tuple[int, Any]:
        answer = await http.patch("/charging-settings", json={"selection": selection, **body})
        told = answer.json()
        return answer.status_code, told.get("stations") or [error["path"] for error in told["errors"]]

    assert await change({"restores_after_reboot": True}, {"labels": ["forgetful"]}) == (200, 2)
    assert await change({"phases": 1}, {"ids": ["many-2"], "labels": ["forgetful"]}) == (200, 1)
    seen = [(await http.get(f"/stations/MANY-{n}/charging-settings")).json() for n in (1, 2, 3)]
    assert [tuple(one.values()) for one in seen] == [
        (120, 3, True, True),
        (230, 1, False, True),
        (230, 3, False, False),
    ]
    assert await change({}, {"all": True}) == (422, [""])
    assert await change({"phases": 1}, {}) == (422, ["/selection"])
    assert await change({"phases": 4}, {"all": True}) == (422, ["/phases"])
    assert await change({"phases": 1}, {"ids": ["MANY-1", "NONE"]}) == (422, ["/selection/ids/1"])
    assert (await http.get("/stations/MANY-1/charging-settings")).json() == seen[0]
