"""OCPP 1.6, Firmware Management and signed updates; cases of a central system by number."""

from typing import Any

import pytest

from simulators.behaviour import Behaviour
from simulators.transfers import Fw
from tests.conformance.ocpp16.firmware import BROKEN, NEW, ended, errand, kept, signature, signed, told
from tests.conformance.scenes import Scene, Stage
from tests.eventually import eventually

PROMPT = 0.05


async def at_work(stage: Stage, **habits: Any) -> Scene:
    return await stage.booted(behaviour=Behaviour(reconnect_s=PROMPT, **habits))


@pytest.mark.covers("TC_044_1", "16-FW-01", "16-FW-02", "16-FW-03")
async def test_044_1_firmware_update_download_and_install(stage: Stage) -> None:
    scene = await at_work(stage)
    assert await scene.command("update-firmware", image=await kept(scene, NEW), retries=1, retry_interval_s=1) == {}
    asked = scene.orders("UpdateFirmware")[0].payload
    assert set(asked) == {"location", "retrieveDate", "retries", "retryInterval"}
    assert asked["location"].endswith("/fw%201.bin")
    found = await ended(scene, "Installed")
    assert told(found) == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert (found["stage"], found["version_before"], found["version_after"]) == ("succeeded", "1.0.0", "3.1.4")
    statuses = [one.payload["status"] for one in scene.calls("StatusNotification") if one.payload["connectorId"]]
    assert statuses == ["Available", "Unavailable", "Available"]
    assert scene.calls("BootNotification")[-1].result["status"] == "Accepted"
    assert (await scene.house.http.get(scene.address)).json()["firmware"] == "3.1.4"


@pytest.mark.covers("TC_044_1", "16-FW-01")
async def test_044_1_with_a_location_as_configured(stage: Stage) -> None:
    scene = await at_work(stage, fw=Fw.STALL)
    place = "ftp://updates.example/any/where/fw.bin"
    assert await scene.command("update-firmware", location=place, retrieve_at="2026-11-20T10:00:00Z") == {}
    assert scene.orders("UpdateFirmware")[0].payload == {"location": place, "retrieveDate": "2026-11-20T10:00:00Z"}
    await ended(scene, "Downloading")


@pytest.mark.covers("TC_044_2", "16-FW-02")
async def test_044_2_firmware_update_download_failed(stage: Stage) -> None:
    scene = await at_work(stage)
    image = await kept(scene, NEW)
    await scene.house.node.pool.execute("UPDATE firmware_images SET object_key = 'firmware/gone' WHERE id = $1", image)
    assert await scene.command("update-firmware", image=image) == {}
    found = await ended(scene, "DownloadFailed")
    assert (found["stage"], told(found)) == ("failed", ["Downloading", "DownloadFailed"])


@pytest.mark.covers("TC_044_3", "16-FW-02", "16-FW-03")
async def test_044_3_firmware_update_installation_failed(stage: Stage) -> None:
    scene = await at_work(stage)
    assert await scene.command("update-firmware", image=await kept(scene, BROKEN)) == {}
    found = await ended(scene, "InstallationFailed")
    assert (found["stage"], found["version_after"]) == ("failed", None)
    assert told(found) == ["Downloading", "Downloaded", "Installing", "InstallationFailed"]
    assert len(scene.calls("BootNotification")) == 2


@pytest.mark.covers("TC_080", "16-SEC-08", "16-SEC-01")
async def test_080_secure_firmware_update(stage: Stage) -> None:
    scene = await at_work(stage)
    image = await kept(scene, NEW, **signed(NEW))
    assert await scene.command("update-firmware", image=image, request_id=7) == {"status": "Accepted"}
    asked = scene.orders("SignedUpdateFirmware")[0].payload
    assert (asked["requestId"], asked["firmware"]["signature"] != "") == (7, True)
    found = await ended(scene, "Installed")
    steps = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed"]
    assert (told(found), found["stage"], found["version_after"]) == (steps, "succeeded", "3.1.4")
    assert {one.payload["requestId"] for one in scene.calls("SignedFirmwareStatusNotification")} == {7}


