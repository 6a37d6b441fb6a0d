"""What stacks take of commands that they should not, or not of those that they should; and what comes of it."""

import asyncio
import json
import time
from typing import Any

import pytest

from tests.conformance.wire.stacks import stack
from tests.integration.conftest import House
from tests.integration.limiting import ahead, profile
from tests.integration.rest.fleets import begun, ended, results
from tests.integration.rest.operators_lists import LATER

SECRET = "0123456789ABCDEF0123"
FLOOD = 3320


@pytest.mark.covers("W19")
async def test_a_reset_of_an_unknown_type_is_done_once(shared_house: House) -> None:
    async with stack(shared_house) as station:
        asking = station.raw("Reset", {"type": "Bogus"})
        command = await station.take()
        assert command[3] == {"type": "Bogus"}
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).json()["answer"] == {"status": "Accepted"}
        await station.reconnect()
        assert await station.boot() == "Accepted"
        assert await station.unasked()


@pytest.mark.covers("W19", "Q50", "Q121")
async def test_a_flood_of_heartbeats_is_answered_to_the_last_and_holds_up_nobody(shared_house: House) -> None:
    async with stack(shared_house) as flood, stack(shared_house) as other:
        asking = flood.command("set-variables", variables=[{"variable": "HeartbeatInterval", "value": "abc"}])
        await flood.answer(await flood.take(), {"status": "Accepted"})
        assert (await asking).json()["answer"] == {"status": "Accepted"}
        for n in range(FLOOD):
            await flood.socket.send(json.dumps([2, f"hb-{n}", "Heartbeat", {}]))
        asked = time.monotonic()
        await other.ask("Heartbeat", {})
        assert time.monotonic() - asked < 1
        answered = [json.loads(await asyncio.wait_for(flood.socket.recv(), 20))[:2] for _ in range(FLOOD)]
        assert answered == [[3, f"hb-{n}"] for n in range(FLOOD)]
        asking = flood.command("reset")
        await flood.answer(await flood.take(), {"status": "Accepted"})
        assert (await asking).json()["answer"] == {"status": "Accepted"}, "it can still be called to order"


@pytest.mark.covers("W20", "Q93", "Q126")
async def test_more_keys_than_there_may_be_are_all_kept_but_for_the_password(shared_house: House) -> None:
    async with stack(shared_house) as station:
        keys = [{"key": f"Key{n}", "readonly": bool(n % 2), "value": str(n)} for n in range(45)]
        keys += [{"key": "GetConfigurationMaxKeys", "readonly": True, "value": "30"}]
        keys += [{"key": "AuthorizationKey", "readonly": False, "value": SECRET}]
        for ask in (lambda: station.command("get-variables"), lambda: station.raw("GetConfiguration", {})):
            asking = ask()
            await station.answer(await station.take(), {"configurationKey": keys})
            told = (await asking).json()["answer"]["configurationKey"]
            assert told[:-1] == keys[:-1]
            assert told[-1] == keys[-1] | {"value": "***"}
        kept = {one["variable"]: one["value"] for one in await station.read("/variables")}
        assert kept == {one["key"]: one["value"] for one in keys[:-1]} | {"AuthorizationKey": "***"}
        await shared_house.node.frames.write()
        for path in ("", "/frames", "/calls"):
            assert SECRET not in json.dumps(await station.read(path))


@pytest.mark.covers("Q126", "W16")
async def test_an_error_that_says_again_what_was_asked_shows_no_password(shared_house: House) -> None:
    async with stack(shared_house) as station:
        change = {"variables": [{"variable": "AuthorizationKey", "value": SECRET}]}
        asking = station.command("set-variables", **change)
        command = await station.take()
        assert command[3]["value"] == SECRET
        words = f"not implemented to handle request PDU {json.dumps(command[3], indent=2)}"
        await station.refuse(command, "FormationViolation", words, {"cause": "too long", "message": command[3]})
        told = (await asking).json()
        assert told["error"]["details"] == {"cause": "too long", "message": {"key": "AuthorizationKey", "value": "***"}}
        assert told["error"]["description"].startswith("not implemented to handle request PDU {")
        await shared_house.node.frames.write()
        for path in ("/frames", "/calls"):
            assert SECRET not in json.dumps(await station.read(path))
        assert SECRET not in json.dumps(told)


