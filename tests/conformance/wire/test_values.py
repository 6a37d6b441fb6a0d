"""Values and reports of odd shapes and sizes, as real stacks send them."""

import json
import random
from typing import Any

import pytest

from tests.conformance.wire.stacks import stack
from tests.integration.conftest import House
from tests.integration.rest.operators_lists import LATER
from tests.integration.wire import start, stop, values

ENERGY = "Energy.Active.Import.Register"
SIGNED = json.dumps({"payload": "".join(random.Random(25).choices("0123456789ABCDEF", k=600)), "encoding": "OCMF"})
TWO = pytest.mark.parametrize("version", ["2.0.1", "2.1"])


@pytest.mark.covers("W17", "Q32")
@pytest.mark.parametrize("told", [1300, 1300.0, 1299.6, -0.0], ids=str)
async def test_a_value_that_is_a_number_and_no_text_is_one(shared_house: House, told: float) -> None:
    async with stack(shared_house) as station:
        number = (await station.ask("StartTransaction", start(0, 0)))["transactionId"]
        await station.ask("MeterValues", values(5, {"value": told, "unit": "Wh"}, transactionId=number))
        assert await station.told("energy_wh") == [(round(told),)]
        assert (await station.read("/notices"))["items"] == []


@pytest.mark.covers("W25", "Q89", "Q88")
async def test_signed_and_fractional_values_and_a_battery_that_empties_are_kept_and_the_energy_is_right(
    shared_house: House,
) -> None:
    async with stack(shared_house) as station:
        number = (await station.ask("StartTransaction", start(0, 0)))["transactionId"]
        readings = ["28.57", "57.14", "85.71"]
        for minute, (reading, charge) in enumerate(zip(readings, ("80", "42", "7"), strict=True), 1):
            battery = {"value": charge, "measurand": "SoC", "unit": "Percent", "location": "EV"}
            signed = {"value": SIGNED, "format": "SignedData", "measurand": ENERGY, "context": "Sample.Periodic"}
            register = {"value": reading, "measurand": ENERGY, "unit": "Wh"}
            await station.ask("MeterValues", values(minute, battery, signed, register, transactionId=number))
        (session,) = await station.sessions()
        assert (session["energy_wh"], session["soc_percent"]) == (86, 7)
        await station.ask("StopTransaction", stop(4, 86, number))
        (session,) = await station.sessions()
        assert (session["energy_wh"], session["active"], session["meter_stop_wh"]) == (86, False, 86)
        kept = (await shared_house.http.get(f"/sessions/{session['id']}/meter-values")).json()
        assert [value["signed"] for value in kept if value["signed"]] == [SIGNED] * 3
        told = [value["value"] for value in kept if value["measurand"] == ENERGY and not value["signed"]]
        assert told == ["0", *readings, "86"]


def variables(page: int, count: int, size: int) -> list[dict[str, Any]]:
    """Return rows of a report whose values have so many characters each."""
    return [
        {
            "component": {"name": f"Component{page}"},
            "variable": {"name": f"Variable{n}"},
            "variableAttribute": [{"value": f"{page}/{n}/".ljust(size, "x"), "mutability": "ReadOnly"}],
            "variableCharacteristics": {"dataType": "string", "supportsMonitoring": False},
        }
        for n in range(count)
    ]


@pytest.mark.covers("W23", "Q114", "Q43")
@TWO
@pytest.mark.parametrize(
    ("parts", "rows", "width", "smallest"),
    [(10, 110, 80, 31_000), (1, 50, 105, 15_000)],
    ids=["ten large parts", "one part"],
)
async def test_a_report_is_kept_whole_in_however_large_parts_it_comes(
    shared_house: House, version: str, parts: int, rows: int, width: int, smallest: int
) -> None:
    async with stack(shared_house, version) as station:
        asking = station.command("get-report")
        command = await station.take()
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).json()["answer"] == {"status": "Accepted"}
        number = command[3]["requestId"]
        for page in range(parts):
            told = {
                "requestId": number,
                "generatedAt": LATER,
                "seqNo": page,
                "tbc": page < parts - 1,
                "reportData": variables(page, rows, width),
            }
            assert smallest < len(json.dumps(told, separators=(",", ":"))) < 32_000
            assert await station.ask("NotifyReport", told) == {}
        kept = {(one["component"], one["variable"]): one["value"] for one in await station.read("/variables")}
        assert len(kept) == parts * rows
        assert kept["Component0", "Variable7"] == "0/7/".ljust(width, "x")