@pytest.mark.covers("TC_081", "16-SEC-08")
async def test_081_secure_firmware_update_with_an_invalid_signature(stage: Stage) -> None:
    scene = await at_work(stage)
    wrong = signed(NEW) | {"signature": signature(b"another image")}
    assert await scene.command("update-firmware", image=await kept(scene, NEW), **wrong) == {"status": "Accepted"}
    found = await ended(scene, "InvalidSignature")
    assert (found["stage"], told(found)) == ("failed", ["Downloading", "Downloaded", "InvalidSignature"])


@pytest.mark.covers("16-SEC-08")
async def test_a_certificate_that_nobody_can_read_is_refused_by_the_station(stage: Stage) -> None:
    scene = await at_work(stage)
    answer = await scene.command(
        "update-firmware", location="http://files.example/x", signature="c2ln", signing_certificate="no certificate"
    )
    assert answer == {"status": "InvalidCertificate"}
    assert (await errand(scene))["stage"] == "refused"


@pytest.mark.covers("16-FW-06", "Q111")
@pytest.mark.parametrize("transport", ["ftp", "ftp-anonymous"])
async def test_a_station_that_knows_nothing_but_ftp_gets_its_firmware(stage: Stage, transport: str) -> None:
    scene = await at_work(stage, fw=Fw.FTP)
    image = await kept(scene, NEW, name="fw.bin")
    await scene.command("update-firmware", image=image)
    await ended(scene, "DownloadFailed")
    await scene.command("update-firmware", image=image, transport=transport)
    assert (await ended(scene, "Installed"))["version_after"] == "3.1.4"


@pytest.mark.covers("Q111", "16-FW-02")
async def test_a_station_that_never_says_installed_has_installed_what_it_boots_with(stage: Stage) -> None:
    scene = await at_work(stage, fw=Fw.NO_INSTALLED)
    await scene.command("update-firmware", image=await kept(scene, NEW))

    async def look() -> dict[str, Any] | None:
        found = await errand(scene)
        return found if found["stage"] == "succeeded" else None

    found = await eventually(look)
    assert (found["status"], found["presumed"], found["version_after"]) == ("Installing", True, "3.1.4")


@pytest.mark.covers("Q111", "Q58", "16-FW-02")
async def test_a_flood_of_statuses_is_answered_and_told_once_each(stage: Stage) -> None:
    scene = await at_work(stage, fw=Fw.FLOOD)
    await scene.command("update-firmware", image=await kept(scene, NEW))
    found = await ended(scene, "Installed")
    assert told(found) == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert len(scene.calls("FirmwareStatusNotification")) > 50


@pytest.mark.covers("Q111", "16-FW-01")
async def test_a_station_that_falls_silent_after_downloading_leaves_an_errand_that_goes_on(stage: Stage) -> None:
    scene = await at_work(stage, fw=Fw.STALL)
    await scene.command("update-firmware", image=await kept(scene, NEW))
    found = await ended(scene, "Downloading")
    assert (found["stage"], found["overdue"]) == ("running", False)
    await scene.house.node.pool.execute(
        "UPDATE errands SET changed_at = now() - interval '2 hours', retrieve_at = NULL WHERE id = $1", found["id"]
    )
    assert (await errand(scene))["overdue"] is True


@pytest.mark.covers("16-SEC-08", "16-FW-01")
async def test_a_time_to_come_is_waited_for_and_a_second_update_takes_the_place_of_the_first(stage: Stage) -> None:
    scene = await at_work(stage)
    image = await kept(scene, NEW, **signed(NEW))
    assert await scene.command("update-firmware", image=image, retrieve_at="2099-01-01T00:00:00Z") == {
        "status": "Accepted"
    }
    first = await ended(scene, "DownloadScheduled")
    assert (first["stage"], first["overdue"]) == ("running", False)
    assert await scene.command("update-firmware", image=image) == {"status": "AcceptedCanceled"}
    assert (await ended(scene, "Installed"))["stage"] == "succeeded"
    assert (await scene.house.http.get(f"/errands/{first['id']}")).json()["stage"] == "canceled"
