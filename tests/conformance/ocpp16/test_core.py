"""OCPP 1.6, Core: booting, tokens, sessions and how they end; cases of a central system by number."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators import mishaps
from tests.conformance.scenes import TAG, Scene, Stage


async def ends(scene: Scene, reason: str, wh: int) -> None:
    """Check that the only session on record is over, for this reason and with this energy."""
    await scene.drained()
    session = await scene.session()
    assert (session["active"], session["reason"], session["energy_wh"]) == (False, reason, wh)
    assert not session["estimated"]


@pytest.mark.covers("TC_001", "BOOT-01", "BOOT-02", "16-CORE-04", "16-CORE-05", "16-CORE-06")
async def test_001_cold_boot_charge_point(stage: Stage) -> None:
    scene = await stage.booted(evses=2, register={"heartbeat_s": 1})
    boot = scene.calls("BootNotification")[0].result
    assert (boot["status"], boot["interval"]) == ("Accepted", 1)
    assert abs(datetime.fromisoformat(boot["currentTime"]) - datetime.now(UTC)) < timedelta(seconds=20)
    for connector in (0, 1, 2):
        await scene.shows("Available", connector)
    await scene.answered("Heartbeat", 2)
    assert set(scene.calls("Heartbeat")[0].result) == {"currentTime"}


@pytest.mark.covers("TC_003", "16-CORE-01", "16-CORE-10")
async def test_003_regular_charging_session_plug_in_first(stage: Stage) -> None:
    scene = await stage.booted()
    await scene.station.plug_in()
    await scene.shows("Preparing")
    assert (await scene.authorize())["status"] == "Accepted"
    scene.station.begin()
    begun = (await scene.answered("StartTransaction")).result
    assert begun["idTagInfo"]["status"] == "Accepted"
    assert begun["transactionId"] > 0
    await scene.station.change_status(1, "Charging")
    await scene.shows("Charging")
    session = await scene.session()
    assert (session["active"], session["token"], session["number"]) == (True, TAG, begun["transactionId"])


@pytest.mark.covers("TC_004_1")
async def test_004_1_regular_charging_session_identification_first(stage: Stage) -> None:
    scene = await stage.charging()
    said = [one.action for one in scene.said if one.action in {"Authorize", "StartTransaction"}]
    assert said == ["Authorize", "StartTransaction"]
    assert (await scene.session())["active"]


@pytest.mark.covers("TC_004_2")
async def test_004_2_identification_first_connection_time_out(stage: Stage) -> None:
    scene = await stage.authorized()
    scene.station.configuration.set("ConnectionTimeOut", "0.1")
    await mishaps.wait_for_cable(scene.station, 1)
    told = [one.payload["status"] for one in scene.calls("StatusNotification")[-2:]]
    assert told == ["Preparing", "Available"]
    await scene.shows("Available")
    assert await scene.sessions() == [], "nobody charged"


@pytest.mark.covers("TC_005_1")
async def test_005_1_ev_side_disconnected(stage: Stage) -> None:
    scene = await stage.charging()
    scene.station.charge(wh=400)
    await scene.station.change_status(1, "SuspendedEV")
    scene.station.end(reason="EVDisconnected")
    await ends(scene, "EVDisconnected", 400)
    for status in ("Finishing", "Available"):
        await scene.station.change_status(1, status)
        await scene.shows(status)


@pytest.mark.covers("TC_007")
async def test_007_regular_start_with_a_cached_id(stage: Stage) -> None:
    scene = await stage.booted()
    await scene.station.plug_in()
    scene.station.begin()
    assert (await scene.answered("StartTransaction")).result["idTagInfo"]["status"] == "Accepted"
    await scene.station.change_status(1, "Charging")
    await scene.shows("Charging")
    assert scene.calls("Authorize") == []
    assert (await scene.session())["token"] == TAG


@pytest.mark.parametrize(
    ("token", "more", "status"),
    [
        pytest.param("NOBODY", None, "Invalid", marks=pytest.mark.covers("TC_023_1", "16-CORE-01", "TX-01")),
        pytest.param("OLD", {"expires_at": "2020-01-01T00:00:00Z"}, "Expired", marks=pytest.mark.covers("TC_023_2")),
        pytest.param("BAD", {"status": "blocked"}, "Blocked", marks=pytest.mark.covers("TC_023_3")),
    ],
)
@pytest.mark.covers("16-CORE-01")
async def test_023_authorize_a_token_that_is_not_good(
    stage: Stage, token: str, more: dict[str, str] | None, status: str
) -> None:
    if more is not None:
        await stage.house.token(token, **more)
    scene = await stage.booted()
    assert (await scene.authorize(token))["status"] == status


@pytest.mark.covers("TC_024", "16-CORE-07")
async def test_024_start_with_a_lock_failure(stage: Stage) -> None:
    scene = await stage.authorized()
    await scene.station.plug_in()
    await mishaps.break_down(scene.station, 1, "ConnectorLockFailure")
    assert scene.calls("StatusNotification")[-1].payload["errorCode"] == "ConnectorLockFailure"
    assert (await scene.shows("Faulted"))["error"] == "ConnectorLockFailure"
    assert await scene.sessions() == []


@pytest.mark.covers("TC_032_1", "TX-24", "BOOT-16")
async def test_032_1_power_failure_stops_transactions(stage: Stage) -> None:
    scene = await stage.charging()
    scene.station.charge(wh=700)
    await scene.drained()
    await mishaps.lose_power(scene.station)
    await scene.booted_again(2)
    assert scene.calls("BootNotification")[-1].result["status"] == "Accepted"
    await scene.shows("Finishing")
    await ends(scene, "PowerLoss", 700)
    assert len(scene.calls("StopTransaction")) == 1


async def away(scene: Scene) -> None:
    """Lose the line; the station comes back by itself, and finds out then what it may say."""
    await scene.drained()
    await scene.station.drop()
    assert not scene.station.connected.is_set()


@pytest.mark.covers("TC_037_1", "TX-36")
async def test_037_1_offline_start_with_a_valid_id(stage: Stage) -> None:
    scene = await stage.booted()
    await away(scene)
    scene.station.begin()
    scene.station.evses[1].status = "Charging"
    begun = (await scene.answered("StartTransaction")).result
    assert begun["idTagInfo"]["status"] == "Accepted"
    await scene.shows("Charging")
    assert len(scene.calls("BootNotification")) == 1, "it only came back"
    assert (await scene.session())["active"]


@pytest.mark.covers("TC_037_3", "16-CORE-10", "TX-01", "TX-02")
async def test_037_3_offline_start_with_an_invalid_id(stage: Stage) -> None:
    scene = await stage.booted()
    scene.station.configuration.set("StopTransactionOnInvalidId", "true")
    await away(scene)
    scene.station.begin(token="NOBODY")
    scene.station.evses[1].status = "Charging"
    begun = (await scene.answered("StartTransaction")).result
    assert begun["idTagInfo"]["status"] == "Invalid"
    assert begun["transactionId"] > 0
    assert (await scene.answered("StopTransaction")).payload["transactionId"] == begun["transactionId"]
    await scene.station.change_status(1, "Finishing")
    await scene.shows("Finishing")
    await ends(scene, "DeAuthorized", 0)


@pytest.mark.covers("TC_039", "TX-36")
async def test_039_offline_transaction(stage: Stage) -> None:
    scene = await stage.booted()
    await away(scene)
    scene.station.begin()
    scene.station.evses[1].meter.flow(1200)
    scene.station.end()
    await scene.answered("StopTransaction")
    assert scene.calls("StartTransaction")[0].result["idTagInfo"]["status"] == "Accepted"
    await ends(scene, "Local", 1200)


@pytest.mark.covers("TC_064", "16-CORE-14")
async def test_064_data_transfer_to_the_central_system(stage: Stage) -> None:
    scene = await stage.booted()
    assert await scene.station.transfer("com.nobody", "Greeting", "hello") == "UnknownVendorId"
    assert set(scene.calls("DataTransfer")[0].result) == {"status"}, "no data with it"
