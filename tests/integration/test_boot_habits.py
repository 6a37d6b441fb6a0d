"""How stations boot, or do not, and what they say before they may (Q4, Q47 to Q54)."""

import asyncio
import json
import time
from typing import Any

import asyncpg
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol as Token

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.test_gateway import OFFERS, ask

BOOT: dict[str, Any] = {"chargePointVendor": "V", "chargePointModel": "M"}
BOOT_2: dict[str, Any] = {"chargingStation": {"model": "M", "vendorName": "V"}, "reason": "PowerUp"}
START: dict[str, Any] = {"connectorId": 1, "idTag": "TAG-1", "meterStart": 100, "timestamp": "2026-11-24T10:00:00Z"}
OFFERS_2: dict[str, Any] = {"subprotocols": [Token("ocpp2.0.1")], "compression": None}


async def journal_rows(database: str) -> int:
    connection = await asyncpg.connect(database)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM journal"))
    finally:
        await connection.close()


@pytest.mark.covers("Q4")
async def test_a_boot_of_1_6_on_a_2_0_1_line_is_refused_and_the_line_stays(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS_2) as socket:
        answer = await ask(socket, "BootNotification", BOOT)
        assert answer[0] == 4, answer
        assert answer[2] in {"ProtocolError", "OccurrenceConstraintViolation", "FormatViolation"}
        assert (await ask(socket, "BootNotification", BOOT_2, "2"))[2]["status"] == "Accepted"


@pytest.mark.covers("Q4")
async def test_who_mixes_versions_is_told_of_so_that_somebody_pins_it(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS_2) as socket:
        for n in range(3):
            await ask(socket, "BootNotification", BOOT, str(n))
    notices = (await house.http.get("/stations/CP-1/notices")).json()["items"]
    assert [(notice["topic"], "1.6" in notice["review"]) for notice in notices] == [("BootNotification", True)]


MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("Heartbeat", {}),
    ("Authorize", {"idTag": "TAG-1"}),
    ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
    ("StartTransaction", START),
    (
        "MeterValues",
        {"connectorId": 1, "meterValue": [{"timestamp": "2026-11-24T10:01:00Z", "sampledValue": [{"value": "1"}]}]},
    ),
    ("StopTransaction", {"transactionId": 0, "meterStop": 200, "timestamp": "2026-11-24T10:05:00Z"}),
    ("FirmwareStatusNotification", {"status": "Idle"}),
    ("DiagnosticsStatusNotification", {"status": "Idle"}),
]


@pytest.mark.parametrize("policy", [None, "pending", "reject"])
@pytest.mark.covers("Q47", "Q48")
async def test_a_1_6_station_is_answered_whatever_it_was_told_at_boot(house: House, policy: str | None) -> None:
    await house.token()
    await house.register("CP-1", **({} if policy is None else {"boot_policy": policy}))
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        if policy is not None:
            assert (await ask(socket, "BootNotification", BOOT, "boot"))[2]["status"].lower().startswith(policy)
        for n, (action, payload) in enumerate(MESSAGES):
            assert (await ask(socket, action, payload, str(n)))[0] == 3, action
    assert len(await house.sessions(station="CP-1")) >= 1


@pytest.mark.covers("Q49", "Q51", "BOOT-17")
@pytest.mark.parametrize("policy", ["accept", "pending"])
async def test_a_station_that_boots_and_boots_is_answered_and_written_down_once(
    house: House, database: str, policy: str
) -> None:
    await house.register("CP-1", boot_policy=policy)
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        answers = [(await ask(socket, "BootNotification", BOOT, str(n)))[2] for n in range(50)]
        assert (await ask(socket, "Heartbeat", {}))[0] == 3, "its line is healthy, and stays"
    assert {answer["status"] for answer in answers} == {"Accepted" if policy == "accept" else "Pending"}
    assert all(answer["interval"] >= 60 for answer in answers)
    assert await journal_rows(database) == 1


@pytest.mark.covers("Q51", "BOOT-17")
@pytest.mark.parametrize(("offers", "report"), [(OFFERS, BOOT), (OFFERS_2, BOOT_2)], ids=["1.6", "2.0.1"])
async def test_a_restart_is_seen_though_it_takes_no_ten_seconds(
    shared_house: House, offers: dict[str, Any], report: dict[str, Any]
) -> None:
    station = f"QUICK-{offers['subprotocols'][0]}"
    await shared_house.register(station)
    booted_at: list[str] = []
    for _ in range(2):
        async with connect(f"{shared_house.url}/{station}", **offers) as socket:
            for n in range(3):
                await ask(socket, "BootNotification", report, str(n))
        booted_at.append((await shared_house.http.get(f"/stations/{station}")).json()["booted_at"])
    assert booted_at[0] < booted_at[1]


@pytest.mark.covers("Q50", "BOOT-02")
async def test_the_interval_is_the_stations_own_or_that_of_the_house_and_never_zero(house: House) -> None:
    await house.register("CP-1")
    await house.register("CP-2", heartbeat_s=1800)
    for station, interval in (("CP-1", 300), ("CP-2", 1800)):
        async with connect(f"{house.url}/{station}", **OFFERS) as socket:
            assert (await ask(socket, "BootNotification", BOOT))[2]["interval"] == interval


