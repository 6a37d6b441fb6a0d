"""Texts that no database takes as they come: the record is made all the same, and nobody else hears of it."""

import random
import string
from typing import Any

import asyncpg
import pytest

from tests.integration.conftest import House
from tests.integration.test_session_quirks import only_session
from tests.integration.wire import RawStation, event, start, stop, values

ENDLESS = "".join(random.Random(3).choices(string.ascii_letters, k=9000))
NUL = "\0"


@pytest.mark.covers("Q38", "Q42")
async def test_texts_that_are_padded_with_nul_are_texts_without(house: House) -> None:
    await house.token("TAG-1")
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        boot = {"chargePointVendor": f"V{NUL * 3}", "chargePointModel": f"M{NUL}N", "firmwareVersion": NUL}
        assert (await station.ask("BootNotification", boot))["status"] == "Accepted"
        answer = await station.ask("StartTransaction", start(0, 1000, idTag=f"TAG-1{NUL * 15}"))
        assert answer["idTagInfo"]["status"] == "Accepted"
        number = answer["transactionId"]
        assert (await station.ask("StartTransaction", start(0, 1000, idTag=f"TAG-1{NUL * 15}")))[
            "transactionId"
        ] == number
        await station.ask("MeterValues", values(2, {"value": f"1200{NUL}", "unit": f"Wh{NUL}"}, transactionId=number))
        await station.ask("StopTransaction", stop(5, 1500, number, reason=f"Odd{NUL}one"))
    session = await only_session(house)
    assert (session["energy_wh"], session["active"], session["token"]) == (500, False, "TAG-1")
    told = (await house.http.get("/stations/CP-1")).json()
    assert (told["vendor"], told["model"]) == ("V", "M\ufffdN")


@pytest.mark.covers("Q38", "Q42")
async def test_an_event_of_2_0_1_with_nul_in_its_texts_makes_its_record(house: House) -> None:
    await house.token("TAG-1")
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version="2.0.1") as station:
        await station.boot()
        for n, (kind, wh) in enumerate((("Started", 1000), ("Updated", 1200), ("Ended", 1500))):
            told = event(kind, n, wh, name=f"tx{NUL}", seq=n, info={"chargingState": f"Charging{NUL}"})
            assert isinstance(await station.ask("TransactionEvent", told), dict)
    session = await only_session(house)
    assert (session["energy_wh"], session["active"]) == (500, False)


def variable(name: str, **more: Any) -> dict[str, Any]:
    return {
        "component": {"name": name},
        "variable": {"name": name},
        "variableAttribute": [{"value": "1"}],
        "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False, **more},
    }


@pytest.mark.covers("Q33", "Q42")
async def test_names_without_end_cost_no_other_station_the_database(house: House, database: str) -> None:
    await house.token("TAG-1")
    for station in ("CP-1", "CP-2"):
        await house.register(station)
    async with (
        RawStation(house, "CP-1", version="2.0.1") as odd,
        RawStation(house, "CP-2", version="2.0.1") as good,
    ):
        await odd.boot()
        await good.boot()
        for n, kind in enumerate(("Started", "Updated", "Ended")):
            await odd.ask("TransactionEvent", event(kind, n, 1000 + n * 100, name=ENDLESS, seq=n))
            await good.ask("TransactionEvent", event(kind, n, 1000 + n * 100, seq=n))
            assert house.node.journal.ready
        report = {"requestId": 1, "generatedAt": "2026-11-24T10:00:00Z", "seqNo": 0}
        await odd.say("NotifyReport", report | {"reportData": [variable(ENDLESS), variable("Fine", unit=f"A{NUL}")]})
        assert house.node.journal.ready
    assert [session["energy_wh"] for session in await house.sessions(station="CP-2")] == [200]
    connection = await asyncpg.connect(database)
    kept = await connection.fetch("SELECT body FROM notices WHERE station_id = 'CP-1' AND review IS NOT NULL")
    await connection.close()
    assert len(kept) == 3
    assert all(ENDLESS in notice["body"] for notice in kept), "nothing with energy is lost"
