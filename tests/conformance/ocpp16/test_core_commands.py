"""OCPP 1.6, Core: what operators ask of a station; cases of a central system by number."""

import pytest

from simulators.behaviour import Behaviour, Commands, Unlock
from tests.conformance.ocpp16.test_core import ends
from tests.conformance.scenes import TAG, Scene, Stage


async def remotely_started(scene: Scene) -> None:
    """Check that a remote start became a session of its token: asked about first, begun and charging."""
    begun = (await scene.answered("StartTransaction")).result
    assert begun["idTagInfo"]["status"] == "Accepted"
    assert scene.calls("Authorize")[0].result["idTagInfo"]["status"] == "Accepted"
    await scene.shows("Charging")
    session = await scene.session()
    assert (session["token"], session["active"], session["number"]) == (TAG, True, begun["transactionId"])


@pytest.mark.covers("TC_010", "16-CORE-24", "16-CORE-25")
async def test_010_remote_start_cable_plugged_in_first(stage: Stage) -> None:
    scene = await stage.booted()
    scene.station.configuration.set("AuthorizeRemoteTxRequests", "true")
    await scene.station.plug_in()
    assert await scene.command("remote-start", token=TAG, evse=1) == {"status": "Accepted"}
    assert scene.orders("RemoteStartTransaction")[0].payload == {"connectorId": 1, "idTag": TAG}
    await remotely_started(scene)


@pytest.mark.covers("TC_011_1", "16-CORE-24", "16-CORE-25")
async def test_011_1_remote_start_first(stage: Stage) -> None:
    scene = await stage.booted()
    scene.station.configuration.set("AuthorizeRemoteTxRequests", "true")
    assert await scene.command("remote-start", token=TAG, evse=1) == {"status": "Accepted"}
    await remotely_started(scene)
    order = [one.action if one.action != "StatusNotification" else one.payload["status"] for one in scene.said]
    assert order[-4:] == ["Authorize", "Preparing", "StartTransaction", "Charging"]


@pytest.mark.covers("TC_011_2", "16-CORE-26")
async def test_011_2_remote_start_time_out(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(no_shows=True))
    scene.station.configuration.set("AuthorizeRemoteTxRequests", "true")
    scene.station.configuration.set("ConnectionTimeOut", "0.2")
    assert await scene.command("remote-start", token=TAG, evse=1) == {"status": "Accepted"}
    await scene.shows("Preparing")
    await scene.shows("Available")
    assert scene.calls("Authorize")[0].result["idTagInfo"]["status"] == "Accepted"
    assert await scene.sessions() == []
    assert len(scene.asked) == 1, "nothing is asked again"


@pytest.mark.covers("16-CORE-24", "16-CORE-25")
async def test_a_remote_start_that_leaves_the_connector_to_a_station_that_asks_nobody(stage: Stage) -> None:
    scene = await stage.booted()
    assert await scene.command("remote-start", token=TAG) == {"status": "Accepted"}
    assert scene.orders("RemoteStartTransaction")[0].payload == {"idTag": TAG}
    assert (await scene.answered("StartTransaction")).result["idTagInfo"]["status"] == "Accepted"
    assert scene.calls("Authorize") == []
    assert (await scene.session())["token"] == TAG


@pytest.mark.covers("16-CORE-28", "TX-24")
async def test_what_was_charging_when_a_reset_came_is_stopped_after_the_boot(stage: Stage) -> None:
    scene = await stage.charging()
    scene.station.charge(wh=350)
    await scene.drained()
    assert await scene.command("reset", immediate=True) == {"status": "Accepted"}
    await scene.booted_again(2)
    assert (await scene.session())["active"], "a boot ends nothing"
    scene.station.end(reason="HardReset")
    await ends(scene, "HardReset", 350)


@pytest.mark.covers("TC_012", "16-CORE-27")
async def test_012_remote_stop(stage: Stage) -> None:
    scene = await stage.charging()
    scene.station.charge(wh=300)
    await scene.drained()
    number = (await scene.session())["number"]
    assert await scene.command("remote-stop", transaction=str(number)) == {"status": "Accepted"}
    assert scene.orders("RemoteStopTransaction")[0].payload == {"transactionId": number}
    assert (await scene.answered("StopTransaction")).payload["reason"] == "Remote"
    await ends(scene, "Remote", 300)
    await scene.shows("Finishing")
    await scene.station.unplug()
    await scene.shows("Available")


