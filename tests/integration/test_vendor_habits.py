"""Stations are treated as is known of their makes, at once, and as their operators say before that."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from csms.domain.vendors.habits import Habits
from csms.gateway.connection import Connection
from csms.storage.vendors import VendorFiles
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.wire import RawStation, start, stop, values

StartHouse = Callable[..., Awaitable[House]]
PROFILES = """
[[profile]]
name = "Acme"
vendor = ["Acme*"]
habits = { ping_s = 0, call_timeout_s = 1, command_bytes = 200, untouched = ["Heart*"] }

[[profile]]
name = "Acme Two"
vendor = ["Acme*"]
model = ["Two"]
habits = { ping_s = 11, energy_factor = 1000, call_gap_s = 0.5 }
"""


@pytest.fixture
async def house(start_house: StartHouse, tmp_path: Path) -> House:
    (tmp_path / "acme.toml").write_text(PROFILES)
    return await start_house(vendors_folder=tmp_path)


def line_of(house: House, station: str = "CP-1") -> Connection:
    line = house.node.house._actors[station].line
    assert isinstance(line, Connection)
    return line


async def boot(station: RawStation, model: str = "One", vendor: str = "Acme Inc") -> None:
    told: dict[str, Any] = {"chargePointVendor": vendor, "chargePointModel": model, "firmwareVersion": "1"}
    if station._version != "1.6":
        told = {"chargingStation": {"vendorName": vendor, "model": model, "firmwareVersion": "1"}, "reason": "PowerUp"}
    await station.ask("BootNotification", told)


async def habits(house: House, station: str = "CP-1") -> dict[str, tuple[Any, str]]:
    told = (await house.http.get(f"/stations/{station}/habits")).json()["habits"]
    return {name: (habit["value"], habit["source"]) for name, habit in told.items()}


@pytest.mark.covers("Q98", "Q12")
async def test_a_line_changes_its_pace_with_the_boot_that_tells_the_make_and_keeps_it(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        assert line_of(house)._watch.pace.ping_s == 27
        await boot(station)
        assert line_of(house)._watch.pace.ping_s == 0
        await boot(station, "Two")
        pace = line_of(house)._watch.pace
        assert (pace.ping_s, pace.limits.gap_s) == (11, 0.5)
        await station.reconnect()
        await eventually(lambda: line_of(house)._watch.pace.ping_s == 11)
        assert await station.unasked(), "it did not have to boot again"
        told = await habits(house)
        assert told["ping_s"] == (11.0, "vendors/acme.toml: Acme Two")
        assert told["call_timeout_s"] == (1.0, "vendors/acme.toml: Acme")
        assert told["silence_s"] == (150.0, "house")
        assert told["energy_factor"] == (1000.0, "vendors/acme.toml: Acme Two")


async def test_an_operator_has_the_last_word_at_once_and_takes_it_back(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await boot(station, "Two")
        answer = await house.http.put("/stations/cp-1/habits", json={"ping_s": 99, "call_gap_s": 0})
        assert answer.json()["overrides"] == {"ping_s": 99.0, "call_gap_s": 0.0}
        assert answer.json()["habits"]["ping_s"] == {"value": 99.0, "source": "station"}
        await eventually(lambda: line_of(house)._watch.pace.ping_s == 99)
        assert line_of(house)._watch.pace.limits.gap_s == 0
        await boot(station, "One")
        assert line_of(house)._watch.pace.ping_s == 99, "whatever its make"
        await house.http.put("/stations/CP-1/habits", json={})
        await eventually(lambda: line_of(house)._watch.pace.ping_s == 0)
        shown = (await house.http.get("/stations/CP-1")).json()
        assert shown["version"] == 3


BAD = [({"ping_s": -1}, "/ping_s"), ({"pings": 1}, "/pings"), ({"subprotocol": "soap"}, "/subprotocol"), ([], "")]


@pytest.mark.parametrize(("body", "path"), BAD, ids=str)
async def test_a_habit_that_makes_no_sense_is_refused(house: House, body: Any, path: str) -> None:
    await house.register("CP-1")
    answer = await house.http.put("/stations/CP-1/habits", json=body)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert (await house.http.put("/stations/NOBODY/habits", json={})).status_code == 404
    assert (await house.http.get("/stations/NOBODY/habits")).status_code == 404


async def test_files_are_read_again_without_a_restart_and_a_broken_one_changes_nothing(
    start_house: StartHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(PROFILES)
    monkeypatch.setattr(VendorFiles.watch, "__defaults__", (0.02,))
    house = await start_house(vendors_folder=tmp_path)
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await boot(station)
        path.write_text("[[profile]]")
        path.write_text(PROFILES.replace("ping_s = 0", "ping_s = 5"))
        await eventually(lambda: line_of(house)._watch.pace.ping_s == 5)
        listed = (await house.http.get("/vendors")).json()
        assert [one["name"] for one in listed] == ["Acme", "Acme Two"]
        assert listed[0]["habits"]["ping_s"] == 5
        path.write_text("no toml")
        (tmp_path / "new.toml").write_text("")
        await asyncio.sleep(0)
        assert await station.unasked()
        assert (await habits(house))["ping_s"] == (5.0, "vendors/acme.toml: Acme")


@pytest.mark.covers("Q31")
async def test_a_call_has_the_time_that_the_make_needs_and_no_more_bytes_than_it_takes(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await boot(station)
        asking = asyncio.create_task(house.http.post("/stations/CP-1/commands/clear-cache"))
        await station.take()
        assert (await asking).json()["outcome"] == "TimedOut", "within a second"
        long = {"vendor": "V", "data": "x" * 200}
        answer = await house.http.post("/stations/CP-1/commands/data-transfer", json=long)
        assert answer.status_code == 422
        assert "takes 200" in answer.json()["detail"]


@pytest.mark.covers("Q2", "Q4")
async def test_a_make_may_be_preferred_to_speak_another_version(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.0.1") as station:
        assert station.socket.subprotocol == "ocpp2.0.1"
    await house.http.put("/stations/CP-1/habits", json={"subprotocol": "ocpp1.6"})
    offered = [Subprotocol("ocpp2.0.1"), Subprotocol("ocpp1.6")]
    async with connect(f"{house.url}/CP-1", subprotocols=offered) as socket:
        assert socket.subprotocol == "ocpp1.6"


@pytest.mark.covers("Q1")
async def test_whether_a_station_may_offer_no_version_is_a_habit(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1") as socket:
        assert socket.subprotocol is None
    await house.http.put("/stations/CP-1/habits", json={"missing_subprotocol": "refuse"})
    with pytest.raises(InvalidStatus):
        await connect(f"{house.url}/CP-1").__aenter__()


@pytest.mark.covers("Q85")
@pytest.mark.parametrize("model", ["One", "Two"])
async def test_meter_values_in_a_unit_that_is_known_to_be_wrong_are_read_as_they_are_meant(
    house: House, model: str
) -> None:
    await house.register("CP-1")
    await house.token()
    async with RawStation(house, "CP-1") as station:
        await boot(station, model)
        number = (await station.ask("StartTransaction", start(0, 1_000_000)))["transactionId"]
        await station.ask("MeterValues", values(10, 1003.5, transactionId=number))
        await station.ask("StopTransaction", stop(20, 1_005_000, number))
        (session,) = await house.sessions()
        assert session["energy_wh"] == 5000
        assert ("energy-factor" in session["flags"]) is (model == "Two"), "told, not hidden"


async def test_the_defaults_of_the_house_are_shown_for_a_station_of_which_nothing_is_known(house: House) -> None:
    await house.register("CP-1", heartbeat_s=77)
    shown = (await house.http.get("/stations/CP-1/habits")).json()
    assert (shown["vendor"], shown["profiles"], shown["overrides"]) == ("", [], {})
    told = await habits(house)
    assert told.keys() == set(Habits.__struct_fields__)
    assert told["heartbeat_s"] == (77, "station")
    assert told["call_gap_s"] == (0.0, "house")
