"""What the house asks of stations by itself: little, late, once, and nothing of those that cannot bear it."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from csms.kit.clock import SystemClock
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.wire import RawStation, event

StartHouse = Callable[..., Awaitable[House]]
VERSIONS = ("1.6", "2.0.1", "2.1")


class ShiftedClock(SystemClock):
    """The real time, and as much as a test adds to it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.fixture
async def late_house(start_house: StartHouse, monkeypatch: pytest.MonkeyPatch) -> tuple[House, ShiftedClock]:
    """A house whose clock can be put forward."""
    clock = ShiftedClock()
    monkeypatch.setattr("csms.node.foundation.SystemClock", lambda: clock)
    house = await start_house(heartbeat_s=300)
    return house, clock


async def asked(station: RawStation, house: House) -> list[list[Any]]:
    """Let the house look after its stations, and return what it asked of this one so far."""
    house.node.house.sweep()
    await eventually(lambda: all(actor.idle for actor in house.node.house.actors))
    await station.ask("FirmwareStatusNotification", {"status": "Idle"})
    return station.commands


async def test_a_minute_must_pass_before_anything_is_asked(late_house: tuple[House, ShiftedClock]) -> None:
    house, clock = late_house
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        assert await asked(station, house) == []
        clock.ahead += timedelta(seconds=61)
        assert len(await asked(station, house)) == 1


@pytest.mark.covers("Q47", "Q131", "16-RT-03", "BOOT-08")
async def test_who_never_booted_is_asked_to_once_and_who_did_is_not(late_house: tuple[House, ShiftedClock]) -> None:
    house, clock = late_house
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        clock.ahead += timedelta(seconds=61)
        (command,) = await asked(station, house)
        assert command[2:] == ["TriggerMessage", {"requestedMessage": "BootNotification"}]
        await station.answer(command, {"status": "Accepted"})
        station.commands.clear()
        assert await asked(station, house) == []
        assert await station.boot() == "Accepted"
        await station.reconnect(forgotten=True)
        clock.ahead += timedelta(seconds=61)
        assert await asked(station, house) == []


@pytest.mark.covers("BOOT-12", "Q131")
async def test_a_station_that_is_set_to_be_left_alone_is_asked_nothing(late_house: tuple[House, ShiftedClock]) -> None:
    house, clock = late_house
    await house.register("CP-1")
    answer = await house.http.put("/stations/CP-1/habits", json={"settle_s": 0})
    assert answer.status_code == 200, answer.text
    async with RawStation(house, "CP-1") as station:
        for _ in range(5):
            clock.ahead += timedelta(seconds=61)
            assert await asked(station, house) == []


async def beat_fast(station: RawStation, house: House, clock: ShiftedClock) -> list[list[Any]]:
    for _ in range(5):
        clock.ahead += timedelta(seconds=20)
        await station.ask("Heartbeat", {})
    return await asked(station, house)


@pytest.mark.covers("Q50", "W19")
async def test_a_heartbeat_of_another_rhythm_is_set_right_once_for_each_firmware(
    late_house: tuple[House, ShiftedClock],
) -> None:
    house, clock = late_house
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        first, *_ = await beat_fast(station, house, clock)
        assert first[2:] == ["ChangeConfiguration", {"key": "HeartbeatInterval", "value": "300"}]
        station.commands.clear()
        await station.answer(first, {"status": "NotSupported"})
        second = await station.take()
        assert second[2:] == ["ChangeConfiguration", {"key": "HeartBeatInterval", "value": "300"}]
        await station.answer(second, {"status": "Accepted"})
        assert await beat_fast(station, house, clock) == [], "once is enough"
        clock.ahead += timedelta(minutes=20)
        boot = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "2"}
        await station.ask("BootNotification", boot)
        again, *_ = await beat_fast(station, house, clock)
        assert again[3]["key"] == "HeartbeatInterval"


@pytest.mark.covers("Q50", "Q52")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_good_rhythm_and_one_that_other_messages_break_are_left_alone(
    late_house: tuple[House, ShiftedClock], version: str
) -> None:
    house, clock = late_house
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        for seconds in (300, 290, 310, 300, 300):
            clock.ahead += timedelta(seconds=seconds)
            await station.ask("Heartbeat", {})
        for _ in range(5):
            clock.ahead += timedelta(seconds=3000)
            await station.ask("DataTransfer", {"vendorId": "V"})
            await station.ask("Heartbeat", {})
        assert await asked(station, house) == []