@pytest.mark.parametrize(
    ("immediate", "kind"),
    [
        pytest.param(True, "Hard", marks=pytest.mark.covers("TC_013")),
        pytest.param(False, "Soft", marks=pytest.mark.covers("TC_014")),
    ],
)
@pytest.mark.covers("16-CORE-28")
async def test_013_014_reset(stage: Stage, kind: str, *, immediate: bool) -> None:
    scene = await stage.booted(evses=2)
    assert await scene.command("reset", immediate=immediate) == {"status": "Accepted"}
    assert scene.orders("Reset")[0].payload == {"type": kind}
    await scene.booted_again(2)
    assert scene.calls("BootNotification")[1].result["status"] == "Accepted"


@pytest.mark.parametrize(
    ("habit", "connector", "status"),
    [
        pytest.param(Unlock.WORKS, 1, "Unlocked", marks=pytest.mark.covers("TC_017_1")),
        pytest.param(Unlock.FIXED_CABLE, 1, "NotSupported", marks=pytest.mark.covers("TC_017_2")),
        pytest.param(Unlock.JAMMED, 1, "UnlockFailed", marks=pytest.mark.covers("TC_030")),
        pytest.param(Unlock.WORKS, 9, "NotSupported", marks=pytest.mark.covers("TC_031")),
    ],
)
@pytest.mark.covers("16-CORE-29", "16-GEN-08", "Q106")
async def test_017_030_031_unlock_without_a_session(stage: Stage, habit: Unlock, connector: int, status: str) -> None:
    scene = await stage.booted(behaviour=Behaviour(unlock=habit))
    assert await scene.command("unlock", evse=connector) == {"status": status}
    assert scene.orders("UnlockConnector")[0].payload == {"connectorId": connector}
    await scene.is_still_there()


@pytest.mark.covers("TC_018_1", "16-CORE-29")
async def test_018_1_unlock_with_a_session(stage: Stage) -> None:
    scene = await stage.charging()
    scene.station.charge(wh=250)
    assert await scene.command("unlock", evse=1) == {"status": "Unlocked"}
    assert (await scene.answered("StopTransaction")).payload["reason"] == "UnlockCommand"
    await ends(scene, "UnlockCommand", 250)
    await scene.shows("Available")


@pytest.mark.covers("TC_019_1", "16-CORE-23")
async def test_019_1_retrieve_all_keys(stage: Stage) -> None:
    scene = await stage.booted()
    answer = await scene.command("get-variables")
    assert scene.orders("GetConfiguration")[0].payload.get("key", []) == []
    assert {"HeartbeatInterval", "SupportedFeatureProfiles"} <= {one["key"] for one in answer["configurationKey"]}


@pytest.mark.covers("TC_019_2", "16-CORE-23")
async def test_019_2_retrieve_one_key(stage: Stage) -> None:
    scene = await stage.booted()
    answer = await scene.command("get-variables", variables=[{"variable": "SupportedFeatureProfiles"}])
    assert scene.orders("GetConfiguration")[0].payload == {"key": ["SupportedFeatureProfiles"]}
    (key,) = answer["configurationKey"]
    assert key["key"] == "SupportedFeatureProfiles"


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        pytest.param("MeterValueSampleInterval", "60", "Accepted", marks=pytest.mark.covers("TC_021")),
        pytest.param("NoSuchKey", "1", "NotSupported", marks=pytest.mark.covers("TC_040_1")),
        pytest.param("MeterValueSampleInterval", "-1", "Rejected", marks=pytest.mark.covers("TC_040_2")),
    ],
)
@pytest.mark.covers("16-CORE-21", "16-GEN-08")
async def test_021_040_change_configuration(stage: Stage, key: str, value: str, status: str) -> None:
    scene = await stage.booted()
    assert await scene.command("set-variables", variables=[{"variable": key, "value": value}]) == {"status": status}
    assert scene.orders("ChangeConfiguration")[0].payload == {"key": key, "value": value}


@pytest.mark.covers("TC_026", "16-GEN-08")
async def test_026_remote_start_rejected(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(commands=Commands.REJECT))
    assert await scene.command("remote-start", token=TAG, evse=1) == {"status": "Rejected"}
    assert await scene.sessions() == []
    await scene.is_still_there()


@pytest.mark.covers("TC_028", "16-CORE-27", "16-GEN-08")
async def test_028_remote_stop_rejected(stage: Stage) -> None:
    scene = await stage.charging()
    unknown = str((await scene.session())["number"] + 1)
    assert await scene.command("remote-stop", transaction=unknown) == {"status": "Rejected"}
    assert (await scene.session())["active"], "the one that runs is not touched"


@pytest.mark.covers("TC_061", "16-CORE-22")
async def test_061_clear_cache(stage: Stage) -> None:
    scene = await stage.booted()
    assert await scene.command("clear-cache") == {"status": "Accepted"}
    assert scene.orders("ClearCache")[0].payload == {}
