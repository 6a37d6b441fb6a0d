"""A charging day in the words of 2.1: what it adds is kept, and answered by its own schemas."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.integration.conftest import House
from tests.integration.wire import RawStation, at, event
from tests.official import faults, minimal

LIMIT = {"maxCost": 12.5, "maxEnergy": 20000.0, "maxTime": 3600, "maxSoC": 80}
COST = {
    "totalCost": {
        "currency": "EUR",
        "typeOfCost": "NormalCost",
        "energy": {"exclTax": 3.125, "inclTax": 3.75, "taxRates": [{"type": "vat", "tax": 20.0}]},
        "total": {"exclTax": 3.125, "inclTax": 3.75},
    },
    "totalUsage": {"energy": 0.5, "chargingTime": 540, "idleTime": 0},
    "chargingPeriods": [{"startPeriod": at(0), "tariffId": "NIGHT", "dimensions": [{"type": "Energy", "volume": 0.5}]}],
}
STREAM = {"id": 3, "pending": 0, "basetime": at(0), "data": [{"t": 0, "v": "21.5"}, {"t": 0.5, "v": "21.7"}]}


async def ask(station: RawStation, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Ask by the letter, and be answered by the letter."""
    assert faults("2.1", action, "Request", payload) == []
    answer = await station.ask(action, payload)
    assert faults("2.1", action, "Response", answer) == []
    return answer


async def details(house: House) -> list[Any]:
    (session,) = await house.sessions()
    return [told["details"] for told in (await house.http.get(f"/sessions/{session['id']}/events")).json()]


async def send(station: RawStation, action: str, payload: Any) -> None:
    await station.socket.send(json.dumps([6, "s-1", action, payload]))


@pytest.mark.covers("V21-GEN-01", "V21-GEN-02", "J-21", "J-22", "TX-04", "TX-26")
async def test_a_session_of_2_1_from_boot_to_end(house: House) -> None:
    await house.token("4711", kind="DirectPayment")
    await house.register("CP-1")
    token = {"idToken": "4711", "type": "DirectPayment"}
    async with RawStation(house, "CP-1", "2.1") as station:
        assert await station.boot() == "Accepted"
        await ask(station, "StatusNotification", minimal("2.1", "StatusNotification") | {"connectorStatus": "Occupied"})
        assert (await ask(station, "Authorize", {"idToken": token}))["idTokenInfo"]["status"] == "Accepted"
        info = {"operationMode": "ChargingOnly", "tariffId": "NIGHT", "transactionLimit": LIMIT}
        begun = event("Started", 0, 1000, info=info | {"chargingState": "Charging"}, idToken=token)
        assert (await ask(station, "TransactionEvent", begun))["idTokenInfo"]["status"] == "Accepted"
        await send(station, "NotifyPeriodicEventStream", STREAM)
        limited = {"triggerReason": "LimitSet", "preconditioningStatus": "Ready", "evseSleep": False}
        assert await ask(station, "TransactionEvent", event("Updated", 5, 1200, seq=1, **limited)) == {}
        with capture_logs() as lines:
            await station.socket.send(json.dumps([5, "m5", "FormatViolation", "what is this?", {}]))
            used = {"timeSpentCharging": 540, "stoppedReason": "ReqEnergyTransferRejected"}
            ended = event("Ended", 9, 1500, seq=2, info=used, costDetails=COST, customData={"vendorId": "V", "x": [1]})
            assert await ask(station, "TransactionEvent", ended) == {}
        assert station.commands == []
    assert [line["code"] for line in lines if line["event"] == "result_disputed"] == ["FormatViolation"]
    (session,) = await house.sessions()
    told = {name: session[name] for name in ("energy_wh", "token", "token_kind", "reason", "active", "flags")}
    assert told == {
        "energy_wh": 500,
        "token": "4711",
        "token_kind": "DirectPayment",
        "reason": "ReqEnergyTransferRejected",
        "active": False,
        "flags": ["delivered-late"],
    }
    assert await details(house) == [
        info,
        {"preconditioningStatus": "Ready", "evseSleep": False},
        {"costDetails": COST, "timeSpentCharging": 540, "customData": {"vendorId": "V", "x": [1]}},
    ]
    (notice,) = (await house.http.get("/stations/CP-1/notices")).json()["items"]
    assert (notice["topic"], json.loads(notice["body"])) == ("NotifyPeriodicEventStream", STREAM)