@pytest.mark.covers("Q52", "Q15")
async def test_heartbeats_are_answered_out_of_memory_while_the_database_stands_still(
    house: House, database: str
) -> None:
    await house.register("CP-1")
    await house.register("CP-2")
    async with connect(f"{house.url}/CP-1", **OFFERS) as busy, connect(f"{house.url}/CP-2", **OFFERS) as idle:
        for socket in (busy, idle):
            await ask(socket, "Heartbeat", {}, "wake")
        blocker = await asyncpg.connect(database)
        held = blocker.transaction()
        await held.start()
        await blocker.execute("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
        status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
        await busy.send(json.dumps([2, "status", "StatusNotification", status]))
        slowest = 0.0
        for n in range(20):
            asked = time.monotonic()
            assert (await ask(idle, "Heartbeat", {}, str(n)))[0] == 3
            slowest = max(slowest, time.monotonic() - asked)
        await held.rollback()
        await blocker.close()
        assert slowest < 0.5
        assert json.loads(await asyncio.wait_for(busy.recv(), 10)) == [3, "status", {}]


@pytest.mark.covers("Q52", "16-GEN-06")
async def test_every_answer_to_a_heartbeat_tells_the_time_in_utc_and_whole_seconds(house: House) -> None:
    await house.register("CP-1")
    for offers in (OFFERS, OFFERS_2):
        async with connect(f"{house.url}/CP-1", **offers) as socket:
            await ask(socket, "BootNotification", BOOT if offers is OFFERS else BOOT_2, "b")
            told = (await ask(socket, "Heartbeat", {}))[2]["currentTime"]
            assert len(told) == len("2026-11-24T10:00:00Z")
            assert told.endswith("Z")


async def begin(socket: ClientConnection) -> int:
    return int((await ask(socket, "StartTransaction", START, "start"))[2]["transactionId"])


@pytest.mark.parametrize("after", ["goes on", "stops late", "says nothing"])
@pytest.mark.covers("Q53", "TX-24", "BOOT-16")
async def test_a_boot_in_a_session_ends_nothing_and_what_follows_decides(house: House, after: str) -> None:
    await house.token()
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        await ask(socket, "BootNotification", BOOT, "b1")
        number = await begin(socket)
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        await ask(socket, "BootNotification", BOOT | {"iccid": "1"}, "b2")
        assert len(await house.sessions(station="CP-1", active=True)) == 1
        if after == "goes on":
            sampled = [{"value": "600", "measurand": "Energy.Active.Import.Register"}]
            value = {"timestamp": "2026-11-24T10:10:00Z", "sampledValue": sampled}
            meter = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
            assert (await ask(socket, "MeterValues", meter, "m"))[0] == 3
        if after != "says nothing":
            stop = {
                "transactionId": number,
                "meterStop": 700,
                "timestamp": "2026-11-24T10:20:00Z",
                "reason": "PowerLoss",
            }
            assert (await ask(socket, "StopTransaction", stop, "s"))[0] == 3
    (session,) = await house.sessions(station="CP-1")
    assert session["active"] is (after == "says nothing")
    assert session["energy_wh"] == (0 if after == "says nothing" else 600)


@pytest.mark.covers("Q54")
async def test_another_box_under_the_same_id_comes_in_and_is_seen(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as socket:
        await ask(socket, "BootNotification", BOOT | {"firmwareVersion": "1"}, "1")
        other = {"chargePointVendor": "W", "chargePointModel": "N", "firmwareVersion": "2"}
        assert (await ask(socket, "BootNotification", other, "2"))[2]["status"] == "Accepted"
    station = (await house.http.get("/stations/CP-1")).json()
    assert (station["vendor"], station["model"], station["firmware"]) == ("W", "N", "2")


@pytest.mark.covers("Q47", "J-47", "J-41")
async def test_a_reconnect_without_boot_keeps_the_registration_of_2_0_1(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS_2) as socket:
        await ask(socket, "BootNotification", BOOT_2)
    await eventually(lambda: len(house.node.listeners[0]) == 0)
    status = {"timestamp": "2026-11-24T10:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    async with connect(f"{house.url}/CP-1", **OFFERS_2) as socket:
        assert await ask(socket, "StatusNotification", status, "1") == [3, "1", {}]


@pytest.mark.covers("Q3", "Q4")
async def test_a_probe_in_1_6_before_the_real_2_0_1_does_no_harm(house: House) -> None:
    await house.register("CP-1")
    async with connect(f"{house.url}/CP-1", **OFFERS) as probe:
        assert (await ask(probe, "BootNotification", BOOT))[0] == 3
        async with connect(f"{house.url}/CP-1", **OFFERS_2) as socket:
            assert (await ask(socket, "BootNotification", BOOT_2))[2]["status"] == "Accepted"
            assert (await ask(socket, "Heartbeat", {}, "2"))[0] == 3
        await asyncio.wait_for(probe.wait_closed(), 5)
    async with connect(f"{house.url}/CP-1", **OFFERS) as back:
        assert (await ask(back, "Heartbeat", {}))[0] == 3
