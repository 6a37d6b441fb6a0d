"""The raw door: any action, any payload, however the station takes it, and its answer as it came."""

import asyncio
import time
from typing import Any

import httpx
import pytest

from csms.ocpp.catalogue import actions
from csms.ocpp.version import Version
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.rest.operators import OCPP
from tests.integration.rest.test_commands import at_work, ends_on_record
from tests.integration.wire import RawStation
from tests.official import minimal

ASKED = [
    (version, action)
    for version in OCPP
    for action, spec in sorted(actions(Version(OCPP[version])).items())
    if spec.from_csms
]
ODD: dict[str, Any] = {"status": "Perhaps", "x": [1, None, {"y": "é"}], "n": 10**15}


def ask(house: House, address: str, action: str, payload: Any, **query: Any) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(house.http.post(f"{address}/ocpp/{action}", json=payload, params=query))


@pytest.mark.parametrize(("version", "action"), ASKED)
async def test_any_action_is_sent_as_it_is_and_its_answer_read_as_it_came(
    shared_house: House, version: str, action: str
) -> None:
    async with at_work(shared_house, version) as (station, address):
        asking = ask(shared_house, address, action, minimal(version, action))
        command = await station.take()
        assert command == [2, command[1], action, minimal(version, action)]
        await station.answer(command, ODD)
        told = (await asking).json()
        assert (told["outcome"], told["action"], told["protocol"]) == ("Answered", action, OCPP[version])
        assert told["answer"] == ODD


@pytest.mark.parametrize("version", OCPP)
async def test_what_breaks_the_schema_is_named_and_not_sent(shared_house: House, version: str) -> None:
    async with at_work(shared_house, version) as (station, address):
        for payload, path in (({}, "type"), ({"type": 5}, "/type"), ({"type": "Soft", "x": 1}, "x")):
            answer = await ask(shared_house, address, "Reset", payload)
            assert answer.status_code == 422, answer.text
            assert any(path in error["path"] + error["message"] for error in answer.json()["errors"]), answer.text
        assert (await ask(shared_house, address, "Dance", {})).status_code == 422
        assert (await ask(shared_house, address, "Reset", [])).status_code == 422
        assert await station.unasked()


@pytest.mark.parametrize("version", OCPP)
@pytest.mark.parametrize("action", ["Reset", "Dance", "Heartbeat", "reset", "Ré", "A" * 300])
async def test_wrong_values_are_sent_on_purpose(shared_house: House, version: str, action: str) -> None:
    async with at_work(shared_house, version) as (station, address):
        asking = ask(shared_house, address, action, {"type": None, "deep": [[[1]]]}, validate="false")
        command = await station.take()
        assert command[2:] == [action, {"type": None, "deep": [[[1]]]}]
        await station.refuse(command, "NotImplemented")
        told = (await asking).json()
        assert told["outcome"] == "Error"
        assert told["error"] == {"code": "NotImplemented", "description": "", "details": {}}


@pytest.mark.parametrize("version", OCPP)
@pytest.mark.covers("Q102", "L6", "J-42")
async def test_no_answer_is_told_apart_from_a_lost_line_and_from_nobody_there(
    shared_house: House, version: str
) -> None:
    async with at_work(shared_house, version) as (station, address):
        asking = ask(shared_house, address, "ClearCache", {}, within_s=600)
        await station.take()
        shared_house.node.listeners[0].sweep(time.monotonic() + 601)
        assert ((await asking).status_code, (await asking).json()["outcome"]) == (504, "TimedOut")
        await ends_on_record(shared_house, address, "TimedOut")
    await eventually(lambda: len(shared_house.node.listeners[0]) == 0)
    assert (await ask(shared_house, address, "ClearCache", {})).json()["outcome"] == "Offline"
    async with at_work(shared_house, version) as (station, address):
        asking = ask(shared_house, address, "ClearCache", {})
        await station.take()
        station.socket.transport.abort()
        assert ((await asking).status_code, (await asking).json()["outcome"]) == (504, "Disconnected")
        await station.reconnect()
        assert await station.unasked()


@pytest.mark.parametrize("within_s", ["0", "601", "soon"])
async def test_a_deadline_out_of_bounds_is_named(shared_house: House, within_s: str) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        answer = await ask(shared_house, address, "ClearCache", {}, within_s=within_s)
        assert answer.status_code == 422
        assert [error["path"] for error in answer.json()["errors"]] == ["within_s"]
        assert await station.unasked()


@pytest.mark.parametrize("version", OCPP)
@pytest.mark.covers("Q28", "Q35")
async def test_odd_results_are_read_too(shared_house: House, version: str) -> None:
    async def answered(station: RawStation, address: str, payload: Any) -> Any:
        asking = ask(shared_house, address, "ClearCache", {})
        await station.answer(await station.take(), payload)
        return (await asking).json()["answer"]

    async with at_work(shared_house, version) as (station, address):
        for payload, wanted in (({}, {}), (None, {}), ([1, 2], [1, 2]), ("Accepted", "Accepted"), (7, 7)):
            assert await answered(station, address, payload) == wanted
        large = {"data": "x" * 500_000}
        assert await answered(station, address, large) == large


@pytest.mark.covers("L7", "Q38")
@pytest.mark.parametrize(
    "value",
    ["1" * 400, "1e999", '"\\ud800"', '"\\u0000"', "1" * 5000],
    ids=["large", "infinite", "half a character", "NUL", "larger than any parser takes"],
)
async def test_no_result_however_odd_leaves_the_asker_waiting(shared_house: House, value: str) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        asking = ask(shared_house, address, "ClearCache", {})
        command = await station.take()
        await station.socket.send(f'[3,"{command[1]}",{{"status":{value}}}]')
        answer = await asyncio.wait_for(asking, 3)
        assert answer.status_code == 200, answer.text
        assert answer.json()["outcome"] in {"Answered", "Error"}
        assert await station.unasked()
