"""What `make run` shows: one command, and a fleet that charges."""

import time
from pathlib import Path
from typing import Any

import psutil

from tests.e2e.conftest import Program
from tests.eventually import eventually

SOON_S = 60


async def test_one_command_on_a_bare_machine_shows_a_finished_session_within_a_minute(tmp_path: Path) -> None:
    program = Program(tmp_path)
    began = time.monotonic()
    await program.start("--demo")
    try:
        ended = await eventually(lambda: finished(program), within=SOON_S - (time.monotonic() - began))
        assert all(session["energy_wh"] > 0 for session in ended)
        stations = (await program.http.get("/api/v1/stations", params={"limit": 100})).json()["items"]
        assert {station["id"] for station in stations} == {f"DEMO-{n:03d}" for n in range(1, 25)}
        protocols = {station["protocol"] for station in stations if station["online"]}
        assert protocols == {"ocpp1.6", "ocpp2.0.1"}
    finally:
        await program.stop()
    assert program.process is not None
    assert program.process.returncode == 0, "the fleet was stopped with the program"
    said = (tmp_path / "program.log").read_text()
    assert said.count("password (told once): ") == 1


async def test_the_fleet_of_a_killed_demo_ends_so_that_the_next_one_is_alone(tmp_path: Path) -> None:
    program = Program(tmp_path)
    await program.start("--demo")
    try:
        assert program.process is not None
        fleet = await eventually(lambda: fleets(program.url))
        program.kill()
        await eventually(lambda: gone(fleet))
    finally:
        await program.start()  # which takes up the servers that were left behind
        await program.stop()


async def fleets(url: str) -> list[psutil.Process]:
    """Return the fleets that dial `url`."""
    return [one for one in psutil.process_iter(["cmdline"]) if {"fleet", url} <= set(one.info["cmdline"] or ())]


async def gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


async def finished(program: Program) -> list[dict[str, Any]]:
    return [session for session in await program.sessions() if not session["active"]]
