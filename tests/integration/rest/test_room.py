"""No frame goes out that the station would choke on (Q43)."""

import asyncio
import json
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.rest.test_commands import at_work
from tests.integration.wire import RawStation

VARIABLE = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}


async def tell_limit(station: RawStation, instance: str, limit: str, variable: str = "BytesPerMessage") -> None:
    """Let a station report how much it takes."""
    await station.ask(
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": "2026-11-24T10:00:00Z",
            "seqNo": 0,
            "reportData": [
                {
                    "component": {"name": "DeviceDataCtrlr"},
                    "variable": {"name": variable, "instance": instance},
                    "variableAttribute": [{"value": limit, "mutability": "ReadOnly"}],
                }
            ],
        },
    )


async def answered(house: House, station: RawStation, path: str, body: Any) -> int:
    """Ask what the station answers at once, and return the status."""
    asking = asyncio.create_task(house.http.post(path, json=body))
    await station.answer(await station.take(), {"status": "Accepted"})
    return (await asking).status_code


@pytest.mark.covers("Q43")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_command_beyond_four_kilobytes_is_refused_by_name_and_the_raw_door_is_not(
    shared_house: House, version: str
) -> None:
    async with at_work(shared_house, version) as (station, address):
        overhead = len('[2,"00000000-0000-0000-0000-000000000000","DataTransfer",{"data":"","vendorId":"V"}]')
        fits = {"vendor": "V", "data": "x" * (4096 - overhead)}
        assert await answered(shared_house, station, f"{address}/commands/data-transfer", fits) == 200
        large = fits | {"data": fits["data"] + "x"}
        refused = await shared_house.http.post(f"{address}/commands/data-transfer", json=large)
        assert refused.status_code == 422
        assert [error["path"] for error in refused.json()["errors"]] == ["/data"]
        assert await station.unasked()
        raw = {"vendorId": "V", "data": large["data"]}
        assert await answered(shared_house, station, f"{address}/ocpp/DataTransfer", raw) == 200


async def answer_reads(station: RawStation, most: int, limit: int = 4096) -> list[int]:
    """Answer every question for variables until all of `most` were asked for; return how many came at a time."""
    asked: list[int] = []
    while sum(asked) < most:
        call = await station.take()
        assert len(json.dumps(call, separators=(",", ":"))) <= limit
        wanted = call[3]["getVariableData"]
        asked.append(len(wanted))
        results = [{**one, "attributeStatus": "Accepted", "attributeValue": one["variable"]["name"]} for one in wanted]
        await station.answer(call, {"getVariableResult": results})
    return asked


def variables(count: int) -> dict[str, Any]:
    return {"variables": [{"component": "OCPPCommCtrlr", "variable": f"Some{n:020}"} for n in range(count)]}


@pytest.mark.covers("Q43", "Q115")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_list_that_is_too_long_for_a_station_is_asked_for_in_as_few_parts_as_it_takes(
    shared_house: House, version: str
) -> None:
    async with at_work(shared_house, version) as (station, address):
        path = f"{address}/commands/get-variables"
        names = [one["variable"] for one in variables(60)["variables"]]
        for limit, told_as, parts in ((4096, None, 2), (600, "BytesPerMessage", 10), (3, "ItemsPerMessage", 20)):
            if told_as is not None:
                await tell_limit(station, "GetVariables", str(limit), told_as)
            asking = asyncio.create_task(shared_house.http.post(path, json=variables(60)))
            asked = await answer_reads(station, 60, max(limit, 600))
            answer = (await asking).json()
            assert len(asked) == len(answer["calls"]) == parts, asked
            told = [one["attributeValue"] for one in answer["answer"]["getVariableResult"]]
            assert (answer["outcome"], told) == ("Answered", names)
            assert answer["call_id"] == answer["calls"][-1]


@pytest.mark.covers("Q43", "Q115")
async def test_what_a_station_answered_before_it_refused_is_told(shared_house: House) -> None:
    async with at_work(shared_house, "2.0.1") as (station, address):
        await tell_limit(station, "GetVariables", "2", "ItemsPerMessage")
        asking = asyncio.create_task(shared_house.http.post(f"{address}/commands/get-variables", json=variables(6)))
        await answer_reads(station, 2)
        await station.refuse(await station.take(), "InternalError", "", {})
        answer = (await asking).json()
        assert (answer["outcome"], answer["error"]["code"], len(answer["calls"])) == ("Error", "InternalError", 2)
        assert len(answer["answer"]["getVariableResult"]) == 2
        assert await station.unasked()


