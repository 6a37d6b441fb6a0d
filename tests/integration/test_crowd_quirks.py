"""Floods, spikes, slow readers and hostile texts: one station's habit is nobody else's trouble."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import permutations
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.test_session_quirks import only_session
from tests.integration.wire import RawStation, at, start, stop, values

SPIKE = 150
TEN = [{"value": str(1000 + n), "measurand": "Voltage", "phase": f"L{n % 3 + 1}"} for n in range(10)]
HOSTILE = ["<script>alert(1)</script>", "=cmd|'/c calc'!A1", "a\nlevel=error", '"};--', "%s%n{0}", "x" * 65_000]


@pytest.fixture
async def crowd(house: House) -> AsyncIterator[list[RawStation]]:
    async with AsyncExitStack() as stack:
        for n in range(SPIKE):
            await house.register(f"CP-{n}")
        yield [await stack.enter_async_context(RawStation(house, f"CP-{n}")) for n in range(SPIKE)]


async def answers_within(asked: list[Any]) -> float:
    """Return how long the slowest of some calls took, in seconds."""

    async def timed(call: Any) -> float:
        began = time.monotonic()
        await call
        return time.monotonic() - began

    return max(await asyncio.gather(*map(timed, asked)))


@pytest.mark.covers("Q120")
async def test_the_values_of_a_quarter_hour_come_all_at_once_and_are_all_kept(
    house: House, crowd: list[RawStation]
) -> None:
    told = values(0, *TEN)
    slowest, beat = await asyncio.gather(
        answers_within([station.ask("MeterValues", told) for station in crowd[1:]]),
        answers_within([crowd[0].ask("Heartbeat", {})]),
    )
    assert slowest < 5
    assert beat < 1
    kept = await house.node.pool.fetchval("SELECT count(*) FROM journal WHERE type = 'MeterReported'")
    assert kept == SPIKE - 1


@pytest.mark.covers("Q121", "Q58")
async def test_a_station_that_talks_without_end_makes_nobody_else_wait(house: House) -> None:
    for name in ("LOUD", "QUIET"):
        await house.register(name)
    async with RawStation(house, "LOUD") as loud, RawStation(house, "QUIET") as quiet:
        status = {"connectorId": 1, "errorCode": "NoError"}
        for n in range(2000):
            told = status | {"status": ("Available", "Preparing")[n % 2], "timestamp": at(n / 60)}
            await loud.socket.send(json.dumps([2, str(n), "StatusNotification", told]))
        assert await answers_within([quiet.ask("Heartbeat", {})]) < 1
        answered = [json.loads(await asyncio.wait_for(loud.socket.recv(), 20)) for _ in range(2000)]
    assert [frame[:2] for frame in answered] == [[3, str(n)] for n in range(2000)]


@pytest.mark.covers("Q122", "L14")
async def test_a_station_that_does_not_read_is_cut_off_before_it_fills_the_memory(house: House) -> None:
    await house.register("DEAF")
    async with RawStation(house, "DEAF") as deaf:
        (line,) = house.node.house.actors
        deaf.socket.transport.pause_reading()
        connection = line.line
        assert connection is not None
        connection.pause_writing()  # what the loop says once its buffer is full
        connection.tick(time.monotonic() + house.node.listeners[0]._context.stall_s + 1)
        await eventually(lambda: len(house.node.listeners[0]) == 0)
        deaf.socket.transport.abort()


@pytest.mark.covers("Q116", "16-SEC-09")
async def test_a_flood_of_events_is_answered_in_full_and_kept_in_part(house: House) -> None:
    await house.register("CP-1")
    event = {
        "eventId": 1,
        "timestamp": at(0),
        "trigger": "Periodic",
        "actualValue": "41",
        "eventNotificationType": "CustomMonitor",
        "component": {"name": "NobodyKnowsThis", "customData": {"vendorId": "X", "deep": [1]}},
        "variable": {"name": "Temperature"},
    }
    async with RawStation(house, "CP-1", version="2.0.1") as station:
        await station.boot()
        for n in range(400):
            told = {"generatedAt": at(n), "seqNo": n, "eventData": [event | {"eventId": n}]}
            assert await station.ask("NotifyEvent", told) == {}
        assert await station.ask("SecurityEventNotification", {"type": "NeverHeardOf", "timestamp": at(1)}) == {}
    notices = await house.node.pool.fetch(
        "SELECT review FROM notices WHERE station_id = 'CP-1' AND topic = 'NotifyEvent'"
    )
    assert 100 < len(notices) < 400
    assert sum(notice["review"] is not None for notice in notices) == len(notices) // 121
    await house.node.frames.write()
    logged = await house.node.pool.fetchval("SELECT sum(json_array_length(leaf::json)) FROM frames")
    assert logged >= 800


@pytest.mark.covers("Q127", "Q33")
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
async def test_texts_of_a_station_are_only_texts(house: House, text: str) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        boot = {"chargePointVendor": text, "chargePointModel": text, "firmwareVersion": text}
        assert (await station.ask("BootNotification", boot))["status"] == "Accepted"
        told = {"connectorId": 1, "status": text, "errorCode": text, "info": text, "vendorId": text}
        assert await station.ask("StatusNotification", told) == {}
        assert (await station.ask("Authorize", {"idTag": text}))["idTagInfo"]["status"] == "Invalid"
        assert "transactionId" in await station.ask("StartTransaction", start(0, 1000, idTag=text))
    kept = (await house.http.get("/stations/CP-1")).json()
    assert (kept["vendor"], kept["model"], kept["firmware"]) == (text, text, text)
    (session,) = await house.sessions(station="CP-1")
    assert session["token"] == text
    metrics = await house.http.get(str(house.http.base_url).replace("/api/v1/", "/metrics"))
    assert metrics.status_code == 200
    assert text not in metrics.text


@pytest.mark.covers("Q106", "16-CORE-14")
@pytest.mark.parametrize(
    "content", ["plain", {"an": {"object": [1, None]}}, "x" * 100_000, None, 7], ids=lambda c: str(c)[:9]
)
async def test_what_only_a_vendor_understands_is_kept_as_it_came(house: House, content: Any) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        told = {"vendorId": "com.example", "messageId": "M", "data": content}
        assert await station.ask("DataTransfer", told) == {"status": "UnknownVendorId"}
    (notice,) = (await house.http.get("/stations/CP-1/notices")).json()["items"]
    assert json.loads(notice["body"])[3] == told


ORDERS = list(permutations(("answer", "authorize", "start")))


@pytest.mark.covers("Q100")
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
async def test_a_remote_start_is_one_session_whatever_the_station_says_first(
    house: House, order: tuple[str, ...]
) -> None:
    await house.token("TAG-1")
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        asking = asyncio.create_task(
            house.http.post("/stations/CP-1/commands/remote-start", json={"token": "TAG-1", "evse": 1})
        )
        command = await station.take()
        number = None
        for step in order:
            if step == "answer":
                await station.answer(command, {"status": "Accepted"})
            elif step == "authorize":
                assert (await station.ask("Authorize", {"idTag": "TAG-1"}))["idTagInfo"]["status"] == "Accepted"
            else:
                number = (await station.ask("StartTransaction", start(0)))["transactionId"]
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).status_code == 200
        assert (await station.ask("StartTransaction", start(0)))["transactionId"] == number
        await station.ask("StopTransaction", stop(9, 3000, number))
        assert await station.unasked()
    session = await only_session(house)
    assert (session["energy_wh"], session["active"]) == (2000, False)


def variable(n: int, **component: Any) -> dict[str, Any]:
    return {
        "component": {"name": "C", **component},
        "variable": {"name": f"V{n}"},
        "variableAttribute": [{"value": str(n)}],
    }


@pytest.mark.covers("Q114")
async def test_a_report_is_kept_whatever_its_pages_look_like(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version="2.0.1") as station:
        await station.boot()
        pages = [
            {"requestId": 1, "seqNo": 1, "tbc": True, "reportData": [variable(1)]},
            {"requestId": 2, "seqNo": 7, "tbc": True, "reportData": [variable(2)]},
            {"requestId": 1, "seqNo": 1, "tbc": True, "reportData": [variable(3)]},
            {"requestId": 1, "seqNo": 0, "reportData": [variable(4, evse={"id": 2})]},
            {"requestId": 2, "seqNo": 8, "tbc": True},
        ]
        for page in pages:
            assert await station.ask("NotifyReport", page | {"generatedAt": at(0)}) == {}
        many = [variable(n) for n in range(5, 2005)]
        for seq in range(0, 2000, 500):
            page = {"requestId": 3, "seqNo": seq // 500, "tbc": True, "reportData": many[seq : seq + 500]}
            assert await station.ask("NotifyReport", page | {"generatedAt": at(0)}) == {}
    told = (await house.http.get("/stations/CP-1/variables")).json()
    assert {one["variable"] for one in told} == {f"V{n}" for n in range(1, 2005)}
