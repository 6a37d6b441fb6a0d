"""The gateway over real sockets: who may come in, and what the wire may do."""

import asyncio
import base64
import json
from typing import Any, cast

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol as Token

from csms.ports.handlers import Inbound
from handlers.v16 import V16
from simulators.behaviour import Behaviour, Boot, Subprotocol
from tests.eventually import eventually
from tests.integration.conftest import House

OFFERS: dict[str, Any] = {"subprotocols": [Token("ocpp1.6")], "compression": None}


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


async def refused(url: str, **more: Any) -> int:
    with pytest.raises(InvalidStatus) as caught:
        async with connect(url, **{**OFFERS, **more}):
            pass
    return int(caught.value.response.status_code)


async def ask(socket: ClientConnection, action: str, payload: dict[str, Any], message_id: str = "1") -> list[Any]:
    await socket.send(json.dumps([2, message_id, action, payload]))
    return list(json.loads(await asyncio.wait_for(socket.recv(), 5)))


@pytest.mark.covers("J-03", "Q7", "J-07", "TC_088", "B_58", "Q5")
async def test_who_is_not_known_stays_outside(house: House) -> None:
    await house.register("CP-1")
    assert await refused(f"{house.url}/NOBODY") == 404
    assert await refused(f"{house.url}/") == 404
    assert await refused(f"{house.url}/CP%2D1%252F") == 404
    assert await refused(f"{house.url}/CP-1", subprotocols=[Token("ocpp0.1")]) == 400
    assert (await house.http.get("/stations/NOBODY")).status_code == 404


@pytest.mark.covers("TC_085", "A_01", "A_02", "A_03", "J-10", "SEC-10", "SEC-11", "SEC-12")
async def test_profile_1_needs_the_password_of_the_station(house: House) -> None:
    await house.register("CP-1", security_profile=1, password="correct-horse-battery")
    url = f"{house.url}/CP-1"
    assert await refused(url) == 401
    assert await refused(url, additional_headers=basic("CP-1", "wrong-horse-battery")) == 401
    assert await refused(url, additional_headers=basic("CP-1Invalid", "correct-horse-battery")) == 401
    async with connect(url, additional_headers=basic("CP-1", "correct-horse-battery"), **OFFERS) as socket:
        boot = {"chargePointVendor": "V", "chargePointModel": "M"}
        assert (await ask(socket, "BootNotification", boot))[2]["status"] == "Accepted"
    answer = await house.http.put("/stations/CP-1/password", json={"password": "another-password-now"})
    assert answer.status_code == 204
    assert await refused(url, additional_headers=basic("CP-1", "correct-horse-battery")) == 401
    async with connect(url, additional_headers=basic("cp-1", "another-password-now"), **OFFERS):
        pass


@pytest.mark.covers("Q123")
async def test_a_station_of_a_tls_profile_may_not_come_in_plain(house: House) -> None:
    await house.register("CP-1", security_profile=2, password="correct-horse-battery")
    assert await refused(f"{house.url}/CP-1", additional_headers=basic("CP-1", "correct-horse-battery")) == 403


@pytest.mark.parametrize("habit", [Subprotocol.NONE, Subprotocol.LIST, Subprotocol.CASE, Subprotocol.ALIAS])
@pytest.mark.covers("Q1", "Q2")
async def test_every_spelling_of_the_subprotocol_comes_in(house: House, habit: Subprotocol) -> None:
    await house.register("CP-1")
    offered = {
        Subprotocol.NONE: None,
        Subprotocol.LIST: [Token("ocpp1.5"), Token("ocpp1.6")],
        Subprotocol.CASE: [Token("OCPP1.6")],
        Subprotocol.ALIAS: [Token("ocpp1.6j")],
    }[habit]
    async with connect(f"{house.url}/CP-1", subprotocols=offered, compression=None) as socket:
        assert socket.subprotocol == (offered[-1] if offered else None)
        assert (await ask(socket, "Heartbeat", {}))[0] == 3


