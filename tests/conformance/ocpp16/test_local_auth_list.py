"""OCPP 1.6, Local Auth List Management: the cases of a central system, played by a simulated station."""

import asyncio
from typing import Any

import pytest

from simulators.behaviour import Behaviour
from simulators.listed import Lists
from simulators.station import SimulatedStation
from tests.integration.conftest import House

CP = "/stations/CP-1"
TAGS = [{"token": "TAG-1", "group": "FAMILY"}, {"token": "TAG-2", "status": "blocked"}]


async def powered_on(house: House, habit: Lists = Lists.RIGHT) -> SimulatedStation:
    station = await house.station("CP-1", behaviour=Behaviour(lists=habit))
    await asyncio.wait_for(station.connected.wait(), 10)
    return station


async def answered(house: House, command: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await house.http.post(f"{CP}/commands/{command}", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["answer"])


async def known(house: House) -> dict[str, Any]:
    answer = await house.http.get(f"{CP}/local-list")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.covers("TC_042_1", "16-LAL-01")
async def test_042_1_get_local_list_version_not_supported(house: House) -> None:
    await powered_on(house, Lists.NONE)
    assert await answered(house, "get-local-list-version") == {"listVersion": -1}
    kept = await known(house)
    assert (kept["version"], kept["supported"], kept["count"]) == (-1, False, None)


@pytest.mark.covers("TC_042_2", "16-LAL-01")
async def test_042_2_get_local_list_version_empty(house: House) -> None:
    await powered_on(house)
    assert await answered(house, "get-local-list-version") == {"listVersion": 0}
    kept = await known(house)
    assert (kept["version"], kept["supported"], kept["count"]) == (0, True, 0)


@pytest.mark.covers("TC_043_1", "16-LAL-06", "16-LAL-08")
async def test_043_1_send_local_list_not_supported(house: House) -> None:
    await powered_on(house, Lists.NOT_SUPPORTED)
    assert await answered(house, "send-local-list", {"update": "full", "entries": TAGS}) == {"status": "NotSupported"}
    kept = await known(house)
    assert (kept["version"], kept["supported"], kept["refused"]["status"]) == (None, False, "NotSupported")


@pytest.mark.covers("TC_043_3", "16-LAL-06", "16-LAL-08")
async def test_043_3_send_local_list_failed(house: House) -> None:
    await powered_on(house, Lists.FAIL)
    assert await answered(house, "send-local-list", {"update": "full", "entries": TAGS}) == {"status": "Failed"}
    kept = await known(house)
    assert (kept["version"], kept["refused"]["version"], kept["refused"]["status"]) == (None, 1, "Failed")


@pytest.mark.covers("TC_043_4", "16-LAL-02", "16-LAL-03", "16-LAL-08")
async def test_043_4_send_local_list_full(house: House) -> None:
    station = await powered_on(house)
    assert await answered(house, "send-local-list", {"update": "full", "entries": TAGS}) == {"status": "Accepted"}
    sent = station.commands[-1][1]
    assert all("id_tag_info" in entry for entry in sent["local_authorization_list"])
    assert (sent["list_version"], sent["update_type"]) == (1, "Full")
    kept = await known(house)
    assert (kept["version"], kept["count"], kept["refused"]) == (1, 2, None)
    assert await station.present(1, "tag-1"), "by the list alone"
    await station.drained()
    assert station.groups["tag-1"] == "FAMILY"


@pytest.mark.covers("TC_043_5", "16-LAL-02", "16-LAL-04", "16-LAL-08")
async def test_043_5_send_local_list_differential(house: House) -> None:
    station = await powered_on(house)
    await answered(house, "send-local-list", {"update": "full", "entries": TAGS})
    body = {"update": "differential", "entries": [{"token": "TAG-3"}]}
    assert await answered(house, "send-local-list", body) == {"status": "Accepted"}
    sent = station.commands[-1][1]
    assert sent["local_authorization_list"] == [{"id_tag": "TAG-3", "id_tag_info": {"status": "Accepted"}}]
    assert (sent["list_version"], sent["update_type"]) == (2, "Differential")
    kept = await known(house)
    assert (kept["version"], kept["count"], len(station.local_list)) == (2, 3, 3)
    assert await answered(house, "get-local-list-version") == {"listVersion": 2}