@pytest.mark.covers("V21-TX-01", "Q53")
async def test_a_session_that_resumes_after_a_reboot_is_the_same_one(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.1") as station:
        await station.boot()
        asking = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/Reset", json={"type": "ImmediateAndResume"}))
        await ask(station, "TransactionEvent", event("Started", 0, 1000))
        command = await station.take()
        assert command[2:] == ["Reset", {"type": "ImmediateAndResume"}]
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).status_code == 200
        await station.reconnect(forgotten=True)
        await station.boot()
        resumed = {"triggerReason": "TxResumed", "info": {"chargingState": "Charging"}}
        await ask(station, "TransactionEvent", event("Updated", 12, 1100, seq=1, **resumed))
        await ask(station, "TransactionEvent", event("Ended", 20, 1900, seq=2))
    (session,) = await house.sessions()
    assert (session["energy_wh"], session["active"], session["estimated"]) == (900, False, False)
    assert "gap" not in session["flags"]


@pytest.mark.covers("J-22", "J-40", "V21-GEN-01")
async def test_what_is_only_sent_is_never_answered_not_even_with_an_error(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.1") as station:
        await station.boot()
        asking = asyncio.create_task(house.http.post("/stations/CP-1/ocpp/ClearCache", json={}))
        command = await station.take()
        for action, payload in (
            ("NotifyPeriodicEventStream", {"id": "x"}),
            ("Dance", {}),
            ("Heartbeat", None),
            ("", 5),
        ):
            await send(station, action, payload)
        await station.socket.send('[6,"s-2"]')
        await station.socket.send('[6,"s-3","NotifyPeriodicEventStream",{"broken"')
        assert await station.unasked(), "an answer to a SEND would have failed here"
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).json()["outcome"] == "Answered"
    topics = [notice["topic"] for notice in (await house.http.get("/stations/CP-1/notices")).json()["items"]]
    assert {"NotifyPeriodicEventStream", "Dance"} <= set(topics)


@pytest.mark.covers("J-23", "J-21", "J-22")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_older_versions_know_neither_of_the_two_and_drop_them(house: House, version: str) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        await send(station, "NotifyPeriodicEventStream", STREAM)
        await station.socket.send('[5,"m1","InternalError","",{}]')
        assert await station.unasked()
    assert (await house.http.get("/stations/CP-1/notices")).json()["items"] == []


@pytest.mark.covers("V21-GEN-02", "Q37")
async def test_words_that_2_1_leaves_open_are_kept_as_they_are(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.1") as station:
        await station.boot()
        token = {"idToken": "X", "type": "Retina"}
        answer = await ask(station, "Authorize", {"idToken": token})
        assert answer["idTokenInfo"]["status"] == "Unknown"
        sample = {
            "value": 41,
            "measurand": "Display.PresentSOC",
            "location": "EV",
            "unitOfMeasure": {"unit": "Percent"},
        }
        await ask(station, "TransactionEvent", event("Started", 0, 1000, sample, idToken=token))
    (session,) = await house.sessions()
    assert (session["token"], session["token_kind"]) == ("X", "Retina")
    values = (await house.http.get(f"/sessions/{session['id']}/meter-values")).json()
    assert {value["measurand"] for value in values} == {"Energy.Active.Import.Register", "Display.PresentSOC"}


@pytest.mark.covers("Q34")
async def test_what_2_0_1_tells_and_nobody_asks_for_is_kept_too(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.0.1") as station:
        await station.boot()
        more = {"numberOfPhasesUsed": 3, "cableMaxCurrent": 32, "customData": {"vendorId": "V"}}
        await station.ask("TransactionEvent", event("Started", 0, 1000, info={"timeSpentCharging": 0}, **more))
        await station.ask("TransactionEvent", event("Updated", 1, 1100, seq=1))
    assert await details(house) == [more | {"timeSpentCharging": 0}, None]
