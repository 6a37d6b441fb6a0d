"""What `make run` shows: one command, and a fleet that charges."""

import time
from pathlib import Path
from typing import Any

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


async def finished(program: Program) -> list[dict[str, Any]]:
    return [session for session in await program.sessions() if not session["active"]]