@pytest.mark.covers("Q8", "Q9", "J-11")
async def test_the_newest_connection_wins_and_a_late_close_of_the_old_harms_nobody(house: House) -> None:
    await house.register("CP-1")
    url = f"{house.url}/CP-1"
    async with connect(url, **OFFERS) as old:
        assert (await ask(old, "Heartbeat", {}))[0] == 3
        async with connect(url, **OFFERS) as new:
            assert (await ask(new, "Heartbeat", {}))[0] == 3
            await asyncio.wait_for(old.wait_closed(), 5)
            answer = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/ClearCache", json={}))
            call = json.loads(await asyncio.wait_for(new.recv(), 5))
            await new.send(json.dumps([3, call[1], {"status": "Accepted"}]))
            assert (await answer).json()["answer"] == {"status": "Accepted"}


@pytest.mark.parametrize(
    "mangle",
    [
        "binary",
        "bom",
        "nul",
        "empty-frames",
        "concatenated",
        "numeric-ids",
        "strings-for-numbers",
        "nulls",
        "extra-fields",
        "no-zone",
        "lower-case",
        "twice",
    ],
)
@pytest.mark.covers("Q24", "Q26", "Q27", "Q32", "Q34", "Q35", "Q37", "Q38", "Q44")
async def test_a_session_survives_every_way_of_spoiling_frames(house: House, mangle: str) -> None:
    await house.token()
    station = await house.station("CP-1", behaviour=Behaviour(mangle=(mangle,)))
    await asyncio.wait_for(station.connected.wait(), 10)
    station.begin(1, "TAG-1")
    station.charge(1, 900)
    await asyncio.sleep(0.002)
    station.end(1)
    await asyncio.wait_for(station.drained(), 15)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 900
    assert session["active"] is False


@pytest.mark.covers("Q47", "J-47")
async def test_a_station_that_never_boots_may_charge(house: House) -> None:
    await house.token()
    station = await house.station("CP-1", behaviour=Behaviour(boot=Boot.NEVER))
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    await asyncio.wait_for(station.drained(), 5)
    assert len(await house.sessions(station="CP-1", active=True)) == 1


