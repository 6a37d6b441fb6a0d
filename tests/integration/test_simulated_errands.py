"""Simulated stations of 2.0.1 that are sent for a firmware and for a log, over real sockets."""

from typing import Any

import pytest

from simulators.behaviour import Behaviour
from simulators.station import SimulatedStation
from simulators.transfers import Fw
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.depot import brought, content, firmware

NEW = b"SIMULATED FIRMWARE 3.1.4\n" + bytes(range(256)) * 400


async def at_work(house: House, **habits: Any) -> SimulatedStation:
    station = await house.station("CP-1", version="2.0.1", behaviour=Behaviour(reconnect_s=0.05, **habits))
    await station.connected.wait()
    return station


async def command(house: House, name: str, **body: Any) -> str:
    answer = await house.http.post(f"/stations/CP-1/commands/{name}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["answer"]["status"] == "Accepted"
    return str(answer.json()["call_id"])


async def ended(house: House, errand: str, stage: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = (await house.http.get(f"/errands/{errand}")).json()
        return found if found["stage"] == stage else None

    return dict(await eventually(look))


@pytest.mark.covers("Q111")
@pytest.mark.parametrize("habit", [Fw.RIGHT, Fw.NO_INSTALLED])
async def test_a_firmware_is_installed_whether_that_is_told_or_not(house: House, habit: Fw) -> None:
    await at_work(house, fw=habit)
    errand = await command(house, "update-firmware", image=await firmware(house, NEW))
    found = await ended(house, errand, "succeeded")
    assert (found["version_before"], found["version_after"] or "3.1.4") == ("2.0.0", "3.1.4")
    assert (await house.http.get("/stations/CP-1")).json()["firmware"] == "3.1.4"


@pytest.mark.covers("Q111")
@pytest.mark.parametrize("name", ["get-log", "get-diagnostics"])
async def test_a_log_is_brought(house: House, name: str) -> None:
    station = await at_work(house)
    errand = await command(house, name)
    await ended(house, errand, "succeeded")
    (file,) = await brought(house, errand=errand)
    assert await content(house, file["id"]) == station.errands.log


@pytest.mark.covers("Q111")
async def test_a_station_that_stalls_is_sent_away_and_says_that_it_failed(start_house: Any) -> None:
    house = await start_house(files_stall_s=0.2)
    await at_work(house, fw=Fw.STALL)
    errand = await command(house, "get-log")
    assert (await ended(house, errand, "failed"))["status"] == "UploadFailure"
    assert [file["status"] for file in await brought(house, errand=errand)] == ["partial"]
