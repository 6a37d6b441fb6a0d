"""What stations tell of their security, from their sockets to operators."""

from typing import Any

import pytest

from simulators.behaviour import Behaviour
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.wire import RawStation, at

ACTION = "SecurityEventNotification"


async def listed(house: House, route: str = "/security-events", **filters: Any) -> list[dict[str, Any]]:
    answer = await house.http.get(route, params=filters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.mark.covers("16-SEC-09", "16-SEC-01", "SEC-60")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_events_are_answered_kept_once_and_found(shared_house: House, version: str) -> None:
    house, name = shared_house, f"GUARDED-{version}"
    await house.register(name)
    async with RawStation(house, name, version) as station:
        await station.boot()
        told = {"type": "TamperDetectionActivated", "timestamp": at(1), "techInfo": "lid"}
        for _ in range(2):
            assert await station.ask(ACTION, told) == {}
        await station.reconnect(forgotten=True)
        assert await station.ask(ACTION, told) == {}
        assert await station.ask(ACTION, {"type": "NeverHeardOf", "timestamp": at(2)}) == {}
        assert await station.ask(ACTION, {"type": "InvalidMessages", "timestamp": "yesterday"}) == {}
        assert await station.ask(ACTION, {"type": "x" * 300, "timestamp": at(3), "techInfo": "y" * 5000}) == {}
        assert await station.ask(ACTION, {"timestamp": at(4)}) == {}
    events = await listed(house, f"/stations/{name.lower()}/security-events")
    assert [event["type"][:20] for event in events] == [
        "", "x" * 20, "InvalidMessages", "NeverHeardOf", "TamperDetectionActivated"[:20]
    ]  # fmt: skip
    assert [event["critical"] for event in events] == [False, False, False, False, True]
    assert (events[4]["timestamp"], events[4]["tech_info"]) == (at(1), "lid")
    assert len(events[1]["tech_info"]) == 1000


@pytest.mark.covers("SEC-60")
async def test_events_of_all_stations_are_filtered_and_come_in_pages(shared_house: House) -> None:
    house = shared_house
    for name in ("LOG-1", "LOG-2"):
        await house.register(name)
        async with RawStation(house, name) as station:
            await station.boot()
            for n, kind in enumerate(["SettingSystemTime", "AttemptedReplayAttacks"]):
                await station.ask(ACTION, {"type": kind, "timestamp": at(n)})
    assert [one["station_id"] for one in await listed(house, type="attemptedreplayattacks")] == ["LOG-2", "LOG-1"]
    critical = await listed(house, station="log-1", critical=True)
    assert [one["type"] for one in critical] == ["SettingSystemTime"]
    since = critical[0]["received_at"]
    assert len(await listed(house, station="LOG-1", since=since)) == 2
    assert await listed(house, station="LOG-1", until=since) == []
    page = (await house.http.get("/security-events", params={"station": "LOG-1", "limit": 1})).json()
    rest = await listed(house, station="LOG-1", after=page["next"])
    assert [one["type"] for one in (*page["items"], *rest)] == ["AttemptedReplayAttacks", "SettingSystemTime"]
    assert (await house.http.get("/stations/NOBODY/security-events")).status_code == 404


@pytest.mark.covers("SEC-60", "16-SEC-09")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_simulated_station_tells_of_its_security_when_it_connects(shared_house: House, version: str) -> None:
    name = f"TELLS-{version}"
    behaviour = Behaviour(tells=("StartupOfTheDevice", "InvalidMessages"))
    await shared_house.station(name, version=version, behaviour=behaviour)
    await eventually(lambda: _has(shared_house, name, ["InvalidMessages", "StartupOfTheDevice"]))
    assert [one["critical"] for one in await listed(shared_house, station=name)] == [False, True]


async def _has(house: House, name: str, types: list[str]) -> bool:
    return [one["type"] for one in await listed(house, station=name)] == types
