"""OCPP 1.6, Smart Charging: the cases of a central system by number, played by a simulated station that obeys its limits."""

from itertools import pairwise
from typing import Any

import pytest

from simulators.behaviour import Behaviour, Unsupported
from tests.conformance.scenes import TAG, Scene, Stage
from tests.eventually import eventually
from tests.integration.limiting import ahead, profile

SESSION, MAXIMUM = {"purpose": "TxProfile"}, {"purpose": "ChargingStationMaxProfile"}
SET = "SetChargingProfile"
NIGHT = [{"start_s": 0, "limit": 6.0}, {"start_s": 3600, "limit": 16.0}]
HOUR = 3600


async def limit(scene: Scene, evse: int = 1, answer: str = "Accepted", **members: Any) -> list[str]:
    """Limit charging, and return the places of what is warned of."""
    told = await scene.attempt("set-charging-profile", evse=evse, profile=profile(**members))
    assert told["answer"] == {"status": answer}, told
    return [warning["path"] for warning in told["warnings"]]


async def held(scene: Scene) -> dict[int, str]:
    """Return how each profile stands, after a look that the station holds just those."""
    listed = (await scene.house.http.get(f"{scene.address}/charging-profiles")).json()
    standing = {one["id"]: one["standing"] for one in listed}
    over = {"ended", "expired", "awaiting-session"}
    assert {one.number for one in scene.station.limits.held} >= {n for n, how in standing.items() if how not in over}
    return standing


async def schedule(scene: Scene, evse: int, seconds: int, unit: str = "A") -> list[tuple[int, float]]:
    """Return the composite schedule that the station tells; fail if ours is another."""
    await scene.command("get-composite-schedule", evse=evse, duration_s=seconds, unit=unit)
    seen = (await scene.house.http.get(f"{scene.address}/composite-schedules/{evse}")).json()
    assert seen["differences"] == [], seen
    return [(part["start_s"], part["limit"]) for part in seen["told"]["periods"]]


async def transaction_of(scene: Scene) -> str:
    return str((await scene.session())["transaction_id"])


@pytest.mark.covers("TC_056", "16-SC-01", "SC-18", "SC-20")
@pytest.mark.parametrize(("unit", "amount"), [("A", 6.0), ("W", 6000.0)])
async def test_056_tx_default_profile(stage: Stage, unit: str, amount: float) -> None:
    scene = await stage.booted()
    start, end = ahead(-60), ahead(HOUR)
    periods = [{"start_s": 0, "limit": amount, "phases": 3}]
    members = {"unit": unit, "duration_s": 300, "valid_from": start, "valid_to": end, "start": start}
    assert await limit(scene, id=1, stack_level=0, periods=periods, **members) == []
    (order,) = scene.orders(SET)
    assert order.payload == {
        "connectorId": 1,
        "csChargingProfiles": {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Absolute",
            "validFrom": start,
            "validTo": end,
            "chargingSchedule": {
                "duration": 300,
                "startSchedule": start,
                "chargingRateUnit": unit,
                "chargingSchedulePeriod": [{"startPeriod": 0, "limit": amount, "numberPhases": 3}],
            },
        },
    }
    assert await held(scene) == {1: "in-force"}


@pytest.mark.covers("TC_057", "16-SC-01", "SC-02", "SC-24")
async def test_057_tx_profile(stage: Stage) -> None:
    scene = await stage.charging()
    transaction = await transaction_of(scene)
    assert await limit(scene, transaction=transaction, **SESSION) == []
    words = scene.orders(SET)[0].payload
    assert (words["connectorId"], words["csChargingProfiles"]["transactionId"]) == (1, int(transaction))
    assert words["csChargingProfiles"]["chargingProfilePurpose"] == "TxProfile"
    assert await held(scene) == {1: "in-force"}
    scene.station.end()
    await scene.drained()
    assert await held(scene) == {1: "ended"}
    assert scene.station.limits.held == []


@pytest.mark.covers("TC_059", "16-SC-02", "SC-02", "SC-13", "SC-31")
async def test_059_remote_start_with_a_charging_profile(stage: Stage) -> None:
    scene = await stage.booted()
    first = profile(kind="Relative", start=None, periods=[{"start_s": 0, "limit": 8.0}], **SESSION)
    assert await scene.command("remote-start", token=TAG, evse=1, profile=first) == {"status": "Accepted"}
    (order,) = scene.orders("RemoteStartTransaction")
    words = order.payload["chargingProfile"]
    assert (order.payload["idTag"], order.payload["connectorId"]) == (TAG, 1)
    assert "transactionId" not in words
    assert (words["chargingProfilePurpose"], words["chargingProfileKind"]) == ("TxProfile", "Relative")
    assert words["chargingSchedule"]["chargingSchedulePeriod"][0]["startPeriod"] == 0
    assert "startSchedule" not in words["chargingSchedule"]
    assert (await scene.authorize())["status"] == "Accepted"
    begun = await scene.answered("StartTransaction")
    assert begun.result["idTagInfo"]["status"] == "Accepted"
    await eventually(lambda: scene.station.limits.held)
    assert await held(scene) == {1: "in-force"}
    assert await schedule(scene, 1, 60) == [(0, 8.0)]