@pytest.mark.covers("BOOT-03", "BOOT-05", "BOOT-06", "BOOT-07", "B_02", "B_30", "B_31", "Q48")
async def test_a_pending_station_is_held_at_the_gate_until_it_is_accepted(house: House) -> None:
    await house.register("CP-1", boot_policy="pending")
    boot = {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}
    status = {"timestamp": "2026-11-23T10:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    async with connect(f"{house.url}/CP-1", subprotocols=[Token("ocpp2.0.1")], compression=None) as socket:
        assert (await ask(socket, "StatusNotification", status, "0"))[:3] == [4, "0", "SecurityError"]
        assert (await ask(socket, "BootNotification", boot))[2]["status"] == "Pending"
        assert (await ask(socket, "StatusNotification", status, "2"))[:3] == [4, "2", "SecurityError"]
        start = {"token": "T", "evse": 1}
        assert (await house.http.post("/stations/CP-1/commands/remote-start", json=start)).status_code == 409
        await house.http.patch("/stations/CP-1", json={"boot_policy": "accept"})
        asked = asyncio.create_task(
            house.http.post("/stations/CP-1/commands/trigger", json={"message": "BootNotification"})
        )
        call = json.loads(await asyncio.wait_for(socket.recv(), 5))
        await socket.send(json.dumps([3, call[1], {"status": "Accepted"}]))
        assert (await asked).json()["answer"] == {"status": "Accepted"}
        assert (await ask(socket, "BootNotification", boot | {"reason": "Triggered"}, "3"))[2]["status"] == "Accepted"
        assert (await ask(socket, "StatusNotification", status, "4")) == [3, "4", {}]


@pytest.mark.covers("LIB-02", "J-61", "Q128")
async def test_what_is_not_known_or_not_for_us_is_answered_as_such(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        assert (await ask(socket, "NoSuchThing", {}, "1"))[:3] == [4, "1", "NotImplemented"]
        assert (await ask(socket, "Reset", {"type": "Hard"}, "2"))[:3] == [4, "2", "NotSupported"], "it is ours to ask"
        assert (await ask(socket, "Authorize", {}, "3"))[:3] == [4, "3", "ProtocolError"]


@pytest.mark.covers("Q42", "Q73", "J-63")
async def test_a_transaction_message_that_nobody_can_read_is_kept_and_acknowledged(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        answer = await ask(socket, "StartTransaction", {"connectorId": {"what": "?"}, "meterStart": 1})
        assert answer[0] == 3
        assert answer[2]["transactionId"] > 0
        assert (await ask(socket, "MeterValues", {"connectorId": 1, "meterValue": "abc"}, "2"))[0] == 3
    notices = (await house.http.get("/stations/CP-1/notices")).json()["items"]
    assert {notice["topic"] for notice in notices if notice["review"]} == {"StartTransaction", "MeterValues"}


@pytest.mark.covers("Q42", "Q73", "J-63")
async def test_a_message_that_our_own_code_fails_at_gets_two_more_tries_and_is_then_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    async def fail(call: Any, context: Any) -> Any:
        tries.append(call)
        raise ValueError("a bug of ours")

    good = V16.inbound["StopTransaction"]
    monkeypatch.setitem(cast("dict[str, Inbound]", V16.inbound), "StopTransaction", Inbound(fail, good.acknowledge))
    await house.register("CP-1")
    stop = {"transactionId": 7, "meterStop": 1, "timestamp": "2026-11-24T10:00:00Z"}
    for _ in range(2):
        async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
            await socket.send(json.dumps([2, "1", "StopTransaction", stop]))
            await asyncio.wait_for(socket.wait_closed(), 5)
            assert socket.close_code == 1013, "try again later"
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        assert (await ask(socket, "StopTransaction", stop))[0] == 3
        for n in range(20):
            assert (await ask(socket, "Heartbeat", {}, str(n)))[0] == 3
    assert len(tries) == 3
    notices = (await house.http.get("/stations/CP-1/notices")).json()["items"]
    assert [(notice["topic"], "ValueError" in notice["review"]) for notice in notices] == [("StopTransaction", True)]


@pytest.mark.covers("Q30", "J-45")
async def test_five_hundred_calls_in_a_row_are_answered_in_order(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        for n in range(500):
            payload = {"connectorId": n % 3, "errorCode": "NoError", "status": "Available" if n % 2 else "Preparing"}
            await socket.send(json.dumps([2, str(n), "StatusNotification", payload]))
        answers = [json.loads(await asyncio.wait_for(socket.recv(), 20)) for _ in range(500)]
    assert [answer[1] for answer in answers] == [str(n) for n in range(500)]


@pytest.mark.covers("Q43", "J-49")
async def test_a_frame_up_to_the_limit_is_taken_and_a_larger_one_ends_the_line(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", max_size=None, **OFFERS) as socket:
        answer = await ask(socket, "DataTransfer", {"vendorId": "V", "data": "x" * 900_000})
        assert answer[2]["status"] == "UnknownVendorId"
        await socket.send(json.dumps([2, "2", "DataTransfer", {"vendorId": "V", "data": "x" * 1_200_000}]))
        await asyncio.wait_for(socket.wait_closed(), 10)
        assert socket.close_code == 1009


@pytest.mark.covers("Q12", "Q28")
async def test_the_message_log_tells_what_was_on_the_wire(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        await ask(socket, "Heartbeat", {}, "hb-1")
    frames = await eventually(lambda: _frames(house, 2))
    assert [frame["direction"] for frame in frames] == ["out", "in"]
    assert frames[1]["frame"] == '[2, "hb-1", "Heartbeat", {}]'


async def _frames(house: House, count: int) -> list[dict[str, Any]]:
    items = (await house.http.get("/stations/CP-1/frames")).json()["items"]
    return list(items) if len(items) >= count else []


@pytest.mark.covers("Q18")
async def test_a_tls_hello_on_the_plain_port_is_cut_off(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.node.listeners[0].port)
    writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 5)
    writer.close()
