"""Hints are proposed with their evidence, and in force only when an operator says so."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from simulators.behaviour import Behaviour, Pong
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.wire import RawStation

StartHouse = Callable[..., Awaitable[House]]
ATTEMPT = """
INSERT INTO configuration_attempts (station_id, component, variable, wanted, outcome, firmware)
VALUES ($1, '', $2, '1', $3, '')
"""


async def hints(house: House, station: str) -> dict[str, Any]:
    return {one["kind"]: one for one in (await house.http.get(f"/stations/{station}/hints")).json()}


@pytest.mark.covers("Q94", "Q96")
async def test_a_hint_is_accepted_or_dismissed_and_never_applied_by_itself(shared_house: House) -> None:
    house, station = shared_house, "HINTED"
    await house.register(station)
    assert await hints(house, station) == {}
    await house.node.pool.execute(ATTEMPT, station, "lies", "not-applied")
    await house.node.pool.execute(ATTEMPT, station, "kills", "unanswered")
    found = await hints(house, station)
    assert found.keys() == {"no-effect", "falls-silent"}
    assert found["falls-silent"]["evidence"][0].startswith("kills: unanswered at ")
    assert (await house.http.get(f"/stations/{station}/habits")).json()["overrides"] == {}
    left = await house.http.post(f"/stations/{station}/hints/no-effect/dismiss")
    assert [one["kind"] for one in left.json()] == ["falls-silent"]
    left = await house.http.post(f"/stations/{station}/hints/falls-silent/accept")
    overrides = (await house.http.get(f"/stations/{station}/habits")).json()["overrides"]
    assert overrides == {"untouched": ["kills"]}
    assert left.json() == [], "what was dismissed stays so, whatever else is in force by now"
    await house.node.pool.execute(ATTEMPT, station, "lies too", "not-applied")
    assert (await hints(house, station))["no-effect"]["about"] == ["lies", "lies too"]
    for verb in ("accept", "dismiss"):
        assert (await house.http.post(f"/stations/{station}/hints/falls-silent/{verb}")).status_code == 404
    assert (await house.http.get("/stations/NOBODY/hints")).status_code == 404


@pytest.mark.covers("Q50")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_who_beats_far_faster_than_it_was_told_is_proposed_to_be_borne_with(
    shared_house: House, version: str
) -> None:
    house, name = shared_house, f"HASTY-{version}"
    await house.register(name)
    async with RawStation(house, name, version) as station:
        await station.boot()
        for _ in range(8):
            await station.ask("Heartbeat", {})
        found = await eventually(lambda: _hint(house, name, "beats-fast"), within=30)
        assert found["habits"] == {"heartbeat_s": 1}
        assert "8 heartbeats" in found["evidence"][0]
        assert (await house.http.get(f"/stations/{name}/habits")).json()["overrides"] == {}
        left = await house.http.post(f"/stations/{name}/hints/beats-fast/accept")
        assert left.json() == []


async def _hint(house: House, station: str, kind: str) -> dict[str, Any] | None:
    found = (await hints(house, station)).get(kind)
    return found if found is not None and "8 heartbeats" in found["evidence"][0] else None


@pytest.mark.covers("Q12")
async def test_who_answers_no_pings_is_proposed_to_be_spared_them(start_house: StartHouse) -> None:
    house = await start_house(ping_s=0.05)
    await house.station("DEAF", behaviour=Behaviour(pong=Pong.IGNORE))
    await house.station("HEARING")
    (listener,) = house.node.listeners

    async def noticed() -> Any:
        listener.sweep(house.node.clock.monotonic() + 1)
        return (await hints(house, "DEAF")).get("answers-no-ping")

    found = await eventually(noticed, within=30)
    assert found["habits"] == {"ping_s": 0.0}
    assert await hints(house, "HEARING") == {}
    assert (await house.http.get("/stations/DEAF/habits")).json()["overrides"] == {}
    log = (await house.http.get("/stations/DEAF/frames", params={"action": "Ping"})).json()["items"]
    assert log[0]["note"] == "10 pings in a row had no answer"
    await house.http.post("/stations/DEAF/hints/answers-no-ping/accept")
    assert (await house.http.get("/stations/DEAF/habits")).json()["overrides"] == {"ping_s": 0.0}
    assert await hints(house, "DEAF") == {}
