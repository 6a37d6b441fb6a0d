"""The programs that play stations, and the one that measures, as people start them."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

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
    for n in range(MEASURED):
        await house.register(f"BENCH-{n:05d}")
    results = tmp_path / "results.json"
    told = ("--sizes", str(MEASURED), "--seconds", "0.5", "--rounds", "1", "--json", str(results))
    said = await run("simulators.bench", "--url", house.url, *told)
    assert "## Throughput" in said
    (row,) = json.loads(results.read_text())["throughput"]
    assert row["stations"] == MEASURED
