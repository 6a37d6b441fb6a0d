"""Stations that were not accepted, and what each stack makes of it; and how each comes back after an outage."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from simulators.behaviour import Behaviour, Boot
from tests.conformance.wire.stacks import Stack, stack
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.test_upkeep import ShiftedClock, late_house
from tests.integration.wire import at, event, start, stop, values

__all__ = ["late_house"]

ALL = pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
POLICIES = pytest.mark.parametrize(("policy", "word"), [("pending", "Pending"), ("reject", "Rejected")])
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


async def report(station: Stack) -> dict[str, Any]:
    """Boot, and return all that is answered."""
    told: dict[str, Any] = {"chargePointVendor": "V", "chargePointModel": "M"}
    if station.version != "1.6":
        told = {"chargingStation": {"vendorName": "V", "model": "M"}, "reason": "PowerUp"}
    return await station.ask("BootNotification", told)


async def look_after(house: House) -> None:
    house.node.house.sweep()
    await eventually(lambda: all(actor.idle for actor in house.node.house.actors))


@pytest.mark.covers("W22", "Q48", "BOOT-03")
@ALL
@POLICIES
@pytest.mark.parametrize("delays", [1.0, 4.5], ids=["our interval", "its own"])
async def test_a_station_that_boots_again_later_is_accepted_once_its_operator_says_so(
    late_house: tuple[House, ShiftedClock], version: str, policy: str, word: str, delays: float
) -> None:
    house, clock = late_house
    async with stack(house, version, boots=False, boot_policy=policy) as station:
        for _ in range(3):
            answer = await report(station)
            assert answer["status"] == word
            assert answer["interval"] >= 60, "it is told to take its time"
            clock.ahead += timedelta(seconds=answer["interval"] * delays)
            await look_after(house)
        assert (await house.http.patch(station.address, json={"boot_policy": "accept"})).status_code == 200
        assert (await report(station))["status"] == "Accepted"
        await station.say_status("Available", 1)
        assert (await station.statuses()) == {1: "Available"}


@pytest.mark.covers("W22", "BOOT-07")
@ALL
async def test_a_station_that_never_boots_again_can_be_made_to(shared_house: House, version: str) -> None:
    async with stack(shared_house, version, boots=False, boot_policy="pending") as station:
        assert await station.boot() == "Pending"
        await shared_house.http.patch(station.address, json={"boot_policy": "accept"})
        asking = station.command("trigger", message="BootNotification")
        command = await station.take()
        assert command[3] == {"requestedMessage": "BootNotification"}
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).status_code == 200
        assert await station.boot() == "Accepted"
        await station.say_status("Available", 1)


@pytest.mark.covers("W22", "Q48", "Q49")
@ALL
@POLICIES
async def test_a_station_that_does_not_mind_is_answered_keeps_its_line_and_loses_nothing(
    shared_house: House, version: str, policy: str, word: str
) -> None:
    async with stack(shared_house, version, boots=False, boot_policy=policy) as station:
        assert await station.boot() == word
        for n in range(5):
            told = (
                {**STATUS}
                if version == "1.6"
                else {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": at(n)}
            )
            answers = [await station.say("StatusNotification", told), await station.say("Heartbeat", {})]
            if version == "1.6":
                assert [answer[0] for answer in answers] == [3, 3]
            else:
                assert [answer[2] for answer in answers] == ["SecurityError"] * 2
        if version == "1.6":
            number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
            await station.ask("StopTransaction", stop(9, 1500, number))
        await shared_house.http.patch(station.address, json={"boot_policy": "accept"})
        assert await station.boot() == "Accepted"
        if version != "1.6":
            await station.ask("TransactionEvent", event("Started", 0, 1000))
            await station.ask("TransactionEvent", event("Ended", 9, 1500, seq=1))
        assert await station.told("energy_wh", "active") == [(500, False)]


@pytest.mark.covers("W29", "Q11")
@pytest.mark.parametrize("boots", [True, False], ids=["with a boot", "without a boot"])
@pytest.mark.parametrize("delay_s", [1, 20, 60, 600])
async def test_a_session_goes_on_after_whatever_time_its_station_was_away(
    late_house: tuple[House, ShiftedClock], delay_s: int, *, boots: bool
) -> None:
    house, clock = late_house
    async with stack(house) as station:
        await station.say_status("Charging", 0)
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.socket.close()
        clock.ahead += timedelta(seconds=delay_s)
        await look_after(house)
        await station.reconnect()
        if boots:
            assert await station.boot() == "Accepted"
        await look_after(house)
        await station.ask("MeterValues", values(5, 1300, transactionId=number))
        await station.ask("StopTransaction", stop(9, 1500, number))
        assert await station.told("energy_wh", "active", "ended_at", "estimated") == [(500, False, at(9), False)]


@pytest.mark.covers("W29", "W8", "Q53")
@ALL
async def test_a_station_that_died_of_an_outage_leaves_a_session_that_its_next_one_closes(
    late_house: tuple[House, ShiftedClock], version: str
) -> None:
    house, clock = late_house
    async with stack(house, version) as station:
        for day in (0, 60):
            if version == "1.6":
                number = (await station.ask("StartTransaction", start(day, 1000 + day)))["transactionId"]
                await station.ask("MeterValues", values(day + 5, 1300 + day, transactionId=number))
            else:
                await station.ask("TransactionEvent", event("Started", day, 1000 + day, name=f"tx-{day}"))
                await station.ask("TransactionEvent", event("Updated", day + 5, 1300 + day, seq=1, name=f"tx-{day}"))
            await station.socket.close()
            clock.ahead += timedelta(hours=1)
            await look_after(house)
            await station.reconnect()
            assert await station.boot() == "Accepted"
        told = await station.told("energy_wh", "active", "reason", "estimated", "ended_at")
        assert told[0] == (300, False, "Superseded", True, at(5))
        assert told[1][:2] == (300, True)


@pytest.mark.covers("W22", "Q48")
@pytest.mark.parametrize("policy", ["pending", "reject"])
async def test_a_simulated_station_that_takes_no_for_yes_charges_and_is_recorded(
    shared_house: House, policy: str
) -> None:
    name = f"DEFIANT-{policy}"
    await shared_house.register(name, boot_policy=policy)
    station = await shared_house.station(name, register=False, behaviour=Behaviour(boot=Boot.IGNORE_PENDING))
    await asyncio.wait_for(station.connected.wait(), 10)
    station.begin()
    station.charge(wh=400)
    station.end()
    await asyncio.wait_for(station.drained(), 10)
    await station.heartbeat()
    (session,) = await shared_house.sessions(station=name)
    assert (session["energy_wh"], session["active"], station.losses) == (400, False, 0)
    await station.stop()


@pytest.mark.covers("W22", "Q48", "BOOT-07")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_simulated_station_that_boots_in_its_own_time_is_in_once_it_is_accepted(
    shared_house: House, version: str
) -> None:
    name = f"RESTLESS-{version}"
    await shared_house.register(name, boot_policy="pending")
    habits = Behaviour(boot=Boot.IGNORE_INTERVAL)
    station = await shared_house.station(name, version=version, register=False, behaviour=habits)

    async def is_pending() -> bool:
        return (await shared_house.http.get(f"/stations/{name}")).json()["registration"] == "Pending"

    await eventually(is_pending)
    assert not station.connected.is_set()
    await shared_house.http.patch(f"/stations/{name}", json={"boot_policy": "accept"})
    await asyncio.wait_for(station.connected.wait(), 10)
    assert station.losses == 0
    await station.stop()
