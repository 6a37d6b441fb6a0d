"""Every command of operators in every version, however the station takes it."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from csms.features.commands.router import commands
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.rest.operators import CASES, COMMANDS, NO, OCPP, ONE_EACH, Case
from tests.integration.rest.operators_lists import LATER
from tests.integration.wire import RawStation
from tests.official import faults

NAMES = itertools.count(1)


@asynccontextmanager
async def at_work(house: House, version: str) -> AsyncIterator[tuple[RawStation, str]]:
    """Have a station of its own that was accepted, and its address over REST."""
    name = f"OPERATED-{next(NAMES)}"
    await house.register(name)
    async with RawStation(house, name, version) as station:
        assert await station.boot() == "Accepted"
        yield station, f"/stations/{name}"


def asked(house: House, address: str, case: Case) -> "asyncio.Task[httpx.Response]":
    work: Coroutine[Any, Any, httpx.Response] = house.http.post(f"{address}/commands/{case.command}", json=case.body)
    return asyncio.create_task(work)


async def ends_on_record(house: House, address: str, outcome: str) -> dict[str, Any]:
    """Return the only call on record, once it ended so."""

    async def look() -> Any:
        (call,) = (await house.http.get(f"{address}/calls")).json()["items"]
        return call if call["outcome"] == outcome else None

    return dict(await eventually(look))


def test_every_route_of_commands_is_among_the_cases() -> None:
    paths = {route.path for route in commands.routes}
    assert {path.rpartition("/")[2] for path in paths if "/commands/" in path} == COMMANDS


@pytest.mark.covers("J-20", "J-29", "J-40", "Q130")
@pytest.mark.parametrize("case", CASES, ids=str)
async def test_what_the_station_accepts_is_said_in_its_version_and_answered_raw(
    shared_house: House, case: Case
) -> None:
    async with at_work(shared_house, case.version) as (station, address):
        asking = asked(shared_house, address, case)
        command = await station.take()
        assert command[2] == case.action
        assert case.says(command[3]), command
        assert faults(case.version, case.action, "Request", command[3]) == []
        await station.answer(command, case.accepted)
        answer = await asking
        assert answer.status_code == 200, answer.text
        assert answer.json() == {
            "call_id": command[1],
            "outcome": "Answered",
            "protocol": OCPP[case.version],
            "action": case.action,
            "answer": case.accepted,
            "error": None,
            "unsupported": False,
            "ours": case.ours(command[3]),
            "verdict": "Accepted",
            "warnings": answer.json()["warnings"],
            "rungs": [],
            "calls": [],
        }
        kept = await ends_on_record(shared_house, address, "Answered")
        assert (kept["id"], kept["action"]) == (command[1], case.action)
        assert await station.unasked()


@pytest.mark.covers("J-62")
@pytest.mark.parametrize("case", ONE_EACH, ids=str)
async def test_what_the_station_rejects_is_no_failure_of_the_request(shared_house: House, case: Case) -> None:
    async with at_work(shared_house, case.version) as (station, address):
        asking = asked(shared_house, address, case)
        await station.answer(await station.take(), case.rejected)
        answer = await asking
        assert answer.status_code == 200, answer.text
        assert (answer.json()["outcome"], answer.json()["answer"]) == ("Answered", case.rejected)
        if case.rejected == NO:
            assert answer.json()["verdict"] == "Refused"


@pytest.mark.covers("J-64", "Q39")
@pytest.mark.parametrize("case", ONE_EACH, ids=str)
async def test_an_error_of_the_station_is_told_as_it_came(shared_house: House, case: Case) -> None:
    async with at_work(shared_house, case.version) as (station, address):
        asking = asked(shared_house, address, case)
        await station.refuse(await station.take(), "OddCode", "no such thing", {"why": [1]})
        answer = await asking
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["outcome"], told["answer"]) == ("Error", None)
        assert told["error"] == {"code": "OddCode", "description": "no such thing", "details": {"why": [1]}}
        await ends_on_record(shared_house, address, "Error")


@pytest.mark.covers("Q102", "J-42")
@pytest.mark.parametrize("case", ONE_EACH, ids=str)
async def test_what_is_never_answered_ends_at_its_deadline_and_is_not_said_again(
    shared_house: House, case: Case
) -> None:
    async with at_work(shared_house, case.version) as (station, address):
        asking = asked(shared_house, address, case)
        await station.take()
        shared_house.node.listeners[0].sweep(time.monotonic() + 6)
        answer = await asking
        assert answer.status_code == 504, answer.text
        assert answer.json()["outcome"] == "TimedOut"
        await ends_on_record(shared_house, address, "TimedOut")
        assert await station.unasked()


@pytest.mark.covers("Q102", "L6")
@pytest.mark.parametrize("case", ONE_EACH, ids=str)
async def test_a_line_that_breaks_in_the_middle_ends_the_command_for_good(shared_house: House, case: Case) -> None:
    async with at_work(shared_house, case.version) as (station, address):
        asking = asked(shared_house, address, case)
        await station.take()
        station.socket.transport.abort()
        answer = await asking
        assert answer.status_code == 504, answer.text
        assert answer.json()["outcome"] == "Disconnected"
        await station.reconnect()
        await ends_on_record(shared_house, address, "Disconnected")
        assert await station.unasked()


@pytest.mark.covers("Q102", "J-44")
@pytest.mark.parametrize("case", ONE_EACH, ids=str)
async def test_a_station_that_is_away_is_not_asked_later_either(shared_house: House, case: Case) -> None:
    async with at_work(shared_house, case.version) as (station, address):
        await station.socket.close()
        await eventually(lambda: len(shared_house.node.listeners[0]) == 0)
        answer = await asked(shared_house, address, case)
        assert answer.status_code == 409, answer.text
        assert answer.json()["outcome"] == "Offline"
        await station.reconnect()
        assert await station.unasked()
        assert (await shared_house.http.get(f"{address}/calls")).json()["items"] == []


ALL = tuple(OCPP)
TWO = ("2.0.1", "2.1")
INVALID: list[tuple[tuple[str, ...], str, Any, str]] = [
    (ALL, "remote-start", {}, "token"),
    (ALL, "remote-start", {"token": ""}, "token"),
    (ALL, "remote-start", {"token": 5}, "token"),
    (ALL, "remote-start", {"token": "x" * 256}, "token"),
    (("1.6",), "remote-start", {"token": "x" * 21}, "token"),
    (("2.0.1",), "remote-start", {"token": "x" * 37}, "token"),
    (("2.0.1",), "remote-start", {"token": "T", "kind": "Magic"}, "kind"),
    (ALL, "remote-start", {"token": "T", "evse": 0}, "evse"),
    (ALL, "remote-start", {"token": "T", "evse": -1}, "evse"),
    (ALL, "remote-start", {"token": "T", "evse": "one"}, "evse"),
    (ALL, "remote-start", {"token": "T", "evse": 2**63}, "evse"),
    (ALL, "remote-start", {"token": "T", "remote_start_id": "x"}, "remote_start_id"),
    (ALL, "remote-start", {"token": "T", "colour": "red"}, "colour"),
    (ALL, "remote-stop", {}, "transaction"),
    (ALL, "remote-stop", {"transaction": 7}, "transaction"),
    (("1.6",), "remote-stop", {"transaction": "tx-1"}, "transaction"),
    (("1.6",), "remote-stop", {"transaction": "²"}, "transaction"),
    (("1.6",), "remote-stop", {"transaction": "9" * 5000}, "transaction"),
    (ALL, "remote-stop", {"transaction": ""}, "transaction"),
    (TWO, "remote-stop", {"transaction": "x" * 37}, "transaction"),
    (ALL, "reset", {"immediate": "now"}, "immediate"),
    (ALL, "reset", {"evse": -2}, "evse"),
    (("1.6",), "reset", {"evse": 1}, "evse"),
    (ALL, "unlock", {}, "evse"),
    (ALL, "unlock", {"evse": 0}, "evse"),
    (ALL, "unlock", {"evse": 1, "connector": 0}, "connector"),
    (("1.6",), "unlock", {"evse": 1, "connector": 2}, "connector"),
    (ALL, "change-availability", {}, "operative"),
    (ALL, "change-availability", {"operative": None}, "operative"),
    (ALL, "change-availability", {"operative": True, "evse": -1}, "evse"),
    (("1.6",), "change-availability", {"operative": True, "evse": 1, "connector": 2}, "connector"),
    (ALL, "change-availability", {"operative": True, "connector": 1}, "connector"),
    (ALL, "trigger", {}, "message"),
    (ALL, "trigger", {"message": "Dance"}, "message"),
    (ALL, "trigger", {"message": "Heartbeat", "evse": "x"}, "evse"),
    (ALL, "trigger", {"message": "StatusNotification", "connector": 1}, "connector"),
    (("1.6",), "get-variables", {"variables": [{"variable": "x" * 51}]}, "variables"),
    (TWO, "get-variables", {}, "variables"),
    (TWO, "get-variables", {"variables": [{"variable": "HeartbeatInterval"}]}, "variables"),
    (TWO, "get-variables", {"variables": [{"component": "x" * 51, "variable": "V"}]}, "variables"),
    (ALL, "get-variables", {"variables": [{}]}, "variables"),
    (ALL, "set-variables", {}, "variables"),
    (ALL, "set-variables", {"variables": []}, "variables"),
    (ALL, "set-variables", {"variables": [{"component": "C", "variable": "V"}]}, "variables"),
    (("1.6",), "set-variables", {"variables": [{"variable": v, "value": "1"} for v in "AB"]}, "variables"),
    (("1.6",), "set-variables", {"variables": [{"variable": "V", "value": "x" * 501}]}, "variables"),
    (TWO, "set-variables", {"variables": [{"component": "C", "variable": "V", "value": "x" * 2501}]}, "variables"),
    (TWO, "get-report", {"report": "Everything"}, "report"),
    (ALL, "get-report", {"request_id": "x"}, "request_id"),
    (ALL, "reserve", {"expires_at": LATER}, "token"),
    (ALL, "reserve", {"token": "", "expires_at": LATER}, "token"),
    (("1.6",), "reserve", {"token": "x" * 21, "expires_at": LATER}, "token"),
    (("2.0.1",), "reserve", {"token": "x" * 37, "expires_at": LATER}, "token"),
    (("2.0.1",), "reserve", {"token": "T", "kind": "Magic", "expires_at": LATER}, "kind"),
    (ALL, "reserve", {"token": "T"}, "expires_at"),
    (ALL, "reserve", {"token": "T", "expires_at": "soon"}, "expires_at"),
    (ALL, "reserve", {"token": "T", "expires_at": "2999-01-01T00:00:00"}, "expires_at"),
    (ALL, "reserve", {"token": "T", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
    (ALL, "reserve", {"token": "T", "expires_at": LATER, "evse": -1}, "evse"),
    (("1.6",), "reserve", {"token": "T", "expires_at": LATER, "connector_type": "cCCS2"}, "connector_type"),
    (("2.0.1",), "reserve", {"token": "T", "expires_at": LATER, "connector_type": "plug"}, "connector_type"),
    (("2.1",), "reserve", {"token": "T", "expires_at": LATER, "connector_type": "x" * 21}, "connector_type"),
    (("1.6",), "reserve", {"token": "T", "expires_at": LATER, "group": "x" * 21}, "group"),
    (("2.0.1",), "reserve", {"token": "T", "expires_at": LATER, "group": "x" * 37}, "group"),
    (ALL, "reserve", {"token": "T", "expires_at": LATER, "reservation_id": 2**31}, "reservation_id"),
    (("2.1",), "reserve", {"token": "T", "expires_at": LATER, "reservation_id": -1}, "reservation_id"),
    (ALL, "cancel-reservation", {}, "reservation_id"),
    (ALL, "send-local-list", {}, "update"),
    (ALL, "send-local-list", {"update": "some"}, "update"),
    (ALL, "send-local-list", {"update": "full", "version": 0}, "version"),
    (ALL, "send-local-list", {"update": "full", "version": -1}, "version"),
    (ALL, "send-local-list", {"update": "full", "version": 2**31}, "version"),
    (ALL, "send-local-list", {"update": "differential"}, "entries"),
    (ALL, "send-local-list", {"update": "full", "entries": [{}]}, "entries"),
    (ALL, "send-local-list", {"update": "full", "entries": [{"token": "A"}, {"token": "a"}]}, "entries"),
    (("1.6",), "send-local-list", {"update": "full", "entries": [{"token": "x" * 21}]}, "entries"),
    (("2.0.1",), "send-local-list", {"update": "full", "entries": [{"token": "x" * 37}]}, "entries"),
    (("2.0.1",), "send-local-list", {"update": "full", "entries": [{"token": "A", "kind": "Magic"}]}, "entries"),
    (ALL, "send-local-list", {"update": "full", "entries": [{"token": "A", "status": "good"}]}, "entries"),
    (ALL, "send-local-list", {"update": "full", "entries": [{"token": "A", "expires_at": "soon"}]}, "entries"),
    (ALL, "send-local-list", {"update": "full", "entries": [{"token": "A", "remove": True}]}, "entries"),
    (("1.6",), "send-local-list", {"update": "full", "entries": [{"token": "A", "group": "x" * 21}]}, "entries"),
    (
        ALL,
        "send-local-list",
        {"update": "differential", "entries": [{"token": "A", "remove": True, "status": "blocked"}]},
        "entries",
    ),
    (ALL, "send-local-list", {"update": "full", "entries": [{"token": f"TAG-{n}"} for n in range(99)]}, "entries"),
    (ALL, "cancel-reservation", {"reservation_id": "x"}, "reservation_id"),
    (ALL, "data-transfer", {}, "vendor"),
    (ALL, "data-transfer", {"vendor": "x" * 256}, "vendor"),
    (ALL, "data-transfer", {"vendor": "V", "message": "x" * 51}, "message"),
    (ALL, "data-transfer", {"vendor": "V", "data": {"a": 1}}, "data"),
]


@pytest.mark.parametrize("version", ALL)
async def test_parameters_that_cannot_be_right_are_named_and_nothing_is_sent(shared_house: House, version: str) -> None:
    async with at_work(shared_house, version) as (station, address):
        wrong = []
        for versions, command, body, field in INVALID:
            if version in versions:
                answer = await shared_house.http.post(f"{address}/commands/{command}", json=body)
                named = [error["path"] for error in answer.json().get("errors", [])]
                if answer.status_code != 422 or not any(path.split("/")[1:2] == [field] for path in named):
                    wrong.append((command, str(body)[:60], field, answer.status_code, answer.text[:200]))
        assert wrong == [], "\n".join(map(str, wrong))
        assert await station.unasked()
        assert (await shared_house.http.get(f"{address}/calls")).json()["items"] == []


async def test_what_a_version_cannot_say_at_all_is_refused_in_a_sentence(shared_house: House) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        answer = await shared_house.http.post(f"{address}/commands/get-report", json={})
        assert answer.status_code == 422
        assert "1.6" in answer.json()["detail"]
        assert await station.unasked()
