"""Stations are set as they are wanted to be, whatever they answer; nothing is sent where nothing is wanted."""

import asyncio
from typing import Any

import pytest

from simulators.behaviour import Behaviour, Config
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.rest.fleets import begun, ended, results
from tests.integration.wire import RawStation

KEY = "MeterValueSampleInterval"
WANTED = {"values": [{"variable": KEY, "value": "15"}]}
COUNT = iter(range(10_000))


def name() -> str:
    return f"SET-UP-{next(COUNT)}"


async def simulated(house: House, station: str, **habits: Any) -> SimulatedStation:
    one = await house.station(station, behaviour=Behaviour(**habits))
    await asyncio.wait_for(one.connected.wait(), 10)
    return one


async def set_right(house: House, station: str, **body: Any) -> dict[str, Any]:
    place = await begun(house, command="configuration", body=body, selection={"ids": [station]}, within_s=2)
    await ended(house, place)
    return (await results(house, place))[station]


async def shown(house: House, station: str) -> dict[str, Any]:
    return dict((await house.http.get(f"/stations/{station}/configuration")).json())


HABITS = {
    Config.RIGHT: ("Effective", "in-sync", "set"),
    Config.MAX_KEYS: ("Effective", "in-sync", "set"),
    Config.SILENT_ALL: ("Effective", "in-sync", "set"),
    Config.LIE_READONLY: ("Effective", "in-sync", "set"),
    Config.OTHER_CASE: ("Effective", "in-sync", "set"),
    Config.REJECT_APPLIED: ("Effective", "in-sync", "set"),
    Config.IGNORE: ("Failed", "drifted", "not-applied"),
    Config.REBOOT_REQUIRED: ("Failed", "drifted", "needs-restart"),
}


@pytest.mark.covers("Q93", "Q95", "Q96", "Q98")
@pytest.mark.parametrize("habit", HABITS)
async def test_what_is_read_back_counts_not_what_is_answered(shared_house: House, habit: Config) -> None:
    station = name()
    one = await simulated(shared_house, station, config=habit)
    assert (await shared_house.http.put(f"/stations/{station}/configuration", json=WANTED)).status_code == 200
    assert one.commands == [], "to want is not to send"
    outcome, state, attempt = HABITS[habit]
    assert (await set_right(shared_house, station))["outcome"] == outcome
    (drift,) = (await shown(shared_house, station))["values"]
    assert (drift["state"], drift["attempt"]) == (state, attempt)
    one.commands.clear()
    await set_right(shared_house, station)
    assert [action for action, _ in one.commands] == ["GetConfiguration"], "what was tried in vain is not tried again"
    await one.stop()


@pytest.mark.covers("Q94")
async def test_a_key_that_kills_a_station_is_not_tried_in_a_loop_and_one_to_leave_alone_never(
    shared_house: House,
) -> None:
    station = name()
    one = await simulated(shared_house, station, config=Config.REBOOT_ON_KEY, odd_key=KEY, reconnect_s=0.01)
    await shared_house.http.put(f"/stations/{station}/configuration", json=WANTED)
    assert (await set_right(shared_house, station))["outcome"] in {"Disconnected", "TimedOut"}
    await shared_house.http.put(f"/stations/{station}/habits", json={"untouched": ["MeterValue*"]})
    one.commands.clear()
    assert (await set_right(shared_house, station))["detail"].startswith("nothing is wanted of it")
    assert one.commands == []
    assert (await shown(shared_house, station))["values"][0]["state"] == "untouched"
    await one.stop()


async def test_a_selection_is_wanted_of_and_a_station_alone_goes_before_it(shared_house: House) -> None:
    house, station = shared_house, name()
    await house.register(station, labels=[station])
    body = {"selection": {"labels": [station]}, "values": [{"variable": KEY, "value": "60"}]}
    assert (await house.http.put(f"/configurations/{station}", json=body)).status_code == 200
    (drift,) = (await shown(house, station))["values"]
    assert (drift["wanted"], drift["source"], drift["state"]) == ("60", station, "untold")
    await house.http.put(f"/stations/{station}/configuration", json=WANTED)
    (drift,) = (await shown(house, station))["values"]
    assert (drift["wanted"], drift["source"]) == ("15", f"station {station}")
    rows = (await house.http.get("/configurations/drift", params={"limit": 500})).json()["items"]
    assert {"station": station, "states": {"untold": 1}} in rows
    assert station in [one["name"] for one in (await house.http.get("/configurations")).json()]
    for path in (f"/stations/{station}/configuration", f"/configurations/{station}"):
        assert (await house.http.delete(path)).status_code == 204
        assert (await house.http.delete(path)).status_code == 404
    assert (await shown(house, station)) == {"station": station, "in_sync": True, "values": []}


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("own", {"values": [{"variable": "AuthorizationKey", "value": "0123456789"}]}, "/values/0/variable"),
    (
        "own",
        {"values": [{"variable": KEY, "value": "1"}, {"variable": KEY.lower(), "value": "2"}]},
        "/values/1/variable",
    ),
    ("own", {"values": []}, "/values"),
    ("own", {"values": WANTED["values"], "restart": {"timezone": "Nowhere/At-All"}}, "/restart/timezone"),
    (
        "all",
        {"values": WANTED["values"], "selection": {"all": True}, "restart": {"timezone": "X/Y"}},
        "/restart/timezone",
    ),
    ("all", {"values": WANTED["values"], "selection": {}}, "/selection"),
]


