"""Worker processes share an operation; one is killed over it, and no station is asked twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simulators.behaviour import Behaviour, Commands
from simulators.v16 import Station16
from tests.e2e.conftest import Program
from tests.eventually import eventually

STATIONS = 40
AT_ONCE = 20


@pytest.fixture
async def programs(tmp_path: Path, database: str, redis_url: str) -> AsyncIterator[list[Program]]:
    started = []
    for name, roles in (("front", "gateway,api"), ("one", "worker"), ("two", "worker")):
        folder = tmp_path / name
        folder.mkdir()
        program = Program(folder, DATABASE_URL=database, REDIS_URL=redis_url, CSMS_ROLES=roles, CSMS_NODE=name)
        started.append(program)
        await program.start()
    yield started
    for program in started:
        await program.stop()


async def test_a_worker_that_is_killed_over_an_operation_leaves_no_station_asked_twice(
    programs: list[Program],
) -> None:
    front, one, _ = programs
    habits = Behaviour(commands=Commands.SLOW, slow_s=1.0)
    stations = [Station16(f"CP-{n}", front.url, behaviour=habits) for n in range(STATIONS)]
    for station in stations:
        await front.post("/stations", id=station.station)
        await station.start()
    for station in stations:
        await asyncio.wait_for(station.connected.wait(), 20)
    wish = {"command": "clear-cache", "selection": {"all": True}, "per_second": 10, "at_once": AT_ONCE, "within_s": 5}
    operation = (await front.post("/operations", **wish))["id"]

    async def progress() -> dict[str, Any]:
        return dict((await front.http.get(f"/api/v1/operations/{operation}")).json())

    async def is_in_the_middle() -> bool:
        (wave,) = (await progress())["waves"]
        return bool(wave["asked"] >= 5 and wave["waiting"] >= 10 and wave["outcomes"])

    await eventually(is_in_the_middle, within=20)
    one.kill()
    await eventually(lambda: _is_over(progress), within=60)
    results = (await front.http.get(f"/api/v1/operations/{operation}/results", params={"limit": 100})).json()["items"]
    ends = {result["station"]: result["outcome"] for result in results}
    assert len(ends) == STATIONS
    for station in stations:
        asked = len(station.commands)
        # whether the killed one had asked or only meant to, nobody can know: then it is said so, and not tried again
        assert asked <= 1, station.station
        assert ends[station.station] in ({"Accepted", "Unknown"} if asked else {"Unknown"}), station.station
    assert sum(end == "Accepted" for end in ends.values()) >= STATIONS - AT_ONCE
    for station in stations:
        await station.stop()


async def _is_over(progress: Any) -> bool:
    return bool((await progress())["state"] == "finished")
