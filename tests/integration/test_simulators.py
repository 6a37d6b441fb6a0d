"""The programs that play stations, and the one that measures, as people start them."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from simulators.behaviour import Behaviour
from simulators.fleet import TOKENS, Fleet
from tests.eventually import eventually
from tests.integration.conftest import House

MEASURED = 2


async def run(*arguments: str) -> str:
    """Run a module of ours to its end and return what it said."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_simulated_station_charges_once_and_ends(house: House, version: str) -> None:
    await house.register("MY-CHARGER")
    await house.token("DEMO-TAG-1")
    told = ("--id", "MY-CHARGER", "--version", version, "--sessions", "1", "--pace", "0.01")
    await run("simulators", "station", "--url", house.url, *told)
    (session,) = await house.sessions(station="MY-CHARGER")
    assert not session["active"]
    assert session["energy_wh"] > 0


@pytest.mark.parametrize("turns", range(6))
async def test_a_station_that_loses_its_connection_as_it_is_stopped_stops_all_the_same(
    house: House, turns: int
) -> None:
    station = await house.station("CP-1", behaviour=Behaviour(reconnect_s=60))
    await asyncio.wait_for(station.connected.wait(), 10)
    await station.drop()
    for _ in range(turns):
        await asyncio.sleep(0)
    stopped, _ = await asyncio.wait([asyncio.create_task(station.stop())], timeout=3)
    assert stopped


async def test_a_fleet_charges_at_every_evse(house: House) -> None:
    for n in range(1, 5):
        await house.register(f"F-{n:05d}")
    told = ("--id", "F", "--count", "4", "--sessions", "1", "--pace", "0.01")
    await run("simulators", "fleet", "--url", house.url, *told)
    sessions = await house.sessions()
    assert {(session["station_id"], session["evse"]) for session in sessions} == {
        (f"F-{n:05d}", evse) for n in range(1, 5) for evse in (1, 2)
    }
    assert not any(session["active"] for session in sessions)


async def test_the_bench_measures_any_server(house: House, tmp_path: Path) -> None:
    for n in range(2 * MEASURED):
        await house.register(f"BENCH-{n:05d}")
    results = tmp_path / "results.json"
    told = ("--sizes", f"1,{MEASURED}", "--seconds", "0.5", "--rounds", "1", "--storm", "3", "--json", str(results))
    said = await run("simulators.bench", "--url", house.url, *told)
    assert [line for line in said.splitlines() if line.startswith("#")] == ["## Throughput", "## Latency", "## Storm"]
    measured = json.loads(results.read_text())
    assert [row["stations"] for row in measured["throughput"]] == [1, MEASURED]
    assert "Heartbeat" in measured["latency"]["full"]["latencies"]
    assert measured["storm"]["stations"] == 3


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_simulated_station_starts_nothing_where_it_charges_already(house: House, version: str) -> None:
    await house.token("TAG-1")
    station = await house.station("A", version=version)
    await asyncio.wait_for(station.connected.wait(), 10)
    station.begin()
    await station.drained()
    for evse in (1, 9):
        asked = await house.http.post("/stations/A/commands/remote-start", json={"token": "TAG-1", "evse": evse})
        assert asked.json()["answer"]["status"] == "Rejected"
    assert len(await house.sessions()) == 1


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_fleet_lets_operators_start_and_stop_its_sessions(house: House, version: str) -> None:
    """What an operator starts takes its course, and what one stops gets no more values."""
    for token in (*TOKENS, "REMOTE"):
        await house.token(token)
    station = await house.station("A", version=version)
    await asyncio.wait_for(station.connected.wait(), 10)
    fleet = Fleet([station], pace=0.05)
    station.begin(token="REMOTE")
    alone = asyncio.create_task(fleet._charge(station, 1, 2))

    async def charging() -> str | None:
        active = await house.sessions(station="A", active=True)
        return str(active[0]["transaction_id"]) if active and active[0]["token"] != "REMOTE" else None

    transaction = await eventually(charging)
    asked = await house.http.post("/stations/A/commands/remote-stop", json={"transaction": transaction})
    assert asked.json()["answer"]["status"] == "Accepted"
    await alone
    sessions = await house.sessions(station="A")
    assert [(session["reason"], session["flags"], session["active"]) for session in sessions] == [
        ("Remote", [], False),
        ("Local", [], False),
    ]
    assert sessions[1]["energy_wh"] > 0


async def test_a_simulated_station_that_is_refused_says_why(house: House) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulators", "station", "--url", house.url, "--id", "NOBODY"),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    async with asyncio.timeout(30):
        said = (await process.stderr.readline()).decode()
    process.terminate()
    await process.wait()
    assert said.startswith("simulators: 0 of 1 stations connected; NOBODY: ")
    assert "404" in said
