"""The doors of a whole node: what is refused leaves no record, and who is let in is served."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import ClientConnection, connect

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.test_gateway import OFFERS, ask, basic, refused
from tests.unit.gateway.peer import Peer, request

StartHouse = Callable[..., Awaitable[House]]
TABLES = ("stations", "presence", "leases", "journal", "outbox", "sessions", "notices", "station_calls", "frames")


async def records(database: str) -> dict[str, int]:
    connection = await asyncpg.connect(database)
    try:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
    finally:
        await connection.close()


def outcomes(house: House, outcome: str) -> float:
    return house.node.metrics.registry.get_sample_value("csms_handshakes_total", {"outcome": outcome}) or 0.0


async def dial(house: House) -> Peer:
    return Peer(*await asyncio.open_connection("127.0.0.1", house.node.listeners[0].port))


def lapse(house: House) -> None:
    """Let the time of every call be over."""
    house.node.listeners[0].sweep(time.monotonic() + 6)


BAD: dict[str, tuple[bytes, int, str]] = {
    "an unknown station": (request("/NOBODY"), 404, "unknown-station"),
    "a bad path": (request("/CP-1%252F"), 404, "bad-path"),
    "no station": (request("/"), 404, "bad-path"),
    "a bad subprotocol": (request("/CP-1", offer="ocpp0.1"), 400, "subprotocol"),
    "no password": (request("/CP-BASIC"), 401, "credentials"),
    "a wrong password": (
        request("/CP-BASIC", **basic("CP-BASIC", "wrong-horse-battery")),
        401,
        "credentials",
    ),
    "a wrong profile": (request("/CP-TLS"), 403, "profile"),
    "no upgrade": (request("/CP-1", drop="Upgrade"), 426, "no-upgrade"),
    "no request": (b"what?\r\n\r\n", 400, "malformed"),
    "a head without end": (b"GET /CP-1 HTTP/1.1\r\n" + b"X: y\r\n" * 4000, 431, "head-too-long"),
}


@pytest.mark.covers("J-03", "J-07", "J-10", "Q7", "Q19", "SEC-61")
async def test_every_refusal_is_answered_told_counted_and_leaves_no_record(house: House, database: str) -> None:
    await house.register("CP-1")
    await house.register("CP-BASIC", security_profile=1, password="correct-horse-battery")
    await house.register("CP-TLS", security_profile=2, password="correct-horse-battery")
    before = await records(database)
    for what, (sent, status, outcome) in BAD.items():
        counted = outcomes(house, outcome)
        with capture_logs() as lines:
            peer = await dial(house)
            peer.write(sent)
            assert await peer.read_head() == status, what
            peer.writer.close()
        assert [line["outcome"] for line in lines if line["event"] == "handshake_refused"] == [outcome], what
        assert "correct-horse" not in str(lines)
        assert "wrong-horse" not in str(lines)
        assert outcomes(house, outcome) == counted + 1, what
    await house.node.presence.write()
    await house.node.frames.write()
    assert await records(database) == before
    assert house.node.house.actors == []


@pytest.mark.covers("Q10", "Q61")
async def test_connections_that_say_nothing_cost_no_record_but_their_lease(house: House, database: str) -> None:
    for n in range(20):
        await house.register(f"CP-{n}")
    before = await records(database)
    for _ in range(5):
        sockets = await asyncio.gather(*(connect(f"{house.url}/CP-{n}", **OFFERS) for n in range(20)))
        await asyncio.gather(*(socket.close() for socket in sockets))
    await eventually(lambda: len(house.node.listeners[0]) == 0)
    await eventually(lambda: all(actor.idle for actor in house.node.house.actors))
    await house.node.presence.write()
    assert await records(database) == before | {"leases": 20, "presence": 20}


@pytest.mark.covers("Q8", "Q9", "J-11", "Q14")
async def test_a_frozen_connection_is_replaced_and_its_late_end_harms_nobody(house: House) -> None:
    await house.register("CP-1")
    frozen = await dial(house)
    frozen.write(request())
    await frozen.read_head()
    frozen.writer.transport.pause_reading()  # type: ignore[attr-defined]
    asked = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/GetConfiguration", json={}))
    await eventually(lambda: _calls(house))
    async with connect(f"{house.url}/CP-1", **OFFERS) as new:
        assert (await ask(new, "Heartbeat", {}))[0] == 3
        assert (await asyncio.wait_for(asked, 5)).status_code == 504, "its calls fail at once"
        house.node.listeners[0].sweep(time.monotonic() + 6)
        frozen.writer.transport.abort()
        await eventually(lambda: len(house.node.listeners[0]) == 1)
        again = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/ClearCache", json={}))
        await obey(new)
        assert (await again).json()["answer"] == {"status": "Accepted"}
        await house.node.presence.write()
        assert (await house.http.get("/stations/CP-1")).json()["online"] is True


async def _calls(house: House) -> list[Any]:
    return list((await house.http.get("/stations/CP-1/calls")).json()["items"])


async def obey(socket: ClientConnection) -> str:
    call = json.loads(await asyncio.wait_for(socket.recv(), 5))
    await socket.send(json.dumps([3, call[1], {"status": "Accepted"}]))
    return str(call[2])


async def leave_unanswered(house: House, socket: ClientConnection, times: int) -> None:
    for _ in range(times):
        asked = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/ClearCache", json={}))
        await asyncio.wait_for(socket.recv(), 5)
        lapse(house)
        assert (await asked).status_code == 504


@pytest.mark.covers("Q13", "L6")
async def test_a_station_that_answers_no_call_is_made_to_redial_once(start_house: StartHouse) -> None:
    house = await start_house()
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as mute:
        with capture_logs() as lines:
            await leave_unanswered(house, mute, 2)
            assert (await ask(mute, "Heartbeat", {}))[0] == 3, "what it says is still heard"
            await leave_unanswered(house, mute, 1)
            await asyncio.wait_for(mute.wait_closed(), 5)
        assert mute.close_code == 1001
        assert [line["station"] for line in lines if line["event"] == "station_mute"] == ["CP-1"]
    async with connect(f"{house.url}/CP-1", **OFFERS) as again:
        await leave_unanswered(house, again, 4)
        assert (await ask(again, "Heartbeat", {}))[0] == 3, "once is enough for some time"


@pytest.mark.covers("Q13")
async def test_a_station_that_answers_now_and_then_keeps_its_line(start_house: StartHouse) -> None:
    house = await start_house()
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as slow:
        for _ in range(3):
            await leave_unanswered(house, slow, 2)
            asked = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/ClearCache", json={}))
            await obey(slow)
            assert (await asked).status_code == 200
        assert (await ask(slow, "Heartbeat", {}))[0] == 3


@pytest.mark.covers("Q31", "J-40")
async def test_two_commands_at_once_reach_the_station_one_after_the_other(
    start_house: Callable[..., Awaitable[House]],
) -> None:
    house = await start_house(call_gap_s=0.2)
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        asked = [
            asyncio.create_task(house.http.post(f"/stations/CP-1/ocpp/{action}", json={}))
            for action in ("ClearCache", "GetLocalListVersion")
        ]
        first = json.loads(await asyncio.wait_for(socket.recv(), 5))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.3)
        await socket.send(json.dumps([3, first[1], {"status": "Accepted", "listVersion": 1}]))
        answered = time.monotonic()
        second = json.loads(await asyncio.wait_for(socket.recv(), 5))
        assert time.monotonic() - answered >= 0.19, "the station drew breath"
        await socket.send(json.dumps([3, second[1], {"status": "Accepted", "listVersion": 1}]))
        assert [(await one).status_code for one in asked] == [200, 200]


@pytest.mark.covers("Q11", "Q133", "L17")
async def test_a_restart_tells_every_station_to_come_back(house: House) -> None:
    sockets = []
    for n in range(5):
        await house.register(f"CP-{n}")
        sockets.append(await connect(f"{house.url}/CP-{n}", **OFFERS))
    listener = house.node.listeners[0]
    port = listener.port
    await listener.stop_accepting()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    await listener.drain(batch=2, pause_s=0.01)
    for socket in sockets:
        await asyncio.wait_for(socket.wait_closed(), 5)
        assert socket.close_code == 1012


@pytest.mark.covers("Q22", "SEC-06", "SEC-16")
async def test_the_old_password_holds_until_the_new_one_is_used(house: House) -> None:
    await house.register("CP-1", security_profile=1, password="correct-horse-battery")
    old, new = basic("CP-1", "correct-horse-battery"), basic("CP-1", "another-password-now")
    change = {"password": "another-password-now", "keep_old_s": 3600}
    assert (await house.http.put("/stations/CP-1/password", json=change)).status_code == 204
    for headers in (old, old, new):
        async with connect(f"{house.url}/CP-1", additional_headers=headers, **OFFERS) as socket:
            assert (await ask(socket, "Heartbeat", {}))[0] == 3
    assert await refused(f"{house.url}/CP-1", additional_headers=old) == 401
    async with connect(f"{house.url}/CP-1", additional_headers=new, **OFFERS) as socket:
        assert (await ask(socket, "Heartbeat", {}))[0] == 3


@pytest.mark.covers("Q22")
async def test_the_old_password_holds_no_longer_than_it_was_said(house: House, database: str) -> None:
    await house.register("CP-1", security_profile=1, password="correct-horse-battery")
    change = {"password": "another-password-now", "keep_old_s": 3600}
    await house.http.put("/stations/CP-1/password", json=change)
    connection = await asyncpg.connect(database)
    await connection.execute("UPDATE stations SET old_password_until = now() - interval '1 second'")
    await connection.close()
    assert await refused(f"{house.url}/CP-1", additional_headers=basic("CP-1", "correct-horse-battery")) == 401


@pytest.mark.covers("Q22", "TC_A_09", "SEC-16")
async def test_a_new_password_does_not_cut_the_line_that_stands(house: House) -> None:
    await house.register("CP-1", security_profile=1, password="correct-horse-battery")
    headers = basic("CP-1", "correct-horse-battery")
    async with connect(f"{house.url}/CP-1", additional_headers=headers, **OFFERS) as socket:
        await house.http.put("/stations/CP-1/password", json={"password": "another-password-now"})
        assert (await ask(socket, "Heartbeat", {}))[0] == 3
