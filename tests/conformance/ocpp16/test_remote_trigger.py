"""OCPP 1.6, Remote Trigger; cases of a central system by number."""

import pytest

from simulators.behaviour import Behaviour, Unsupported
from tests.conformance.scenes import Stage


@pytest.mark.covers("TC_054", "16-RT-01", "16-FW-02", "16-FW-05")
async def test_054_trigger_message(stage: Stage) -> None:
    scene = await stage.booted(evses=2)
    for message, more in (
        ("MeterValues", {"evse": 2}),
        ("Heartbeat", {}),
        ("StatusNotification", {"evse": 2}),
        ("DiagnosticsStatusNotification", {}),
        ("FirmwareStatusNotification", {}),
    ):
        before = len(scene.calls(message))
        assert await scene.command("trigger", message=message, **more) == {"status": "Accepted"}
        told = await scene.answered(message, before + 1)
        assert told.payload.get("connectorId") == more.get("evse")
        asked = scene.orders("TriggerMessage")[-1].payload
        assert asked == {"requestedMessage": message} | ({"connectorId": 2} if more else {})


@pytest.mark.covers("TC_055", "16-RT-02", "16-GEN-08")
async def test_055_trigger_message_rejected(stage: Stage) -> None:
    scene = await stage.booted(evses=2)
    assert await scene.command("trigger", message="MeterValues", evse=3) == {"status": "Rejected"}
    assert scene.orders("TriggerMessage")[0].payload == {"requestedMessage": "MeterValues", "connectorId": 3}
    assert scene.calls("MeterValues") == []


@pytest.mark.covers("16-RT-02", "J-64", "16-GEN-08")
async def test_a_station_that_knows_no_triggers_says_so_and_stays(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(unsupported=Unsupported.NOT_IMPLEMENTED))
    told = await scene.attempt("trigger", message="Heartbeat")
    assert (told["outcome"], told["unsupported"], told["error"]["code"]) == ("Error", True, "NotImplemented")
    await scene.is_still_there()