@pytest.mark.covers("Q50")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_the_rhythm_of_2_x_is_a_variable(late_house: tuple[House, ShiftedClock], version: str) -> None:
    house, clock = late_house
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        (command,) = await beat_fast(station, house, clock)
        variable = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        assert command[2:] == ["SetVariables", {"setVariableData": [{"attributeValue": "300", **variable}]}]


@pytest.mark.covers("Q51")
async def test_a_station_that_boots_again_and_again_is_left_in_peace_and_told_of(
    late_house: tuple[House, ShiftedClock],
) -> None:
    house, clock = late_house
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        for _ in range(4):
            asking = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/GetConfiguration", json={}))
            await station.take()
            await station.reconnect()
            assert (await asking).status_code == 504
            clock.ahead += timedelta(seconds=100)
            await station.boot()
        assert await beat_fast(station, house, clock) == []
        notices = (await house.http.get("/stations/CP-1/notices")).json()["items"]
        assert [notice["topic"] for notice in notices] == ["BootNotification"], "told once"
        assert "GetConfiguration" in notices[0]["review"]
        asking = asyncio.create_task(house.http.post("/stations/CP-1/commands/clear-cache"))
        command = await station.take()
        assert command[2] == "ClearCache", "operators may ask all the same"
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).status_code == 200
        clock.ahead += timedelta(minutes=20)
        await station.ask("DataTransfer", {"vendorId": "V"})
        assert len(await beat_fast(station, house, clock)) >= 1, "it has calmed down"


STYLES: dict[str, tuple[list[Any], bool, bool]] = {
    "NotImplemented": ([4, "NotImplemented", "", {}], True, True),
    "NotSupported": ([4, "NotSupported", "", {}], True, True),
    "InternalError": ([4, "InternalError", "", {}], False, True),
    "FormationViolation": ([4, "FormationViolation", "", {}], False, True),
    "a status": ([3, {"status": "NotSupported"}], True, False),
    "Rejected": ([3, {"status": "Rejected"}], False, False),
}


@pytest.mark.covers("Q40", "J-64")
@pytest.mark.parametrize("style", STYLES)
async def test_what_a_station_does_not_know_is_told_and_learned(
    late_house: tuple[House, ShiftedClock], style: str
) -> None:
    house, clock = late_house
    await house.register("CP-1")
    (kind, *rest), unsupported, learned = STYLES[style]
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        for _ in range(2):
            body = {"variables": [{"variable": "Volume", "value": "11"}]}
            asking = asyncio.create_task(house.http.post("/stations/CP-1/commands/set-variables", json=body))
            command = await station.take()
            await station.socket.send(json.dumps([kind, command[1], *rest]))
            assert (await asking).json()["unsupported"] is unsupported
        assert (await beat_fast(station, house, clock) == []) is learned
        station.commands.clear()
        clock.ahead += timedelta(minutes=20)
        boot = {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "2"}
        await station.ask("BootNotification", boot)
        if learned:
            assert len(await beat_fast(station, house, clock)) == 1, "a new firmware may know better"


@pytest.mark.covers("TX-34", "TX-35", "Q81")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_gap_is_asked_about_until_nothing_waits_at_the_station(
    late_house: tuple[House, ShiftedClock], version: str
) -> None:
    house, clock = late_house
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        await station.ask("TransactionEvent", event("Started", 0, 1000))
        await station.ask("TransactionEvent", event("Updated", 9, 1500, seq=3))
        assert await asked(station, house) == [], "it may still come"
        for waiting in (True, True, False):
            clock.ahead += timedelta(seconds=61)
            (command,) = await asked(station, house)
            assert command[2:] == ["GetTransactionStatus", {"transactionId": "tx-1"}]
            station.commands.clear()
            await station.answer(
                command, {"messagesInQueue": waiting, **({"ongoingIndicator": True} if waiting else {})}
            )
            assert await asked(station, house) == []
        clock.ahead += timedelta(hours=1)
        assert await asked(station, house) == [], "the gap is there to stay"
        (session,) = await house.sessions()
        assert "gap" in session["flags"]


async def test_a_house_that_shall_not_asks_nothing(start_house: StartHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ShiftedClock()
    monkeypatch.setattr("csms.node.foundation.SystemClock", lambda: clock)
    house = await start_house(upkeep_settle_s=0)
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        clock.ahead += timedelta(hours=1)
        assert await beat_fast(station, house, clock) == []
