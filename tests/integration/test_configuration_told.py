"""What a station tells of its configuration is on record, whichever door the question went through."""

import asyncio
from typing import Any

import httpx
import pytest

from simulators.behaviour import Behaviour, Commands, Config
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.wire import RawStation

SECRET = "0123456789ABCDEF"


async def told(house: House, station: str = "CP-1") -> dict[str, dict[str, Any]]:
    answer = await house.http.get(f"/stations/{station}/variables")
    return {one["variable"]: one for one in answer.json()}


async def asked(house: House, station: RawStation, path: str, body: Any, answer: Any) -> httpx.Response:
    asking = asyncio.create_task(house.http.post(f"/stations/CP-1/{path}", json=body))
    await station.answer(await station.take(), answer)
    return await asking


@pytest.mark.covers("TC_019_1", "TC_019_2", "16-CORE-23")
async def test_all_keys_and_single_ones_that_a_station_of_16_tells_are_its_variables(house: House) -> None:
    station = await house.station("CP-1")
    await asyncio.wait_for(station.connected.wait(), 10)
    answer = await house.http.post("/stations/CP-1/commands/get-variables", json={})
    assert len(answer.json()["answer"]["configurationKey"]) == 26
    variables = await told(house)
    assert len(variables) == 26
    told_of = {"value": "60", "component": "", "mutability": "ReadWrite"}
    assert told_of.items() <= variables["MeterValueSampleInterval"].items()
    assert variables["NumberOfConnectors"]["mutability"] == "ReadOnly"
    station.configuration.set("MeterValueSampleInterval", "15")
    body = {"variables": [{"variable": "MeterValueSampleInterval"}, {"variable": "Unheard"}]}
    answer = await house.http.post("/stations/CP-1/commands/get-variables", json=body)
    assert answer.json()["answer"]["unknownKey"] == ["Unheard"]
    assert (await told(house))["MeterValueSampleInterval"]["value"] == "15"


