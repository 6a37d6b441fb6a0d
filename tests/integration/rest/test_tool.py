"""What a test tool needs, over REST alone."""

import json
from typing import Any

import pytest

from simulators.behaviour import Behaviour, Boot
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House

PASSWORD = "0123456789abcdef"
WRONG = "fedcba9876543210"


async def is_online(house: House, station: str) -> bool:
    return bool((await house.http.get(f"/stations/{station}")).json()["online"])


async def registration(house: House, station: str) -> str | None:
    found: dict[str, Any] = (await house.http.get(f"/stations/{station}")).json()
    return found["registration"]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_tool_sets_up_a_station_drives_it_and_reads_what_came_of_it(house: House, version: str) -> None:
    await set_up(house)
    impatient = Behaviour(boot=Boot.IGNORE_INTERVAL)
    station = await house.station("TOOL", version=version, register=False, password=PASSWORD, behaviour=impatient)
    await accept(house)
    assert [await station.authorize(token) for token in ("GOOD", "BAD", "OLD", "NOBODY")] == [
        *("Accepted", "Blocked", "Expired"),
        "Invalid" if version == "1.6" else "Unknown",
    ]
    await charge(station)
    (session,) = await house.sessions(station="TOOL")
    assert (session["energy_wh"], session["active"], session["token"]) == (1500, False, "GOOD")
    values = (await house.http.get(f"/sessions/{session['id']}/meter-values")).json()
    assert len(values) >= 3
    statuses = (await house.http.get("/stations/TOOL/connectors")).json()
    assert (1, 1) in {(status["evse"], status["connector"]) for status in statuses}
    await clear_the_cache(house)


async def set_up(house: House) -> None:
    """Make a station that must wait, give it its true password, and make tokens of every standing."""
    topology = [{"id": 1, "connectors": [{"id": 1, "type": "cType2", "max_power_w": 22000}]}]
    made = await house.register(
        "TOOL", security_profile=1, password=WRONG, boot_policy="pending", topology=topology, heartbeat_s=77
    )
    assert (made["security_profile"], made["has_password"], made["boot_policy"]) == (1, True, "pending")
    assert made["topology"] == topology
    assert (await house.http.put("/stations/TOOL/password", json={"password": PASSWORD})).status_code == 204
    for token in (
        {"value": "GOOD", "group": "FLEET"},
        {"value": "BAD", "status": "blocked"},
        {"value": "OLD", "expires_at": "2020-01-01T00:00:00Z"},
    ):
        assert (await house.http.post("/tokens", json=token)).status_code == 201


async def accept(house: House) -> None:
    """Let the waiting station in, by a change of its policy."""
    await eventually(lambda: is_online(house, "TOOL"))
    await eventually(lambda: _equals(registration(house, "TOOL"), "Pending"))
    assert (await house.http.patch("/stations/TOOL", json={"boot_policy": "accept"})).status_code == 200
    asked = await house.http.post("/stations/TOOL/commands/trigger", json={"message": "BootNotification"})
    assert asked.status_code == 200, asked.text
    await eventually(lambda: _equals(registration(house, "TOOL"), "Accepted"))


async def charge(station: SimulatedStation) -> None:
    await station.plug_in()
    station.begin(token="GOOD")
    for _ in range(3):
        station.charge(wh=500)
    station.end()
    await station.drained()


async def clear_the_cache(house: House) -> None:
    """Go through the raw door, and find the call and its answer in the message log."""
    raw = await house.http.post("/stations/TOOL/ocpp/ClearCache", json={})
    assert raw.json()["outcome"] == "Answered"
    assert raw.json()["answer"]["status"] in {"Accepted", "Rejected"}
    await house.node.frames.write()
    found = await house.http.get("/stations/TOOL/frames", params={"message_id": raw.json()["call_id"]})
    assert [(one["direction"], one["action"]) for one in found.json()["items"]] == [
        ("in", "ClearCache"),
        ("out", "ClearCache"),
    ]
    frames = (await house.http.get("/stations/TOOL/frames", params={"limit": 500})).json()["items"]
    texts = [json.loads(frame["frame"]) for frame in frames]
    call = next(text for text in texts if text[0] == 2 and text[2] == "ClearCache")
    assert call[3] == {}
    assert [text for text in texts if text[0] == 3 and text[1] == call[1]]
    assert {frame["direction"] for frame in frames} == {"in", "out"}


async def test_the_raw_door_checks_payloads_unless_it_is_told_not_to(house: House) -> None:
    await house.station("A")
    await eventually(lambda: is_online(house, "A"))
    checked = await house.http.post("/stations/A/ocpp/ChangeAvailability", json={"connectorId": "one"})
    assert checked.status_code == 422
    assert {error["path"] for error in checked.json()["errors"]} >= {"/connectorId"}
    unknown = await house.http.post("/stations/A/ocpp/Dance", json={})
    assert unknown.status_code == 422
    sent = await house.http.post("/stations/A/ocpp/Dance", params={"validate": "false"}, json={"any": [1, None]})
    assert sent.status_code == 200
    assert sent.json()["outcome"] == "Error"
    assert sent.json()["error"]["code"] in {"NotImplemented", "NotSupported"}


async def _equals(found: Any, wanted: Any) -> bool:
    return bool(await found == wanted)
