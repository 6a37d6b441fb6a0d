"""No frame goes out that the station would choke on (Q43)."""

import asyncio
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.rest.test_commands import at_work
from tests.integration.wire import RawStation

VARIABLE = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}


async def tell_limit(station: RawStation, instance: str, limit: str) -> None:
    """Let a station report how many bytes it takes."""
    await station.ask(
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": "2026-11-24T10:00:00Z",
            "seqNo": 0,
            "reportData": [
                {
                    "component": {"name": "DeviceDataCtrlr"},
                    "variable": {"name": "BytesPerMessage", "instance": instance},
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


@pytest.mark.covers("Q43")
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_station_that_tells_its_limit_is_believed(shared_house: House, version: str) -> None:
    many = {"variables": [VARIABLE] * 60}
    async with at_work(shared_house, version) as (station, address):
        path = f"{address}/commands/get-variables"
        assert (await shared_house.http.post(path, json=many)).json()["errors"][0]["path"] == "/variables"
        await tell_limit(station, "GetVariables", "20000")
        assert await answered(shared_house, station, path, many) == 200
        await tell_limit(station, "GetVariables", "600")
        few = {"variables": [VARIABLE] * 8}
        assert (await shared_house.http.post(path, json=few)).status_code == 422
        raw = {"getVariableData": [{"component": {"name": "C" * 50}, "variable": {"name": "V" * 50}}] * 8}
        assert (await shared_house.http.post(f"{address}/ocpp/GetVariables", json=raw)).status_code == 422
        assert await station.unasked()
        assert await answered(shared_house, station, f"{address}/ocpp/GetVariables?validate=false", raw) == 200
