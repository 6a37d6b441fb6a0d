"""What real charge-point stacks once said is said again, and the sessions on record are those that there were.

The recordings hold the odd habits of three stacks: status messages of an outage that come late and first, stops that
come after the next session, registers that begin anew, message ids that are used again, answers that break their
schema, commands that are answered after their effect, and actions that no specification knows.
"""

import tomllib
from datetime import datetime
from typing import Any

import pytest

from tests.conformance.replay import FOLDER, Recording, Replay
from tests.integration.conftest import House

TRUTH: dict[str, Any] = tomllib.loads((FOLDER / "truth.toml").read_text())
HABITS = {
    "microocpp-1.6": "W1",
    "microocpp-2.0.1": "W6",
    "sap-1.6": "W3",
    "sap-2.0.1": "W4",
    "vcp-1.6": "W22",
    "vcp-2.0.1": "W5",
    "vcp-2.1": "W5",
}
"""By which number the habit is known that is most of a recording."""
RECORDINGS = [pytest.param(name, marks=pytest.mark.covers(HABITS[name])) for name in sorted(TRUTH)]
TRANSACTIONS = {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"}


def told(recording: Recording, session: dict[str, Any]) -> dict[str, Any]:
    """Return a session on record as the truth words it."""

    def clock(at: str | None) -> str | None:
        return at and f"{datetime.fromisoformat(at) - recording.moved:%H:%M:%S}"

    return {
        "began": clock(session["began_at"]),
        "ended": clock(session["ended_at"]),
        "reason": session["reason"],
        "token": session["token"],
    }


def near(wh: int) -> Any:
    return pytest.approx(wh, rel=0.01, abs=0.5)


@pytest.mark.covers("16-GEN-03", "J-41", "TX-24", "TX-33", "TX-36", "Q29", "Q53", "Q64", "Q71", "Q74", "Q75", "Q85")
@pytest.mark.parametrize("name", RECORDINGS)
async def test_what_a_real_stack_said_is_recorded_as_it_was(shared_house: House, name: str) -> None:
    recording = Recording(name)
    for token in recording.tokens():
        await shared_house.http.post("/tokens", json={"value": token})
    station = name.upper()
    await shared_house.register(station)
    await play(shared_house, station, recording)
    await compare(shared_house, station, recording, name)


@pytest.mark.covers("Q65", "Q66", "TX-30", "TX-31")
@pytest.mark.parametrize("name", RECORDINGS)
async def test_what_a_real_stack_says_all_over_again_is_nothing_new(shared_house: House, name: str) -> None:
    recording, station = Recording(name), f"AGAIN-{name.upper()}"
    for token in recording.tokens():
        await shared_house.http.post("/tokens", json={"value": token})
    await shared_house.register(station)
    for _ in range(2):
        await play(shared_house, station, recording)
    await compare(shared_house, station, recording, name)


async def play(house: House, station: str, recording: Recording) -> None:
    replay = Replay(house, station, recording)
    await replay.run()
    assert replay.refused & TRANSACTIONS == set()


async def compare(shared_house: House, station: str, recording: Recording, name: str) -> None:
    """Hold the records against the truth."""
    records = sorted(await shared_house.sessions(station=station), key=lambda session: str(session["began_at"]))
    expected = TRUTH[name]["sessions"]
    names = ("began", "ended", "reason", "token")
    assert [told(recording, one) for one in records] == [{part: one.get(part) for part in names} for one in expected]
    assert [one["energy_wh"] for one in records] == [near(one["wh"]) for one in expected]
    for session, truth in zip(records, expected, strict=True):
        assert truth.get("flag", "") in {"", *session["flags"]}


def test_every_recording_has_its_truth() -> None:
    assert {path.name.removesuffix(".jsonl.gz") for path in FOLDER.glob("*.gz")} == set(TRUTH)
