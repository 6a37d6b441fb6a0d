"""OCPP 1.6, diagnostics and the security log; cases of a central system by number."""

from typing import Any

import pytest

from simulators.behaviour import Behaviour
from simulators.transfers import Fw
from tests.conformance.ocpp16.firmware import ended, errand, told
from tests.conformance.scenes import Scene, Stage
from tests.integration.depot import brought, content

NOWHERE = "http://127.0.0.1:9/nobody-is-here/"


async def file_of(scene: Scene, found: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return the only file that an errand brought, and its bytes."""
    (file,) = await brought(scene.house, errand=found["id"])
    return file, await content(scene.house, file["id"])


@pytest.mark.covers("TC_045_1", "16-FW-04", "16-FW-05", "16-FW-06")
async def test_045_1_get_diagnostics(stage: Stage) -> None:
    scene = await stage.booted()
    window = {"since": "2026-11-24T00:00:00Z", "until": "2026-11-25T00:00:00Z"}
    answer = await scene.command("get-diagnostics", retries=2, retry_interval_s=5, **window)
    assert answer == {"fileName": "CP-1_logs.txt"}
    asked = scene.orders("GetDiagnostics")[0].payload
    assert set(asked) == {"location", "retries", "retryInterval", "startTime", "stopTime"}
    found = await ended(scene, "Uploaded")
    assert (told(found), found["stage"]) == (["Uploading", "Uploaded"], "succeeded")
    file, body = await file_of(scene, found)
    assert (file["name"], file["status"], body) == ("CP-1_logs.txt", "whole", scene.station.errands.log)


@pytest.mark.covers("TC_045_2", "16-FW-04", "16-FW-05")
async def test_045_2_get_diagnostics_upload_failed(stage: Stage) -> None:
    scene = await stage.booted()
    await scene.command("get-diagnostics", location=NOWHERE)
    assert scene.orders("GetDiagnostics")[0].payload == {"location": NOWHERE}
    found = await ended(scene, "UploadFailed")
    assert (told(found), found["stage"]) == (["Uploading", "UploadFailed"], "failed")


@pytest.mark.covers("TC_079", "16-SEC-07", "16-SEC-01")
async def test_079_get_security_log(stage: Stage) -> None:
    scene = await stage.booted()
    answer = await scene.command("get-log", kind="security", request_id=11)
    assert answer == {"status": "Accepted", "filename": "CP-1_logs.txt"}
    asked = scene.orders("GetLog")[0].payload
    assert (asked["logType"], asked["requestId"]) == ("SecurityLog", 11)
    found = await ended(scene, "Uploaded")
    assert (told(found), found["request_id"]) == (["Uploading", "Uploaded"], 11)
    assert (await file_of(scene, found))[1].startswith(b"CP-1 with firmware 1.0.0")


@pytest.mark.covers("TC_079", "16-SEC-07")
async def test_079_with_a_location_as_configured(stage: Stage) -> None:
    scene = await stage.booted()
    await scene.command("get-log", kind="security", location=NOWHERE)
    assert scene.orders("GetLog")[0].payload["log"] == {"remoteLocation": NOWHERE}
    assert (await ended(scene, "UploadFailure"))["stage"] == "failed"


@pytest.mark.covers("16-FW-06", "Q111")
@pytest.mark.parametrize(
    ("habit", "transport"),
    [(Fw.PUT, "http"), (Fw.POST, "http"), (Fw.FTP, "ftp"), (Fw.FTP, "ftp-anonymous")],
)
async def test_every_way_in_which_stations_bring_files(stage: Stage, habit: Fw, transport: str) -> None:
    scene = await stage.booted(behaviour=Behaviour(fw=habit))
    await scene.command("get-diagnostics", transport=transport)
    file, body = await file_of(scene, await ended(scene, "Uploaded"))
    assert (file["transport"], file["name"], body) == (transport, "CP-1_logs.txt", scene.station.errands.log)


@pytest.mark.covers("Q111", "Q58")
async def test_a_flood_of_uploading_is_answered_and_told_once(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(fw=Fw.FLOOD))
    await scene.command("get-diagnostics")
    assert told(await ended(scene, "Uploaded")) == ["Uploading", "Uploaded"]


@pytest.mark.covers("16-SEC-07", "16-FW-04")
async def test_a_station_that_refuses_is_not_waited_for(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(unsupported="rejected"))  # type: ignore[arg-type]  # its word
    assert (await scene.command("get-log"))["status"] == "Rejected"
    assert (await errand(scene))["stage"] == "refused"
