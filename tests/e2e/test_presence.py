"""A node is killed: what is shown of its stations stays true."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from simulators.behaviour import Behaviour
from simulators.station import SimulatedStation
from simulators.v16 import Station16
from simulators.v201 import Station201
from tests.e2e.conftest import Program
from tests.eventually import eventually

PACE_S, SILENCE_S = 1, 3
PATIENCE_S = 60
"""For a machine that is busy with other things."""
NAMES = [f"CP-{n}" for n in range(4)]
QUIET = Behaviour(reconnect_s=60, ping=False)


async def board(program: Program) -> list[SimulatedStation]:
    stations: list[SimulatedStation] = []
    for n, name in enumerate(NAMES):
        stations.append((Station16 if n % 2 else Station201)(name, program.url, behaviour=QUIET))
        await stations[-1].start()
    for station in stations:
        await asyncio.wait_for(station.connected.wait(), PATIENCE_S)
    return stations


async def talk(station: SimulatedStation) -> None:
    """Send a heartbeat again and again until the node is gone, even if that is while one waits for its answer."""
    while station.connected.is_set():
        await station.unless_lost(station.heartbeat())
        await asyncio.sleep(0.05)


async def online(program: Program) -> set[str]:
    stations = (await program.http.get("/api/v1/stations")).json()["items"]
    return {station["id"] for station in stations if station["online"]}


async def last_seen(program: Program) -> dict[str, datetime]:
    stations = (await program.http.get("/api/v1/stations")).json()["items"]
    return {station["id"]: datetime.fromisoformat(station["last_seen_at"]) for station in stations}


@pytest.mark.parametrize("node", ["one", None], ids=["under its name", "under another name"])
async def test_stations_of_a_killed_node_are_offline_until_they_return(tmp_path: Path, node: str | None) -> None:
    settings = {"CSMS_PRESENCE_S": str(PACE_S), "CSMS_NODE_SILENCE_S": str(SILENCE_S)}
    program = Program(tmp_path, **settings, **({"CSMS_NODE": node} if node else {}))
    await program.start()
    for name in NAMES:
        await program.post("/stations", id=name)
    stations = await board(program)
    talking = [asyncio.create_task(talk(station)) for station in stations]
    await eventually(lambda: _equals(online(program), set(NAMES)), within=PATIENCE_S)
    begun = await last_seen(program)
    await eventually(lambda: _has_moved(program, begun), within=PATIENCE_S)
    written = await last_seen(program)
    program.kill()
    killed_at = datetime.now(UTC)
    await asyncio.wait_for(asyncio.gather(*talking), PATIENCE_S)
    for station in stations:
        await station.stop()

    await program.start()
    if node:
        assert await online(program) == set(), "what an earlier life left behind is known at the start"
    await eventually(lambda: _equals(online(program), set()), within=PATIENCE_S)
    for name, at in (await last_seen(program)).items():
        assert written[name] <= at <= killed_at, "as late as it was written, and no later than it was true"

    stations = await board(program)
    await eventually(lambda: _equals(online(program), set(NAMES)), within=PATIENCE_S)
    for station in stations:
        await station.stop()
    await program.stop()


async def _has_moved(program: Program, begun: dict[str, datetime]) -> bool:
    """Whether a whole round was written after `begun`."""
    return all(at > begun[name] for name, at in (await last_seen(program)).items())


async def _equals(found: object, wanted: object) -> bool:
    return bool(await found == wanted)  # type: ignore[misc]
