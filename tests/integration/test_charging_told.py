"""What stations tell by themselves of limits on charging, and what comes through the raw door."""

import asyncio
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.limiting import YES, Limited, ahead, limited
from tests.integration.test_charging_profiles import IN_FORCE, MAXIMUM, every, of_2


def reported(number: int, **members: Any) -> dict[str, Any]:
    schedule = {
        "id": 1,
        "startSchedule": ahead(-60),
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7.0}],
    }
    return {
        "id": number,
        "stackLevel": number,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule],
        **members,
    }


async def report(one: Limited, request: int, *profiles: Any, evse: int = 1, source: str = "CSO", **more: Any) -> None:
    told = {"requestId": request, "chargingLimitSource": source, "evseId": evse, "chargingProfile": profiles, **more}
    assert await one.station.ask("ReportChargingProfiles", told) == {}


@of_2
@pytest.mark.covers("SC-21", "Q110")
async def test_a_report_tells_what_is_there_and_what_is_not(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        for n in (1, 2):
            await one.set(id=n, stack_level=n)
        await one.set(id=3, evse=0, **MAXIMUM)
        call, _ = await one.command("get-charging-profiles", purpose="TxDefaultProfile")
        number = call["requestId"]
        assert call["chargingProfile"] == {"chargingProfilePurpose": "TxDefaultProfile"}
        until = ahead(86_400 * 900)
        await report(one, number, reported(2), tbc=True)
        seen = await one.read(f"charging-profile-reports/{number}")
        assert (seen["found"], seen["complete"], seen["profiles"]) == (True, False, 1)
        assert set(await one.held()) == {1, 2, 3}
        await report(one, number, reported(7, validTo=until), evse=2)
        assert await one.held() == {2: IN_FORCE, 3: IN_FORCE, 7: IN_FORCE}
        seen = await one.read(f"charging-profile-reports/{number}")
        assert (seen["complete"], seen["profiles"]) == (True, 2)
        held = await one.read("charging-profiles/7")
        assert (held["evse"], held["origin"], held["source"]) == (2, "reported", "CSO")
        assert held["profile"]["valid_to"] == until
        await one.read("charging-profile-reports/99999", status=404)


@of_2
@pytest.mark.covers("SC-21", "Q29")
async def test_a_report_that_comes_before_the_answer_counts_all_the_same(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        for n in (1, 2):
            await one.set(id=n, stack_level=n)
        await report(one, 77, reported(2))
        assert set(await one.held()) == {1, 2}
        await one.command("get-charging-profiles", purpose="TxDefaultProfile", request_id=77)
        assert set(await one.held()) == {2}
        seen = await one.read("charging-profile-reports/77")
        assert (seen["found"], seen["complete"], seen["profiles"]) == (True, True, 1)


@of_2
@pytest.mark.covers("SC-21", "Q110")
async def test_a_station_without_such_profiles_has_none(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await one.set(id=1)
        await one.command("get-charging-profiles", {"status": "NoProfiles"}, evse=1, stack_level=0, request_id=5)
        assert await one.held() == {}
        assert (await one.read("charging-profile-reports/5"))["found"] is False


@of_2
@pytest.mark.covers("SC-01", "SC-15", "SC-32")
async def test_what_others_set_is_told_and_bounds_and_is_not_cleared_by_us(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await one.set(limit=16, id=1)
        theirs = reported(-3, stackLevel=0, chargingProfilePurpose="ChargingStationExternalConstraints")
        await report(one, 1, theirs, evse=0, source="EMS")
        assert (await one.read("charging-profiles/-3"))["source"] == "EMS"
        assert await one.limits() == [(0, 7.0)]
        await one.command("clear-charging-profile", stack_level=0)
        assert set(await one.held()) == {-3}


@of_2
@pytest.mark.covers("SC-37", "SC-32", "V21-SC-07")
async def test_limits_of_others_are_noted_bound_and_go_again(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await one.set(limit=16, evse=0)
        schedule = reported(1)["chargingSchedule"]
        limit = {"chargingLimitSource": "SO", "isGridCritical": True}
        assert (
            await one.station.ask("NotifyChargingLimit", {"chargingLimit": limit, "chargingSchedule": schedule}) == {}
        )
        elsewhere = {"chargingLimit": {"chargingLimitSource": "SO"}, "evseId": 2}
        assert await one.station.ask("NotifyChargingLimit", elsewhere) == {}
        told = await one.read("charging-limits")
        assert [(known["source"], known["evse"], known["grid_critical"]) for known in told] == [
            ("SO", 0, True),
            ("SO", 2, None),
        ]
        assert told[0]["schedules"][0]["periods"][0]["limit"] == 7.0
        assert await one.limits() == [(0, 7.0)]
        assert await one.station.ask("ClearedChargingLimit", {"chargingLimitSource": "SO", "evseId": 2}) == {}
        assert len(await one.read("charging-limits")) == 1
        assert await one.station.ask("ClearedChargingLimit", {"chargingLimitSource": "SO"}) == {}
        assert await one.read("charging-limits") == []
        assert await one.limits() == [(0, 16.0)]


@of_2
async def test_what_nobody_can_mean_is_answered_and_kept_for_people_to_read(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        odd = reported(2)
        odd["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] = 1e200
        await report(one, 1, odd, reported(3))
        assert set(await one.held()) == {3}
        limit = {"chargingLimit": {"chargingLimitSource": "SO"}, "chargingSchedule": odd["chargingSchedule"]}
        assert await one.station.ask("NotifyChargingLimit", limit) == {}
        assert (await one.read("charging-limits"))[0]["schedules"] == []
        notices = (await one.read("notices"))["items"]
        assert [notice["topic"] for notice in notices] == ["NotifyChargingLimit", "ReportChargingProfiles"]
        assert all("out of range" in notice["review"] for notice in notices)


@of_2
@pytest.mark.covers("16-SC-03", "SC-11")
async def test_how_many_profiles_a_station_tells_that_it_takes_is_kept_to(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        entries = {
            "component": {"name": "SmartChargingCtrlr"},
            "variable": {"name": "Entries", "instance": "ChargingProfiles"},
            "variableAttribute": [{"value": "0"}],
            "variableCharacteristics": {"dataType": "integer", "maxLimit": 1, "supportsMonitoring": False},
        }
        report = {"requestId": 1, "generatedAt": ahead(0), "seqNo": 0, "reportData": [entries]}
        await one.station.ask("NotifyReport", report)
        assert await one.set(id=1, stack_level=1) == []
        assert await one.set(id=2, stack_level=2) == ["/profile"]
        assert await one.set(id=1, stack_level=3) == ["/profile"]
        await one.command("clear-charging-profile", id=2)
        assert await one.set(id=1, stack_level=4) == []


async def raw(one: Limited, action: str, payload: Any, answer: Any = YES) -> None:
    path = f"/stations/{one.name}/ocpp/{action}?validate=false"
    asking = asyncio.create_task(one.house.http.post(path, json=payload))
    await one.station.answer(await one.station.take(), answer)
    told = await asking
    assert told.status_code == 200, told.text


def worded(one: Limited, number: int = 5, connector: int = 1, **members: Any) -> dict[str, Any]:
    """Return a call that sets a profile, as the specification spells it."""
    whole = reported(number, **members)
    if not one.is_16:
        return {"evseId": connector, "chargingProfile": whole}
    (schedule,) = whole.pop("chargingSchedule")
    del schedule["id"]
    whole["chargingProfileId"] = whole.pop("id")
    return {"connectorId": connector, "csChargingProfiles": {**whole, "chargingSchedule": schedule}}


@every
@pytest.mark.covers("16-SC-01")
async def test_what_comes_through_the_raw_door_is_kept_as_well(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await raw(one, "SetChargingProfile", worded(one))
        assert await one.held() == {5: IN_FORCE}
        clear = {"id": 5} if one.is_16 else {"chargingProfileId": 5}
        await raw(one, "ClearChargingProfile", clear)
        assert await one.held() == {}


@every
async def test_nonsense_through_the_raw_door_harms_neither_the_record_nor_the_line(
    shared_house: House, version: str
) -> None:
    async with limited(shared_house, version) as one:
        clear = {"chargingProfilePurpose": "Mine", "chargingProfileCriteria": {"chargingProfilePurpose": "Mine"}}
        composite = {"connectorId": 2**70, "evseId": 2**70, "duration": -5}
        for action, payload, answer in (
            ("SetChargingProfile", worded(one, number=2**70), YES),
            ("SetChargingProfile", worded(one, connector=-1), YES),
            ("SetChargingProfile", worded(one, chargingProfilePurpose="Mine"), YES),
            ("SetChargingProfile", worded(one, stackLevel=10**30), YES),
            ("SetChargingProfile", {}, YES),
            ("SetChargingProfile", worded(one), {"status": "x" * 300}),
            ("SetChargingProfile", worded(one), {"status": 5}),
            ("SetChargingProfile", worded(one), {}),
            ("ClearChargingProfile", {"id": 2**70, "chargingProfileId": 2**70}, YES),
            ("ClearChargingProfile", clear, YES),
            ("GetCompositeSchedule", composite, YES),
            ("GetCompositeSchedule", {"connectorId": 1, "evseId": 1, "duration": 5, "chargingRateUnit": "V"}, YES),
            ("RemoteStartTransaction", {"idTag": "T", "chargingProfile": {}}, YES),
            ("GetChargingProfiles", {"requestId": 2**70, "chargingProfile": {}}, YES),
        ):
            await raw(one, action, payload, answer)
            assert await one.station.unasked(), action
        assert await one.held() == {}


@every
async def test_paths_that_name_nothing_are_not_found(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        for path in ("charging-profiles/x", "composite-schedules/1", "composite-schedules/x", "computed-schedules/-1"):
            await one.read(path, status=404)
        await one.read("computed-schedules/1", status=422, duration_s=0)
        await one.read("computed-schedules/1", status=422, unit="V")
        await one.read("computed-schedules/1", status=422, start="2026-01-01T00:00:00")
        await one.read("computed-schedules/1", start="9999-12-31T23:59:59Z")
        assert (await one.house.http.get("/stations/nobody/charging-profiles")).status_code == 404
        assert (await one.house.http.get("/sessions/nothing/charging-profiles")).status_code == 404
        bad = {"phases": 4}
        assert (await one.house.http.put(f"/stations/{one.name}/charging-settings", json=bad)).status_code == 422
