"""What a command brings about is told before the command is answered, over one line and in every version."""

import asyncio
from typing import Any

import pytest

from simulators.behaviour import Answers, Behaviour, Commands
from tests.conformance.wire.stacks import Stack, stack
from tests.integration.conftest import House
from tests.integration.rest.operators_lists import LATER
from tests.integration.wire import at, event, start, stop

VERSIONS = ("1.6", "2.0.1", "2.1")
STATUS = {"message": "StatusNotification", "evse": 1}
PLACE = "https://files.example/place"


async def boots(station: Stack) -> None:
    assert await station.boot() == "Accepted"


async def tells_its_status(station: Stack) -> None:
    await station.say_status("Unavailable", 30)


async def begins(station: Stack) -> None:
    if station.version == "1.6":
        assert (await station.ask("StartTransaction", start(20, 5000)))["transactionId"] > 0
    else:
        begun = event("Started", 20, 5000, name="tx-2", triggerReason="RemoteStart", info={"remoteStartId": 9})
        assert await station.ask("TransactionEvent", begun)


async def ends(station: Stack) -> None:
    (session,) = await station.sessions()
    if station.version == "1.6":
        await station.ask("StopTransaction", stop(9, 1500, session["number"], reason="Remote"))
    else:
        await station.ask("TransactionEvent", event("Ended", 9, 1500, seq=1, info={"stoppedReason": "Remote"}))


async def ends_and_boots(station: Stack) -> None:
    await ends(station)
    await boots(station)


async def uploads(station: Stack) -> None:
    action, told = "DiagnosticsStatusNotification", {"status": "Uploading"}
    if station.version != "1.6":
        action, told = "LogStatusNotification", {"status": "Uploading"}
    assert await station.ask(action, told) == {}


async def charges(station: Stack) -> str:
    """Begin a session, and return what the station calls it."""
    if station.version == "1.6":
        return str((await station.ask("StartTransaction", start(0, 1000)))["transactionId"])
    await station.ask("TransactionEvent", event("Started", 0, 1000))
    return "tx-1"


COMMANDS: dict[str, tuple[str, dict[str, Any], Any, dict[str, Any]]] = {
    "trigger a boot": ("trigger", {"message": "BootNotification"}, boots, {"status": "Accepted"}),
    "trigger a status": ("trigger", STATUS, tells_its_status, {"status": "Accepted"}),
    "reset": ("reset", {"immediate": True}, ends_and_boots, {"status": "Accepted"}),
    "remote start": ("remote-start", {"token": "TAG-1", "evse": 1}, begins, {"status": "Accepted"}),
    "remote stop": ("remote-stop", {}, ends, {"status": "Accepted"}),
    "availability": ("change-availability", {"operative": False}, tells_its_status, {"status": "Accepted"}),
    "reserve": (
        "reserve",
        {"token": "TAG-1", "evse": 1, "expires_at": LATER},
        tells_its_status,
        {"status": "Accepted"},
    ),
    "unlock": ("unlock", {"evse": 1}, ends, {"status": "Unlocked"}),
    "diagnostics": ("get-diagnostics", {"location": PLACE}, uploads, {"status": "Accepted"}),
}
"""The command, what comes of it, and the answer that follows."""
ENDED = {"reset", "remote stop", "unlock"}


@pytest.mark.covers("W13", "Q29", "Q100", "J-41")
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("what", COMMANDS)
async def test_what_comes_of_a_command_is_heard_and_answered_before_the_command_is(
    shared_house: House, version: str, what: str
) -> None:
    name, body, effect, answer = COMMANDS[what]
    async with stack(shared_house, version) as station:
        if what in ENDED:
            transaction = await charges(station)
            body = {"transaction": transaction} if what == "remote stop" else body
        asking = station.command(name, **body)
        command = await station.take()
        await effect(station)
        assert not asking.done(), "the command has not been answered yet"
        await station.answer(command, answer)
        told = (await asking).json()
        assert (told["outcome"], told["answer"]) == ("Answered", answer)
        assert await station.unasked(), "nothing was asked twice"
        if what in ENDED:
            assert await station.told("energy_wh", "ended_at", "active") == [(500, at(9), False)]
        if what == "remote start":
            assert await station.told("token", "active") == [("TAG-1", True)]
        if effect is tells_its_status:
            assert (await station.statuses())[1] == "Unavailable"


@pytest.mark.covers("W13", "Q29")
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_beat_between_a_command_and_its_answer_is_no_trouble(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        asking = station.command("clear-cache")
        command = await station.take()
        for _ in range(20):
            assert "currentTime" in await station.ask("Heartbeat", {})
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).json()["answer"] == {"status": "Accepted"}


@pytest.mark.covers("W13", "Q29", "Q28")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("habit", [Answers.CROSSING, Answers.TWICE, Answers.LATE, Commands.EFFECT_FIRST])
async def test_a_simulated_station_that_talks_before_it_answers_is_understood(
    shared_house: House, version: str, habit: Answers | Commands
) -> None:
    behaviour = Behaviour(answers=habit) if isinstance(habit, Answers) else Behaviour(commands=habit, slow_s=0.05)
    name = f"TALKATIVE-{version}-{habit}"
    station = await shared_house.station(name, version=version, behaviour=behaviour)
    await asyncio.wait_for(station.connected.wait(), 10)
    for _ in range(3):
        answer = await shared_house.http.post(f"/stations/{name}/commands/trigger", json={"message": "Heartbeat"})
        assert (answer.status_code, answer.json()["answer"]) == (200, {"status": "Accepted"})
    assert [action for action, _ in station.commands] == ["TriggerMessage"] * 3
    assert station.losses == 0
    await station.stop()
