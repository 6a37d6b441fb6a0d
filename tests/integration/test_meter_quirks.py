"""What meters say, over real sockets and in both versions: the right energy, and every value as it came."""

import json
import random
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.wire import RawStation, at, event, start, stop, values

REGISTER = "Energy.Active.Import.Register"
OCMF = "OCMF|" + "".join(random.Random(89).choices('0123456789ABCDEFabcdef{}":,|\\/é', k=16_000))

SHAPES: dict[str, tuple[list[list[dict[str, Any]]], int]] = {
    "bare": ([[{"value": "1200"}], [{"value": "1700"}]], 700),
    "kwh": ([[{"value": "1.2", "unit": "kWh"}], [{"value": "1.7", "unit": "kWh"}]], 700),
    "comma and blanks": ([[{"value": " 1,2 ", "unit": "kWh"}], [{"value": "1,7", "unit": "kWh"}]], 700),
    "glued": ([[{"value": "500", "measurand": f"{REGISTER}.L1"}], [{"value": "1700"}]], 700),
    "phases beside the total": (
        [[{"value": "1700"}, *({"value": "900", "phase": f"L{n}"} for n in (1, 2, 3))]],
        700,
    ),
    "one phase alone": ([[{"value": "1200", "phase": "L1"}], [{"value": "1700", "phase": "L1"}]], 700),
    "blip": ([[{"value": "1200"}], [{"value": "0"}], [{"value": "1700"}]], 700),
    "nothing between": ([[{"value": "1200"}], [{"value": ""}], [{"value": "NaN"}], [{"value": "1700"}]], 700),
    "null between": ([[{"value": "1200"}], [{"value": None}, {"value": "1700"}]], 700),
    "no value at all": ([[{}], [{"value": {"odd": 1}}, {"value": "1700"}]], 700),
    "reversed": ([[{"value": "1700"}], [{"value": "1200"}]], 700),
    "other measurands": ([[{"value": "230", "measurand": "Voltage"}, {"value": "1700", "measurand": REGISTER}]], 700),
    "of the vehicle": ([[{"value": "99000", "location": "EV"}, {"value": "1700"}]], 700),
    "neutral": ([[{"value": "5", "measurand": "Current.Import", "phase": "N"}, {"value": "1700"}]], 700),
    "exponent": ([[{"value": "1.7e3"}]], 700),
    "silent": ([], 0),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.covers("Q36", "Q84", "Q85", "Q86", "Q87", "Q88", "Q91", "Q92")
async def test_energy_is_right_for_every_shape_of_1_6_values(house: House, shape: str) -> None:
    samples, energy = SHAPES[shape]
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        for n, told in enumerate(samples):
            minute = 10 - n if shape == "reversed" else n + 1
            await station.ask("MeterValues", values(minute, *told, transactionId=number))
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == energy
    notices = (await house.http.get("/stations/CP-1/notices")).json()["items"]
    assert len(notices) == (1 if shape == "no value at all" else 0)


SHAPES_2: dict[str, tuple[list[list[dict[str, Any]]], int]] = {
    "bare": ([[{"value": 1200}], [{"value": 1700}]], 700),
    "kwh": ([[{"value": 1.7, "unitOfMeasure": {"unit": "kWh"}}]], 700),
    "multiplied": ([[{"value": 17, "unitOfMeasure": {"multiplier": 2}}]], 700),
    "fifteen decimals": ([[{"value": 1699.999999999999999}]], 700),
    "exponent": ([[{"value": 1.7e3}]], 700),
    "minus nothing": ([[{"value": -0.0}], [{"value": 1700}]], 700),
    "text": ([[{"value": " 1700 "}]], 700),
    "not a number": ([[{"value": "NaN"}, {"value": float("nan")}, {"value": 1700}]], 700),
    "null": ([[{"value": None}, {"value": 1700}]], 700),
    "no value at all": ([[{}, {"value": [1]}], [{"value": 1700}]], 700),
    "phases beside the total": ([[{"value": 1700}, *({"value": 900, "phase": f"L{n}"} for n in (1, 2, 3))]], 700),
    "silent": ([[]], 0),
}


@pytest.mark.parametrize("shape", SHAPES_2)
@pytest.mark.covers("Q84", "Q85", "Q86", "Q87", "Q88", "Q91", "TX-51")
async def test_energy_is_right_for_every_shape_of_2_0_1_values(house: House, shape: str) -> None:
    samples, energy = SHAPES_2[shape]
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.0.1") as station:
        await station.boot()
        await station.ask("TransactionEvent", event("Started", 0, 1000))
        for n, told in enumerate(samples):
            await station.ask("TransactionEvent", event("Updated", n + 1, *told, seq=n + 1))
        await station.ask("TransactionEvent", event("Ended", 9, seq=len(samples) + 1))
    (session,) = await house.sessions(station="CP-1")
    assert (session["energy_wh"], session["active"], session["ended_at"]) == (energy, False, at(9))


@pytest.mark.covers("Q91")
async def test_a_meter_that_says_nothing_has_no_reading_rather_than_zero(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.0.1") as station:
        await station.boot()
        await station.ask("TransactionEvent", event("Started", 0))
        await station.ask("TransactionEvent", event("Ended", 9, seq=1))
    (session,) = await house.sessions(station="CP-1")
    assert (session["meter_start_wh"], session["meter_stop_wh"], session["power_w"]) == (None, None, None)


@pytest.mark.covers("Q86", "16-CORE-08")
async def test_a_bare_value_has_the_defaults_of_the_specification(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.ask("MeterValues", values(1, "1200", transactionId=number))
    (session,) = await house.sessions(station="CP-1")
    value = (await house.http.get(f"/sessions/{session['id']}/meter-values")).json()[-1]
    told = {"measurand": REGISTER, "unit": "Wh", "context": "Sample.Periodic", "location": "Outlet", "phase": None}
    assert {name: value[name] for name in told} == told


@pytest.mark.covers("Q89", "TX-50", "W25")
async def test_a_signed_value_of_1_6_comes_back_byte_for_byte(house: House) -> None:
    await house.register("CP-1")
    signed = {"value": OCMF, "format": "SignedData", "context": "Transaction.End"}
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        data = [{"timestamp": at(9), "sampledValue": [signed]}]
        await station.ask("StopTransaction", stop(9, 1700, number, transactionData=data))
    (session,) = await house.sessions(station="CP-1")
    kept = (await house.http.get(f"/sessions/{session['id']}/meter-values")).json()
    assert [value["signed"] for value in kept if value["signed"]] == [OCMF]
    assert session["energy_wh"] == 700


@pytest.mark.covers("Q89", "TX-50")
async def test_a_signed_value_of_2_0_1_comes_back_byte_for_byte(house: House) -> None:
    await house.register("CP-1")
    signed = {"signedMeterData": OCMF[:2500], "signingMethod": "", "encodingMethod": "OCMF", "publicKey": "30 59"}
    async with RawStation(house, "CP-1", "2.0.1") as station:
        await station.boot()
        await station.ask("TransactionEvent", event("Started", 0, 1000))
        told = {"value": 1700, "signedMeterValue": signed, "context": "Transaction.End"}
        await station.ask("TransactionEvent", event("Ended", 9, told, seq=1))
    (session,) = await house.sessions(station="CP-1")
    kept = (await house.http.get(f"/sessions/{session['id']}/meter-values")).json()
    (found,) = [json.loads(value["signed"]) for value in kept if value["signed"]]
    assert found == signed
    assert session["energy_wh"] == 700


@pytest.mark.covers("Q90", "TX-52", "TX-30")
async def test_values_on_the_hour_belong_to_the_session_of_their_connector_and_time(house: House) -> None:
    await house.register("CP-1")
    clock = {"context": "Sample.Clock"}
    async with RawStation(house, "CP-1") as station:
        await station.ask("MeterValues", values(-30, {"value": "900", **clock}))
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.ask("MeterValues", values(15, {"value": "1200", **clock}))
        await station.ask("MeterValues", values(15, "1200", transactionId=number))
        await station.ask("MeterValues", values(-15, {"value": "950", **clock}))
        await station.ask("StopTransaction", stop(30, 1500, number))
        await station.ask("MeterValues", values(45, {"value": "1600", **clock}))
    (session,) = await house.sessions(station="CP-1")
    assert (session["energy_wh"], session["meter_start_wh"], session["began_at"]) == (500, 1000, at(0))
    kept = (await house.http.get(f"/sessions/{session['id']}/meter-values")).json()
    assert [value["value"] for value in kept] == ["1000", "1200", "1200", "1500"]


@pytest.mark.parametrize("evse", [0, 1])
@pytest.mark.covers("TX-52", "Q55")
async def test_values_outside_of_a_transaction_are_of_the_session_of_their_evse(house: House, evse: int) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", "2.0.1") as station:
        await station.boot()
        told = [{"timestamp": at(5), "sampledValue": [{"value": 1300, "context": "Sample.Clock"}]}]
        await station.ask("MeterValues", {"evseId": evse, "meterValue": told})
        await station.ask("TransactionEvent", event("Started", 0, 1000))
        await station.ask("MeterValues", {"evseId": evse, "meterValue": told})
        assert (await house.sessions(station="CP-1"))[0]["energy_wh"] == 300
        await station.ask("TransactionEvent", event("Ended", 9, 1700, seq=1))
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 700
