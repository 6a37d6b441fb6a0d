"""Calls of ours that do not end well: what the operator is told, and what is left behind."""

import asyncio
from typing import Any

import httpx
import pytest

from csms.ports.journal import JournalUnavailable
from simulators.behaviour import Behaviour, Boot, Commands
from tests.eventually import eventually
from tests.integration.conftest import House

GET = "/stations/CP-1/ocpp/GetConfiguration"
START = ("remote-start", {"token": "TAG-1", "evse": 1})


async def recorded(house: House) -> list[str | None]:
    calls = (await house.http.get("/stations/CP-1/calls")).json()["items"]
    return [call["outcome"] for call in calls]


async def connected(house: House, **behaviour: Any) -> None:
    station = await house.station("CP-1", behaviour=Behaviour(**behaviour))
    await asyncio.wait_for(station.connected.wait(), 10)


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["outcome"]


async def test_a_station_that_leaves_before_its_answer_may_have_acted(house: House) -> None:
    await connected(house, commands=Commands.MUTE, reconnect_s=60)
    asking = asyncio.create_task(house.http.post(GET, json={}))
    await eventually(lambda: house.stations[0].commands)
    await house.stations[0].drop()
    assert told(await asking) == (504, "Disconnected")
    await eventually(lambda: _equals(recorded(house), ["Disconnected"]))


async def test_a_station_that_does_not_answer_may_have_acted(house: House) -> None:
    await connected(house, commands=Commands.MUTE)
    answer = await house.http.post(GET, params={"within_s": 1}, json={})
    assert told(answer) == (504, "TimedOut")
    assert await recorded(house) == ["TimedOut"]


@pytest.mark.covers("BOOT-05")
@pytest.mark.parametrize(("policy", "action"), [("pending", START), ("reject", START), ("reject", ("clear-cache", {}))])
async def test_a_station_that_is_not_accepted_is_not_asked_what_it_must_not_do(
    house: House, policy: str, action: tuple[str, dict[str, Any]]
) -> None:
    await house.register("CP-1", boot_policy=policy)
    behaviour = Behaviour(boot=Boot.IGNORE_INTERVAL)
    station = await house.station("CP-1", register=False, behaviour=behaviour)
    await eventually(lambda: _is_registered(house))
    answer = await house.http.post(f"/stations/CP-1/commands/{action[0]}", json=action[1])
    assert told(answer) == (409, "NotAllowed")
    assert station.commands == []
    assert await recorded(house) == [], "what was not sent is not recorded as sent"


async def test_a_call_that_cannot_be_stored_is_not_sent(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await connected(house)

    async def away(*_: object) -> None:
        raise JournalUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(house.node.journal, "commit", away)
        assert told(await house.http.post(GET, json={})) == (503, "Busy")
    assert house.stations[0].commands == []
    assert (await house.http.post(GET, json={})).status_code == 200


async def _is_registered(house: House) -> bool:
    return (await house.http.get("/stations/CP-1")).json()["registration"] is not None


async def _equals(found: Any, wanted: Any) -> bool:
    return bool(await found == wanted)