@pytest.mark.covers("TC_066", "16-SC-01", "16-SC-04", "SC-23")
@pytest.mark.parametrize("unit", ["A", "W"])
async def test_066_get_composite_schedule(stage: Stage, unit: str) -> None:
    scene = await stage.booted()
    await limit(scene, limit=10)
    assert await schedule(scene, 1, 300, unit) == [(0, 10.0 if unit == "A" else 6900.0)]
    (order,) = scene.orders("GetCompositeSchedule")
    assert order.payload == {"connectorId": 1, "duration": 300, "chargingRateUnit": unit}


@pytest.mark.covers("TC_067", "16-SC-01", "16-SC-04", "SC-22", "SC-15")
async def test_067_clear_charging_profile(stage: Stage) -> None:
    scene = await stage.booted()
    for n in range(3):
        await limit(scene, id=10 + n, stack_level=n)
    assert await held(scene) == dict.fromkeys((10, 11, 12), "in-force")
    assert await scene.command("clear-charging-profile", id=10) == {"status": "Accepted"}
    assert set(await held(scene)) == {11, 12}
    criteria = {"evse": 1, "purpose": "TxDefaultProfile", "stack_level": 1}
    assert await scene.command("clear-charging-profile", **criteria) == {"status": "Accepted"}
    assert set(await held(scene)) == {12}
    assert await scene.command("clear-charging-profile") == {"status": "Accepted"}
    assert await held(scene) == {}
    assert await scene.command("clear-charging-profile") == {"status": "Unknown"}
    assert [order.payload for order in scene.orders("ClearChargingProfile")] == [
        {"id": 10},
        {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1},
        {},
        {},
    ]
    assert scene.station.limits.held == []


@pytest.mark.covers("16-SC-04", "SC-04", "16-GEN-08")
async def test_every_way_in_which_a_station_says_no_is_told_and_leaves_no_profile(stage: Stage) -> None:
    scene = await stage.booted()
    assert await limit(scene, stack_level=9, answer="Rejected") == []
    nowhere = await scene.attempt("set-charging-profile", evse=7, profile=profile())
    assert (nowhere["outcome"], nowhere["error"]["code"]) == ("Error", "PropertyConstraintViolation")
    assert await scene.command("get-composite-schedule", evse=7, duration_s=60) == {"status": "Rejected"}
    assert await held(scene) == {}


@pytest.mark.covers("16-SC-04", "SC-04", "Q40")
@pytest.mark.parametrize("way", [Unsupported.NOT_SUPPORTED, Unsupported.NOT_IMPLEMENTED, Unsupported.STATUS])
async def test_a_station_without_smart_charging_is_told_from_one_that_refuses(stage: Stage, way: Unsupported) -> None:
    scene = await stage.booted(behaviour=Behaviour(unsupported=way))
    for command, body in (
        ("set-charging-profile", {"evse": 1, "profile": profile()}),
        ("clear-charging-profile", {}),
        ("get-composite-schedule", {"evse": 1, "duration_s": 60}),
    ):
        told = await scene.attempt(command, **body)
        assert told["unsupported"], told
    assert await held(scene) == {}


@pytest.mark.covers("16-SC-03", "SC-10", "SC-11")
async def test_what_the_station_tells_of_its_limits_is_read_and_respected_by_a_warning(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(sc=("W",)))
    await scene.command("get-variables")
    many = [{"start_s": n, "limit": 6000} for n in range(25)]
    assert await limit(scene, answer="Rejected") == ["/profile/schedules/0/unit"]
    assert await limit(scene, limit=6000, unit="W", id=2, stack_level=4, answer="Rejected") == ["/profile/stack_level"]
    assert await limit(scene, unit="W", periods=many, id=3, answer="Rejected") == ["/profile/schedules/0/periods"]


@pytest.mark.covers("16-SC-03", "SC-11")
async def test_a_station_that_is_full_is_warned_of(stage: Stage) -> None:
    scene = await stage.booted(evses=2)
    await scene.command("get-variables")
    places = [(1, 0), (1, 1), (1, 2), (0, 0), (0, 1), (0, 2), (2, 0), (2, 1)]
    for number, (evse, level) in enumerate(places):
        assert await limit(scene, evse, id=number, stack_level=level) == []
    for number in (8, 9):
        assert await limit(scene, 0, id=number, stack_level=number - 8, **MAXIMUM) == []
    assert await limit(scene, 2, id=10, stack_level=2, answer="Rejected") == ["/profile"]
    assert await limit(scene, 2, limit=10, id=7, stack_level=1) == []
    assert len(await held(scene)) == 10


@pytest.mark.covers("SC-02", "SC-03")
async def test_what_belongs_elsewhere_is_refused_before_anything_is_sent(stage: Stage) -> None:
    scene = await stage.booted()
    for evse, members, path in ((0, SESSION, "/evse"), (1, MAXIMUM, "/evse")):
        body = {"evse": evse, "profile": profile(**members)}
        answer = await scene.house.http.post(f"{scene.address}/commands/set-charging-profile", json=body)
        assert answer.status_code == 422
        assert [error["path"] for error in answer.json()["errors"]] == [path]
    assert scene.orders(SET) == []


