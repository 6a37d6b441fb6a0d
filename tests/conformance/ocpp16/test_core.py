"""OCPP 1.6, Core: booting, sessions and what ends them; the cases of a central system by number."""

import pytest

from tests.conformance.scenes import Stage
from tests.eventually import eventually


@pytest.mark.covers("TC_001", "BOOT-01", "16-CORE-04", "16-CORE-05", "16-CORE-06")
async def test_001_cold_boot_charge_point(stage: Stage) -> None:
    scene = await stage.booted(evses=2, register={"heartbeat_s": 1})
    boot = scene.calls("BootNotification")[0].result
    assert (boot["status"], boot["interval"]) == ("Accepted", 1)
    for connector in (0, 1, 2):
        await scene.shows("Available", connector)
    await eventually(lambda: len([one for one in scene.calls("Heartbeat") if one.answer]) >= 2)
    assert set(scene.calls("Heartbeat")[0].result) == {"currentTime"}
