"""Two gateway processes and one API process over one Postgres and one Redis behave as one system."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulators.v16 import Station16
from tests.e2e.conftest import Program
from tests.eventually import eventually


@pytest.fixture
async def system(tmp_path: Path, database: str, redis_url: str) -> AsyncIterator[tuple[Program, Program, Program]]:
    programs = []
    for name, roles in (("one", '["gateway","worker"]'), ("two", '["gateway","worker"]'), ("api", '["api"]')):
        folder = tmp_path / name
        folder.mkdir()
        programs.append(Program(folder, DATABASE_URL=database, REDIS_URL=redis_url, CSMS_ROLES=roles, CSMS_NODE=name))
    one, two, api = programs
    for program in (api, one, two):
        await program.start()
    yield one, two, api
    for program in programs:
        await program.stop()


@pytest.mark.covers("Q8", "Q9", "J-11")
async def test_a_station_that_moves_to_another_node_takes_its_session_along(
    system: tuple[Program, Program, Program],
) -> None:
    one, two, api = system
    await api.post("/stations", id="CP-1")
    await api.post("/tokens", value="TAG-1")
    here = Station16("CP-1", one.url)
    await here.start()
    await asyncio.wait_for(here.connected.wait(), 10)
    here.begin(1, "TAG-1")
    here.charge(1, 400)
    await asyncio.wait_for(here.drained(), 10)

    there = Station16("CP-1", two.url)
    there._booted = True
    there.evses = here.evses
    there.numbers.update(here.numbers)
    await there.start()
    await asyncio.wait_for(there.connected.wait(), 10)
    here.behaviour = type(here.behaviour)(reconnect_s=60)
    await eventually(lambda: here.losses > 0)  # the newer connection won, on the other node

    answer = await api.post("/stations/CP-1/ocpp/GetConfiguration")
    assert answer["outcome"] == "Answered"
    assert [action for action, _ in there.commands] == ["GetConfiguration"]
    there.charge(1, 600)
    there.end(1)
    await asyncio.wait_for(there.drained(), 10)
    (session,) = await api.sessions(station="CP-1")
    assert session["energy_wh"] == 1000
    assert session["active"] is False
    await eventually(lambda: _is_online(api, "CP-1"))  # the late close of the first does not mark it offline
    await here.stop()
    await there.stop()


async def test_a_command_finds_the_node_of_its_station(system: tuple[Program, Program, Program]) -> None:
    one, two, api = system
    for name, gateway in (("CP-1", one), ("CP-2", two)):
        await api.post("/stations", id=name)
        station = Station16(name, gateway.url)
        await station.start()
        await asyncio.wait_for(station.connected.wait(), 10)
        answer = await api.post(f"/stations/{name}/commands/trigger", message="Heartbeat")
        assert answer["answer"] == {"status": "Accepted"}
        await station.stop()
    offline = await eventually(lambda: _is_offline(api, "CP-1"))
    assert offline


async def _is_online(api: Program, station: str) -> bool:
    return (await api.http.get(f"/api/v1/stations/{station}")).json()["online"] is True


async def _is_offline(api: Program, station: str) -> bool:
    answer = await api.http.post(f"/api/v1/stations/{station}/commands/clear-cache")
    return answer.status_code == 409