@pytest.mark.covers("Q93", "Q95", "Q126")
async def test_odd_answers_are_read_as_they_were_meant_and_secrets_are_not_kept(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        keys = [
            {"key": "WriteOnly", "readonly": False},
            {"key": "NoFlag", "value": 7},
            {"key": "TextFlag", "readonly": "true", "value": None},
            {"key": "AuthorizationKey", "readonly": False, "value": SECRET},
            {"readonly": False, "value": "of no key"},
            {"key": "Long", "readonly": False, "value": "x" * 900},
        ]
        answer = {"configurationKey": keys, "unknownKey": None, "extra": 1}
        assert (await asked(house, station, "ocpp/GetConfiguration", {}, answer)).status_code == 200
        variables = await told(house)
        shown = {name: (one["value"], one["mutability"]) for name, one in variables.items()}
        assert shown == {
            "WriteOnly": (None, "ReadWrite"),
            "NoFlag": ("7", "ReadWrite"),
            "TextFlag": (None, "ReadOnly"),
            "AuthorizationKey": ("***", "ReadWrite"),
            "Long": ("x" * 900, "ReadWrite"),
        }


@pytest.mark.covers("Q93")
@pytest.mark.parametrize("answer", [{}, {"configurationKey": None}, {"configurationKey": "none"}, []], ids=str)
async def test_an_answer_that_tells_nothing_changes_nothing(house: House, answer: Any) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        known = {"configurationKey": [{"key": "A", "readonly": False, "value": "1"}]}
        await asked(house, station, "ocpp/GetConfiguration", {}, known)
        assert (await asked(house, station, "ocpp/GetConfiguration", {}, answer)).status_code == 200
        assert {name: one["value"] for name, one in (await told(house)).items()} == {"A": "1"}


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_variables_of_2_x_that_were_read_are_on_record_and_keep_what_a_report_told_of_them(
    house: House, version: str
) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        named = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
        attribute = {"value": "300", "mutability": "ReadWrite"}
        traits = {"dataType": "integer", "unit": "s", "supportsMonitoring": False}
        report = [{**named, "variableAttribute": [attribute], "variableCharacteristics": traits}]
        told_all = {"requestId": 1, "generatedAt": "2026-01-01T00:00:00Z", "seqNo": 0, "reportData": report}
        await station.ask("NotifyReport", told_all)
        unknown = {"component": {"name": "Nobody"}, "variable": {"name": "Nothing"}}
        results = [
            {"attributeStatus": "Accepted", "attributeValue": "60", **named},
            {"attributeStatus": "UnknownComponent", **unknown},
        ]
        body = {"variables": [{"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}]}
        await asked(house, station, "commands/get-variables", body, {"getVariableResult": results})
        (row,) = (await told(house)).values()
        assert (row["value"], row["mutability"], row["unit"]) == ("60", "ReadWrite", "s")


HABITS = {
    Config.RIGHT: ("Accepted", "15"),
    Config.IGNORE: ("Accepted", "60"),
    Config.REJECT_APPLIED: ("Rejected", "15"),
    Config.REBOOT_REQUIRED: ("RebootRequired", "60"),
}


@pytest.mark.covers("Q96", "W20")
@pytest.mark.parametrize("habit", HABITS)
async def test_what_is_on_record_is_what_was_read_never_what_was_wished(house: House, habit: Config) -> None:
    station = await house.station("CP-1", behaviour=Behaviour(config=habit))
    await asyncio.wait_for(station.connected.wait(), 10)
    change = {"variables": [{"variable": "MeterValueSampleInterval", "value": "15"}]}
    answer = await house.http.post("/stations/CP-1/commands/set-variables", json=change)
    status, value = HABITS[habit]
    assert answer.json()["answer"]["status"] == status
    assert await told(house) == {}, "nothing was told yet"
    await house.http.post("/stations/CP-1/commands/get-variables", json={})
    assert (await told(house))["MeterValueSampleInterval"]["value"] == value


async def test_a_change_that_waits_for_a_restart_is_there_after_it(house: House) -> None:
    behaviour = Behaviour(config=Config.REBOOT_REQUIRED, reconnect_s=0.05)
    station = await house.station("CP-1", behaviour=behaviour)
    await asyncio.wait_for(station.connected.wait(), 10)
    booted_at = (await house.http.get("/stations/CP-1")).json()["booted_at"]
    change = {"variables": [{"variable": "MeterValueSampleInterval", "value": "15"}]}
    await house.http.post("/stations/CP-1/commands/set-variables", json=change)
    assert (await house.http.post("/stations/CP-1/commands/reset", json={})).json()["answer"] == {"status": "Accepted"}
    await eventually(lambda: station.configuration["MeterValueSampleInterval"] == "15")
    await asyncio.wait_for(station.connected.wait(), 10)
    assert booted_at is not None


ZERO = {"message": "StatusNotification", "evse": 0}


@pytest.mark.covers("Q102", "Q104", "Q31")
@pytest.mark.parametrize(
    ("habit", "body", "outcome"),
    [
        (Commands.SLOW, {"message": "Heartbeat"}, (200, {"status": "Accepted"})),
        (Commands.EFFECT_FIRST, {"message": "Heartbeat"}, (200, {"status": "Accepted"})),
        (Commands.REJECT_ZERO, ZERO, (200, {"status": "Rejected"})),
        (Commands.EFFECT_NO_ANSWER, {"message": "Heartbeat"}, (504, None)),
    ],
)
async def test_however_a_station_takes_a_command_it_is_told_and_sent_once(
    start_house: Any, habit: Commands, body: dict[str, Any], outcome: tuple[int, Any]
) -> None:
    house = await start_house(call_timeout_s=1)
    station = await house.station("CP-1", behaviour=Behaviour(commands=habit, slow_s=0.1))
    await asyncio.wait_for(station.connected.wait(), 10)
    answer = await house.http.post("/stations/CP-1/commands/trigger", json=body)
    assert (answer.status_code, answer.json().get("answer")) == outcome
    assert [action for action, _ in station.commands] == ["TriggerMessage"]