@pytest.mark.parametrize(("kind", "body", "path"), BAD, ids=str)
async def test_what_is_no_configuration_is_refused(
    shared_house: House, kind: str, body: dict[str, Any], path: str
) -> None:
    station = name()
    await shared_house.register(station)
    where = f"/stations/{station}/configuration" if kind == "own" else f"/configurations/{station}"
    answer = await shared_house.http.put(where, json=body)
    assert answer.status_code == 422
    assert [error["path"] for error in answer.json()["errors"]] == [path]


@pytest.mark.covers("Q135", "Q131")
async def test_a_station_is_set_right_after_its_boot_and_one_of_which_nothing_is_wanted_is_asked_nothing(
    start_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csms.node.fleet.KEEP_S", 0.05)
    house = await start_house(upkeep_settle_s=0.01)
    await house.register("CP-1")
    await house.register("CP-2")
    await house.http.put("/stations/CP-1/configuration", json=WANTED)
    async with RawStation(house, "CP-1") as wanted, RawStation(house, "CP-2") as other:
        await wanted.boot()
        await other.boot()
        await house.node.presence.write()
        command = await wanted.take()
        assert command[2:] == ["GetConfiguration", {"key": [KEY]}]
        told = {"configurationKey": [{"key": KEY, "readonly": False, "value": "15"}]}
        await wanted.answer(command, told)
        await eventually(lambda: _in_sync(house))
        assert await other.unasked()
        await wanted.reconnect()
        assert await wanted.unasked(), "once for each boot, not for each connection"


@pytest.mark.covers("Q51", "Q94")
async def test_what_a_station_did_not_survive_the_house_does_not_ask_again(
    start_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csms.node.fleet.KEEP_S", 0.05)
    house = await start_house(upkeep_settle_s=0.01)
    await house.register("CP-1")
    await house.http.put("/stations/CP-1/configuration", json=WANTED)
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        await house.node.presence.write()
        await station.take()
        await station.reconnect()
        await eventually(lambda: _attempt(house, "unanswered"))
        told = {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": "of another boot"}
        await station.ask("BootNotification", told)
        await house.node.presence.write()
        await eventually(lambda: _rounds(house, 2))
        assert await station.unasked()


async def _attempt(house: House, outcome: str) -> bool:
    return bool((await shown(house, "CP-1"))["values"][0]["attempt"] == outcome)


async def _rounds(house: House, count: int) -> bool:
    rounds = (await house.http.get("/operations", params={"state": "finished"})).json()["items"]
    return len(rounds) == count


async def _in_sync(house: House) -> bool:
    return bool((await shown(house, "CP-1"))["in_sync"])


START = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2026-11-24T10:00:00Z"}
STOP = {"meterStop": 1, "timestamp": "2026-11-24T10:05:00Z"}


@pytest.mark.covers("Q96")
async def test_a_station_is_restarted_once_for_what_counts_only_then_if_an_operator_said_so(
    start_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csms.node.fleet.KEEP_S", 0.05)
    house = await start_house(upkeep_settle_s=0.01)
    for station, more in (("CP-1", {"restart": {}}), ("CP-2", {})):
        await house.register(station)
        put = await house.http.put(f"/stations/{station}/configuration", json={**WANTED, **more})
        assert put.status_code == 200
    async with RawStation(house, "CP-1") as one, RawStation(house, "CP-2") as other:
        await one.boot()
        await other.boot()
        number = (await one.ask("StartTransaction", START))["transactionId"]
        await house.node.presence.write()
        for station in (one, other):
            await take_for_later(station)
        await eventually(lambda: _attempt(house, "needs-restart"), within=30)
        assert await one.unasked(), "not in a session"
        await one.ask("StopTransaction", STOP | {"transactionId": number})
        reset = await one.take()
        assert reset[2:] == ["Reset", {"type": "Soft"}]
        await one.answer(reset, {"status": "Accepted"})
        await eventually(lambda: _restarts(house), within=30)
        assert await one.unasked(), "once"
        assert await other.unasked(), "nobody said that it may be restarted"
        await one.reconnect()
        await one.boot()
        await house.node.presence.write()
        read = await one.take()
        assert read[2] == "GetConfiguration"
        await one.answer(read, {"configurationKey": [{"key": KEY, "readonly": False, "value": "15"}]})
        await eventually(lambda: _in_sync(house), within=30)
        assert await one.unasked()


async def take_for_later(station: RawStation) -> None:
    """Answer as a station that takes a value, and shows it after its next restart."""
    told = {"configurationKey": [{"key": KEY, "readonly": False, "value": "60"}]}
    for action, answer in (("GetConfiguration", told), ("ChangeConfiguration", {"status": "RebootRequired"})):
        call = await station.take()
        assert call[2] == action
        await station.answer(call, answer)


async def _restarts(house: House) -> bool:
    done = (await house.http.get("/operations", params={"state": "finished"})).json()["items"]
    return [one["outcomes"] for one in done if one["command"] == "reset"] == [{"Accepted": 1}]