@pytest.mark.covers("Q115")
async def test_whoever_would_silence_a_meter_is_warned_and_told_that_it_was_refused(shared_house: House) -> None:
    async with at_work(shared_house, "2.0.1") as (station, address):
        values = [{"component": "SampledDataCtrlr", "variable": "TxUpdatedMeasurands", "value": ""}]
        asking = asyncio.create_task(
            shared_house.http.post(f"{address}/commands/set-variables", json={"variables": values})
        )
        call = await station.take()
        told = {key: call[3]["setVariableData"][0][key] for key in ("component", "variable")}
        await station.answer(call, {"setVariableResult": [{**told, "attributeStatus": "Rejected"}]})
        answer = (await asking).json()
        assert [warning["path"] for warning in answer["warnings"]] == ["/variables/0/value"]
        assert answer["verdict"] == "Refused"


@pytest.mark.covers("Q93", "Q43")
async def test_configuration_keys_are_asked_for_as_many_at_once_as_a_station_takes(shared_house: House) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        path = f"{address}/commands/get-variables"
        limit = {"key": "GetConfigurationMaxKeys", "readonly": True, "value": "2"}
        asking = asyncio.create_task(shared_house.http.post(path, json={}))
        await station.answer(await station.take(), {"configurationKey": [limit]})
        await asking
        keys = ["A", "B", "C"]
        asking = asyncio.create_task(
            shared_house.http.post(path, json={"variables": [{"variable": key} for key in keys]})
        )
        for part in (keys[:2], keys[2:]):
            call = await station.take()
            assert call[3] == {"key": part}
            await station.answer(call, {"unknownKey": part})
        assert (await asking).json()["answer"] == {"unknownKey": keys}


@pytest.mark.covers("Q93")
async def test_a_station_is_asked_for_as_many_keys_as_its_make_bears_and_who_asks_for_all_is_warned(
    shared_house: House,
) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        path = f"{address}/commands/get-variables"
        habits = await shared_house.http.put(f"{address}/habits", json={"max_keys": 2, "read_all": False})
        assert habits.is_success, habits.text
        keys = ["A", "B", "C"]
        body = {"variables": [{"variable": key} for key in keys]}
        asking = asyncio.create_task(shared_house.http.post(path, json=body))
        for part in (keys[:2], keys[2:]):
            call = await station.take()
            assert call[3] == {"key": part}
            await station.answer(call, {"unknownKey": part})
        assert (await asking).json()["warnings"] == []
        asking = asyncio.create_task(shared_house.http.post(path, json={}))
        await station.answer(await station.take(), {"configurationKey": []})
        assert [warning["path"] for warning in (await asking).json()["warnings"]] == ["/variables"]


@pytest.mark.covers("Q43")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_station_that_tells_its_limit_is_believed(shared_house: House, version: str) -> None:
    many = {"variables": [VARIABLE] * 60}
    async with at_work(shared_house, version) as (station, address):
        path = f"{address}/commands/get-variables"
        await tell_limit(station, "GetVariables", "20000")
        assert await answered(shared_house, station, path, many) == 200
        await tell_limit(station, "GetVariables", "600")
        one = {"variables": [{"component": "C" * 50, "variable": "V" * 600}]}
        assert (await shared_house.http.post(path, json=one)).status_code == 422
        long = {"variables": [{"component": "C" * 400, "variable": "V" * 49}]}
        assert (await shared_house.http.post(path, json=long)).status_code == 422
        raw = {"getVariableData": [{"component": {"name": "C" * 50}, "variable": {"name": "V" * 50}}] * 8}
        assert (await shared_house.http.post(f"{address}/ocpp/GetVariables", json=raw)).status_code == 422
        assert await station.unasked()
        assert await answered(shared_house, station, f"{address}/ocpp/GetVariables?validate=false", raw) == 200
