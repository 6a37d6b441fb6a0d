"""How stacks answer what they do not know, or do not like; an operator is told what came, and the line goes on."""

import json
import time
from typing import Any

import pytest

from tests.conformance.wire.stacks import Stack, stack
from tests.integration.conftest import House
from tests.integration.rest.operators_lists import LATER

ALL = pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
TWO = pytest.mark.parametrize("version", ["2.0.1", "2.1"])
CODES = [
    "FormationViolation",
    "FormatViolation",
    "OccurenceConstraintViolation",
    "OccurrenceConstraintViolation",
    "PropertyConstraintViolation",
    "TypeConstraintViolation",
    "GenericError",
    "ProtocolError",
]


async def goes_on(station: Stack) -> None:
    """Fail unless the next command reaches the station, and its answer the operator."""
    asking = station.command("clear-cache")
    command = await station.take()
    assert command[2] == "ClearCache"
    await station.answer(command, {"status": "Accepted"})
    assert (await asking).json()["answer"] == {"status": "Accepted"}
    assert await station.unasked()


async def refused(station: Stack, *error: Any) -> dict[str, Any]:
    """Let a command be answered by an error, and return what the operator is told."""
    asking = station.raw("CancelReservation", {"reservationId": 1})
    await station.refuse(await station.take(), *error)
    answer = await asking
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.covers("W14", "Q39")
@ALL
async def test_an_error_without_the_id_of_a_call_is_of_the_one_that_is_open(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        asking = station.raw("Dance", {})
        await station.take()
        await station.socket.send(json.dumps([4, "-1", "GenericError", "", {}]))
        told = (await asking).json()
        assert (told["outcome"], told["error"]["code"]) == ("Error", "GenericError")
        await station.socket.send(json.dumps([4, "-1", "GenericError", "", {}]))
        await goes_on(station)


@pytest.mark.covers("W14", "Q40")
@ALL
async def test_no_answer_at_all_ends_in_time_and_the_next_command_is_asked(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        for _ in range(2):
            asking = station.raw("Dance", {})
            await station.take()
            shared_house.node.listeners[0].sweep(time.monotonic() + 6)
            assert ((await asking).status_code, (await asking).json()["outcome"]) == (504, "TimedOut")
        await goes_on(station)


@pytest.mark.covers("W14")
@ALL
async def test_a_process_that_dies_of_a_command_is_not_killed_again(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        asking = station.raw("CancelReservation", {"reservationId": 1})
        await station.take()
        station.socket.transport.abort()
        assert ((await asking).status_code, (await asking).json()["outcome"]) == (504, "Disconnected")
        await station.reconnect()
        assert await station.boot() == "Accepted"
        assert await station.unasked()
        await goes_on(station)


@pytest.mark.covers("W14", "Q40")
@ALL
@pytest.mark.parametrize("code", ["NotImplemented", "NotSupported", "ProtocolError", "GenericError"])
async def test_every_code_for_an_unknown_action_is_told_as_it_came(
    shared_house: House, version: str, code: str
) -> None:
    async with stack(shared_house, version) as station:
        told = await refused(station, code, "unknown", {})
        assert (told["outcome"], told["error"]["code"]) == ("Error", code)
        assert told["unsupported"] is code.startswith("Not")
        await goes_on(station)


@pytest.mark.covers("W15", "Q41")
@ALL
async def test_every_code_for_a_bad_payload_is_told_as_it_came_and_is_no_lack_of_support(
    shared_house: House, version: str
) -> None:
    async with stack(shared_house, version) as station:
        for code in CODES:
            told = await refused(station, code, "bad payload", {})
            assert (told["outcome"], told["error"]["code"], told["unsupported"]) == ("Error", code, False)
        kept = (await station.read("/calls"))["items"]
        assert {call["outcome"] for call in kept} == {"Error"}
        await goes_on(station)


@pytest.mark.covers("W16", "Q39")
@ALL
@pytest.mark.parametrize(
    ("description", "details"),
    [("e" * 1446, '{"not": "an object"}'), ("", {}), ("", [{"a": 1}, 2]), ("x", None), (None, "text"), ({"a": 1}, 7)],
    ids=["endless", "empty", "a list", "no details", "no description", "an object"],
)
async def test_an_error_of_any_shape_ends_its_command_and_is_shown(
    shared_house: House, version: str, description: Any, details: Any
) -> None:
    async with stack(shared_house, version) as station:
        told = await refused(station, "InternalError", description, details)
        assert (told["outcome"], told["error"]["code"]) == ("Error", "InternalError")
        assert told["error"]["details"] == ({} if details is None else details)
        if isinstance(description, str):
            assert told["error"]["description"] == description
        await goes_on(station)


@pytest.mark.covers("W17")
@TWO
async def test_a_report_with_nothing_in_it_is_the_end_of_a_report(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        for body in ({"reportData": []}, {}, {"reportData": None}):
            empty = {"requestId": 1, "generatedAt": LATER, "seqNo": 0, "tbc": False, **body}
            assert await station.ask("NotifyReport", empty) == {}
        assert await station.read("/variables") == []
        assert (await station.read("/notices"))["items"] == [], "there is nothing to look at"


@pytest.mark.covers("W17")
@pytest.mark.parametrize("answer", [{"clearTariffsResult": []}, {}, {"clearTariffsResult": None}], ids=str)
async def test_a_result_without_its_list_is_shown_as_it_came(shared_house: House, answer: dict[str, Any]) -> None:
    async with stack(shared_house, "2.1") as station:
        asking = station.raw("ClearTariffs", {})
        await station.answer(await station.take(), answer)
        told = (await asking).json()
        assert (told["outcome"], told["answer"]) == ("Answered", answer)
        await goes_on(station)


@pytest.mark.covers("W18")
@TWO
@pytest.mark.parametrize("message", ["FirmwareStatusNotification", "MeterValues", "LogStatusNotification"])
async def test_calls_of_an_action_that_nobody_knows_are_answered_as_such(
    shared_house: House, version: str, message: str
) -> None:
    async with stack(shared_house, version) as station:
        asking = station.command("trigger", message=message)
        await station.answer(await station.take(), {"status": "Accepted"})
        assert (await asking).json()["answer"] == {"status": "Accepted"}
        for n in range(4):
            error = await station.say("CustomOperation", {}, f"custom-{n}")
            assert error[:3] == [4, f"custom-{n}", "NotImplemented"]
        await goes_on(station)