@pytest.mark.covers("Q126", "W16")
async def test_a_password_of_one_of_many_that_is_said_again_by_an_error_is_not_kept(shared_house: House) -> None:
    async with stack(shared_house) as station:
        selection = {"ids": [station.name]}
        place = await begun(shared_house, command="change-password", body={}, selection=selection)
        command = await station.take()
        words = f"not implemented to handle request PDU {json.dumps(command[3], indent=2)}"
        await station.refuse(command, "FormationViolation", words, {"message": command[3]})
        await ended(shared_house, place)
        told = (await results(shared_house, place))[station.name]
        assert told["outcome"] == "Error"
        assert command[3]["value"] not in json.dumps(told)
        assert "***" in json.dumps(told)


UNSUPPORTED: dict[str, dict[str, Any]] = {
    "get-local-list-version": {},
    "send-local-list": {"update": "full", "entries": [{"token": "TAG-1"}]},
    "trigger": {"message": "BootNotification"},
    "reserve": {"token": "TAG-1", "evse": 1, "expires_at": LATER},
    "cancel-reservation": {"reservation_id": 7},
    "update-firmware": {"location": "https://files.example/place", "retrieve_at": LATER},
    "get-diagnostics": {"location": "https://files.example/place"},
}
RECORDS = {"reserve": "/reservations?station={}", "send-local-list": "/stations/{}/local-list/entries"}


@pytest.mark.covers("W20", "Q40")
@pytest.mark.parametrize("command", UNSUPPORTED)
@pytest.mark.parametrize("way", ["an error", "a status"])
async def test_a_profile_that_is_not_supported_is_told_as_such_and_nothing_of_it_is_taken_for_done(
    shared_house: House, command: str, way: str
) -> None:
    async with stack(shared_house) as station:
        asking = station.command(command, **UNSUPPORTED[command])
        asked = await station.take()
        if way == "an error":
            await station.refuse(asked, "NotSupported", "", {})
        else:
            await station.answer(asked, {"status": "NotSupported"})
        told = (await asking).json()
        assert told["unsupported"] is True
        assert told["outcome"] == ("Error" if way == "an error" else "Answered")
        assert await station.unasked(), "it is not asked again"
        if command in RECORDS:
            kept = (await shared_house.http.get(RECORDS[command].format(station.name))).json()["items"]
            assert [one for one in kept if one.get("phase") in {None, "active"}] == []


@pytest.mark.covers("W21", "Q40")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_profile_that_a_station_does_not_implement_is_not_held(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        body = {"evse": 1, "profile": profile(start=ahead(-60))}
        asking = station.command("set-charging-profile", **body)
        await station.refuse(await station.take(), "NotImplemented", "", {})
        told = (await asking).json()
        assert (told["outcome"], told["unsupported"]) == ("Error", True)
        assert await station.read("/charging-profiles") == []
        assert await station.unasked()


@pytest.mark.covers("W21", "Q105")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_availability_that_is_scheduled_is_agreed_to_and_shown_when_the_station_shows_it(
    shared_house: House, version: str
) -> None:
    async with stack(shared_house, version) as station:
        await station.say_status("Charging" if version == "1.6" else "Occupied", 0)
        asking = station.command("change-availability", operative=False, evse=1)
        await station.answer(await station.take(), {"status": "Scheduled"})
        assert (await asking).json()["verdict"] == "Accepted"
        assert (await station.statuses())[1] in {"Charging", "Occupied"}
        await station.say_status("Unavailable", 9)
        assert (await station.statuses())[1] == "Unavailable"
