"""Every word that a station of 1.6 may answer or report, and none of them costs it its line."""

import itertools
from typing import Any

import pytest

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.rest.operators import CASES, ONE_EACH, Case
from tests.integration.wire import RawStation
from tests.official import enumerated

NAMES = itertools.count(1)
OF_16 = [case for case in ONE_EACH if case.version == "1.6" and enumerated("1.6", case.action, "Response", "status")]
TRIGGERS = [
    *("BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification"),
    *("Heartbeat", "MeterValues", "StatusNotification"),
]


async def accepted(house: House) -> str:
    """Register a station of its own for a test."""
    name = f"WORDY-{next(NAMES)}"
    await house.register(name)
    return name


def test_every_command_that_is_answered_by_a_status_is_among_the_cases() -> None:
    assert {case.action for case in OF_16} == {
        case.action for case in CASES if case.version == "1.6" and "status" in case.accepted
    }


@pytest.mark.covers(
    *("16-GEN-08", "16-CORE-20", "16-CORE-21", "16-CORE-22", "16-CORE-27", "16-CORE-29", "16-CORE-30", "16-RT-02"),
    *("16-LAL-06", "16-RES-01", "16-RES-04", "16-SC-04", "SC-04", "J-62", "J-64"),
)
@pytest.mark.parametrize("case", OF_16, ids=str)
async def test_every_status_that_the_specification_knows_is_told_and_borne(shared_house: House, case: Case) -> None:
    name = await accepted(shared_house)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Accepted"
        for status in enumerated("1.6", case.action, "Response", "status"):
            asking = station.order(f"/stations/{name}/commands/{case.command}", case.body)
            command = await station.take()
            assert command[2] == case.action
            answer = case.accepted | {"status": status}
            await station.answer(command, answer)
            told = await asking
            assert told.status_code == 200, told.text
            assert (told.json()["outcome"], told.json()["answer"]) == ("Answered", answer)
        for code in ("NotSupported", "PropertyConstraintViolation"):
            asking = station.order(f"/stations/{name}/commands/{case.command}", case.body)
            await station.refuse(await station.take(), code, "", {})
            assert (await asking).json()["error"]["code"] == code
        assert await station.unasked()


@pytest.mark.covers("16-CORE-06", "16-CORE-07", "Q56", "Q60")
async def test_every_status_with_every_error_at_every_connector_is_answered(shared_house: House) -> None:
    name = await accepted(shared_house)
    statuses = enumerated("1.6", "StatusNotification", "Request", "status")
    errors = enumerated("1.6", "StatusNotification", "Request", "errorCode")
    assert (len(statuses), len(errors)) == (9, 16)
    async with RawStation(shared_house, name) as station:
        for status, error in itertools.product(statuses, errors):
            for connector in (0, 1):
                told = {"connectorId": connector, "status": status, "errorCode": error}
                assert await station.ask("StatusNotification", told) == {}
        warning = {"connectorId": 1, "status": "Charging", "errorCode": "HighTemperature"}
        assert await station.ask("StatusNotification", warning) == {}

    async def kept() -> bool:
        listed = (await shared_house.http.get(f"/stations/{name}/connectors")).json()
        return any((one["evse"], one["status"], one["error"]) == (1, "Charging", "HighTemperature") for one in listed)

    await eventually(kept)


@pytest.mark.covers("16-RT-01")
@pytest.mark.parametrize("message", TRIGGERS)
@pytest.mark.parametrize("more", [{}, {"evse": 2}], ids=["for all", "for one"])
async def test_each_message_can_be_asked_for(shared_house: House, message: str, more: dict[str, Any]) -> None:
    name = await accepted(shared_house)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Accepted"
        asking = station.order(f"/stations/{name}/commands/trigger", {"message": message, **more})
        command = await station.take()
        assert command[2:] == [
            "TriggerMessage",
            {"requestedMessage": message} | ({"connectorId": 2} if more else {}),
        ]
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).status_code == 200


@pytest.mark.covers("16-GEN-07")
@pytest.mark.parametrize(
    ("command", "body", "path"),
    [
        ("remote-start", {"token": "T" * 21, "evse": 1}, "/token"),
        ("set-variables", {"variables": [{"variable": "K" * 51, "value": "1"}]}, "/variables"),
        ("set-variables", {"variables": [{"variable": "K", "value": "v" * 501}]}, "/variables"),
        ("get-variables", {"variables": [{"variable": "K" * 51}]}, "/variables"),
        ("data-transfer", {"vendor": "v" * 256}, "/vendor"),
        ("data-transfer", {"vendor": "v", "message": "m" * 51}, "/message"),
    ],
)
async def test_a_text_longer_than_its_field_is_refused_at_its_place_and_not_sent(
    shared_house: House, command: str, body: dict[str, Any], path: str
) -> None:
    name = await accepted(shared_house)
    async with RawStation(shared_house, name) as station:
        assert await station.boot() == "Accepted"
        answer = await shared_house.http.post(f"/stations/{name}/commands/{command}", json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["path"].startswith(path)
        assert await station.unasked()