@pytest.mark.covers("SC-14", "SC-15", "SC-25")
async def test_a_profile_takes_the_place_of_that_of_its_level_also_for_a_running_session(stage: Stage) -> None:
    scene = await stage.charging()
    await limit(scene, limit=16, id=1, stack_level=1)
    scene.station.draw()
    await scene.drained()
    assert (await scene.session())["power_w"] == 11_000
    assert await limit(scene, limit=6, id=2, stack_level=1) == ["/profile"]
    assert await held(scene) == {2: "in-force"}
    scene.station.draw()
    await scene.drained()
    session = await scene.session()
    assert session["power_w"] == 6 * 230 * 3
    seen = (await scene.house.http.get(f"/sessions/{session['id']}/charging-profiles")).json()
    assert (seen["limit_w"], seen["exceeded"]) == (4140.0, False)
    await scene.command("clear-charging-profile", id=2)
    scene.station.draw()
    await scene.drained()
    assert (await scene.session())["power_w"] == 11_000


@pytest.mark.covers("SC-30", "SC-34", "SC-35", "SC-12")
async def test_the_highest_level_leads_and_lower_ones_fill_its_gaps(stage: Stage) -> None:
    scene = await stage.booted()
    start = ahead(30)
    await limit(scene, 0, limit=16, id=1, stack_level=0, **MAXIMUM)
    await limit(scene, limit=10, id=2, stack_level=0)
    await limit(scene, periods=NIGHT, id=3, stack_level=2, start=start, duration_s=7200)
    told = await schedule(scene, 1, 4 * HOUR)
    assert [amount for _, amount in told] == [10.0, 6.0, 16.0, 10.0]
    begins = [begin for begin, _ in told]
    assert begins[0] == 0
    assert [later - begins[1] for later in begins[2:]] == [3600, 7200]


@pytest.mark.covers("SC-31", "SC-32", "SC-33", "SC-03")
async def test_the_lowest_of_all_purposes_counts_for_the_connector_and_for_the_station(stage: Stage) -> None:
    scene = await stage.charging(evses=2)
    await limit(scene, 0, limit=20, id=1, **MAXIMUM)
    await limit(scene, 0, limit=13, id=2)
    assert (await schedule(scene, 1, 60), await schedule(scene, 0, 60)) == ([(0, 13.0)], [(0, 20.0)])
    await limit(scene, limit=5520, unit="W", id=3, transaction=await transaction_of(scene), **SESSION)
    assert await schedule(scene, 1, 60) == [(0, 8.0)]
    assert await schedule(scene, 1, 60, "W") == [(0, 5520.0)]
    assert await schedule(scene, 2, 60) == [(0, 13.0)]
    assert await schedule(scene, 0, 60) == [(0, 20.0)]
    await limit(scene, 0, limit=4, id=1, **MAXIMUM)
    assert await schedule(scene, 1, 60) == [(0, 4.0)]


@pytest.mark.covers("SC-14")
async def test_a_default_of_a_connector_replaces_that_of_the_station_there(stage: Stage) -> None:
    scene = await stage.booted(evses=2)
    await limit(scene, 0, limit=6, id=1, stack_level=3)
    await limit(scene, 1, limit=12, id=2, stack_level=0)
    assert await schedule(scene, 1, 60) == [(0, 12.0)]
    assert await schedule(scene, 2, 60) == [(0, 6.0)]
    assert await schedule(scene, 0, 60) == [(0, 18.0)]


@pytest.mark.covers("SC-34", "SC-13")
async def test_a_daily_profile_begins_again_and_is_told_so(stage: Stage) -> None:
    scene = await stage.booted()
    daily = {"kind": "Recurring", "recurrence": "Daily", "start": ahead(-600 - 3 * 86_400)}
    await limit(scene, periods=NIGHT, **daily)
    told = await schedule(scene, 1, 2 * 86_400)
    assert [amount for _, amount in told] == [6.0, 16.0, 6.0, 16.0, 6.0]
    begins = [begin for begin, _ in told]
    assert [later - begin for begin, later in pairwise(begins[1:])] == [82_800, 3600, 82_800]


@pytest.mark.covers("SC-23", "SC-36")
async def test_without_a_session_the_default_is_told_and_below_a_limit_is_no_wonder(stage: Stage) -> None:
    scene = await stage.booted()
    await scene.command("get-composite-schedule", evse=1, duration_s=60)
    seen = (await scene.house.http.get(f"{scene.address}/composite-schedules/1")).json()
    assert seen["differences"] == [{"start_s": 0, "end_s": 60, "told": 32.0, "computed": None, "side": "below"}]
    relative = {"kind": "Relative", "start": None, "periods": [{"start_s": 0, "limit": 6}, {"start_s": 30, "limit": 9}]}
    await limit(scene, **relative)
    assert await schedule(scene, 1, 60) == [(0, 6.0), (30, 9.0)]
