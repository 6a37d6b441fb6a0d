"""What stations hold to limit charging, as they answered, and how it stands."""

from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.limiting import NO, YES, ahead, limited, profile

ALL, NEW = ("1.6", "2.0.1", "2.1"), ("2.0.1", "2.1")
every = pytest.mark.parametrize("version", ALL)
of_2 = pytest.mark.parametrize("version", NEW)
MAXIMUM = {"purpose": "ChargingStationMaxProfile"}
IN_FORCE = "in-force"


@every
@pytest.mark.covers("16-SC-01", "16-SC-04", "TC_056", "SC-20")
async def test_a_profile_that_a_station_took_is_shown_as_it_was_set(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        until = ahead(86_400 * 900)
        wanted = profile(6.1, id=5, stack_level=2, valid_from=ahead(-60), valid_to=until, duration_s=7200)
        await one.command("set-charging-profile", evse=1, profile=wanted)
        shown = await one.read("charging-profiles/5")
        told = {name: value for name, value in shown["profile"].items() if value is not None}
        (schedule,) = told.pop("schedules")
        told["schedules"] = [{name: value for name, value in schedule.items() if value is not None}]
        told["schedules"][0]["periods"] = [{"start_s": 0, "limit": 6.1}]
        assert told == wanted
        assert (shown["evse"], shown["standing"], shown["origin"], shown["session_id"]) == (1, IN_FORCE, "set", None)
        assert await one.read("charging-profiles") == [shown]
        await one.read("charging-profiles/6", status=404)


@every
@pytest.mark.covers("16-SC-04", "16-GEN-08", "Q107")
async def test_what_a_station_refused_is_not_held_and_warned_of_the_next_time(
    shared_house: House, version: str
) -> None:
    async with limited(shared_house, version) as one:
        assert await one.set(stack_level=3, answer=NO) == []
        assert await one.held() == {}
        assert await one.set(stack_level=0) == []
        _, told = await one.command("set-charging-profile", NO, evse=1, profile=profile(stack_level=3, id=2))
        assert [warning["message"] for warning in told["warnings"]] == [
            "the station answered Rejected to such a profile; it took level 0, Absolute, in A"
        ]
        answers = await one.read("charging-profile-answers")
        assert [(answer["stack_level"], answer["status"]) for answer in answers] == [(3, "Rejected"), (0, "Accepted")]


@every
@pytest.mark.covers("SC-14", "SC-15")
async def test_a_profile_replaces_that_of_its_id_and_in_1_6_that_of_its_level(
    shared_house: House, version: str
) -> None:
    async with limited(shared_house, version) as one:
        await one.set(limit=6, id=1, stack_level=1)
        await one.set(limit=7, id=1, stack_level=2)
        assert [held["profile"]["stack_level"] for held in await one.read("charging-profiles")] == [2]
        warned = await one.set(limit=8, id=2, stack_level=2)
        assert warned == (["/profile"] if one.is_16 else ["/profile/stack_level"])
        assert set(await one.held()) == ({2} if one.is_16 else {1, 2})


@every
@pytest.mark.covers("SC-22", "SC-25", "TC_067", "Q110")
@pytest.mark.parametrize("answer", [YES, {"status": "Unknown"}], ids=["Accepted", "Unknown"])
async def test_what_a_station_cleared_or_does_not_know_is_gone(
    shared_house: House, version: str, answer: dict[str, Any]
) -> None:
    async with limited(shared_house, version) as one:
        for n in (1, 2, 3):
            await one.set(id=n, stack_level=n)
        await one.set(evse=0, id=4, **MAXIMUM)
        await one.command("clear-charging-profile", answer, id=2)
        assert set(await one.held()) == {1, 3, 4}
        await one.command("clear-charging-profile", answer, evse=1, purpose="TxDefaultProfile", stack_level=3)
        assert set(await one.held()) == {1, 4}
        await one.command("clear-charging-profile", answer, **({} if one.is_16 else {"evse": 0}))
        assert set(await one.held()) == (set() if one.is_16 else {1})


@every
async def test_what_is_held_is_known_again_after_the_actor_forgot(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await one.set(id=1, stack_level=1)
        await one.set(id=2, stack_level=2)
        await one.station.reconnect(forgotten=True)
        await one.set(id=3, stack_level=1)
        assert set(await one.held()) == ({2, 3} if one.is_16 else {1, 2, 3})


@every
@pytest.mark.covers("SC-02", "SC-24", "TC_057")
async def test_a_profile_of_a_session_ends_with_it(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        transaction = await one.began()
        assert await one.set(limit=10, purpose="TxProfile", transaction=transaction) == []
        assert await one.held() == {1: IN_FORCE}
        assert await one.limits() == [(0, 10.0)]
        seen = await one.session(transaction)
        assert ([held["id"] for held in seen["profiles"]], seen["limit_a"], seen["active"]) == ([1], 10.0, True)
        (held,) = await one.read("charging-profiles")
        assert held["session_id"] == seen["session_id"]
        await one.ended(transaction)
        assert await one.held() == {1: "ended"}
        assert await one.limits() == [(0, None)]
        assert await one.set(limit=10, purpose="TxProfile", transaction=transaction, id=2) == ["/evse"]


@every
@pytest.mark.covers("16-SC-02", "SC-02", "TC_059")
@pytest.mark.parametrize("evse", [1, None])
async def test_a_profile_that_came_with_a_remote_start_waits_for_its_session(
    shared_house: House, version: str, evse: int | None
) -> None:
    async with limited(shared_house, version) as one:
        first = profile(
            kind="Relative",
            start=None,
            purpose="TxProfile",
            periods=[{"start_s": 0, "limit": 8}, {"start_s": 300, "limit": 16}],
        )
        body = {"token": "TAG-1", "profile": first} | ({} if evse is None else {"evse": evse})
        call, told = await one.command("remote-start", **body)
        words = call["chargingProfile"]
        assert (words["chargingProfilePurpose"], words["chargingProfileKind"]) == ("TxProfile", "Relative")
        assert "transactionId" not in words
        assert told["warnings"] == []
        assert await one.held() == {1: "awaiting-session"}
        number = {} if one.is_16 else {"remoteStartId": call["remoteStartId"]}
        transaction = await one.began(evse=2 if evse is None else 1, **number)
        assert await one.held() == {1: IN_FORCE}
        (now, later) = await one.limits(evse=2 if evse is None else 1)
        assert (now, later[1]) == ((0, 8.0), 16.0)
        assert 290 <= later[0] <= 300
        await one.ended(transaction, evse=2 if evse is None else 1)
        assert await one.held() == {1: "ended"}


@pytest.mark.covers("W21")
@every
async def test_a_remote_start_that_was_rejected_leaves_no_profile(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await one.command(
            "remote-start", NO, token="TAG-1", profile=profile(kind="Relative", start=None, purpose="TxProfile")
        )
        assert await one.held() == {}


@every
@pytest.mark.covers("SC-20", "SC-34")
async def test_profiles_to_come_and_those_that_are_over_are_shown_as_such(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        assert await one.set(id=1, stack_level=1, valid_from=ahead(60)) == []
        assert await one.set(id=2, stack_level=2, valid_to=ahead(-1)) == ["/profile/valid_to"]
        assert await one.held() == {1: "to-come", 2: "expired"}


@every
@pytest.mark.covers("Q110", "SC-24")
async def test_a_station_that_is_known_to_forget_has_nothing_after_a_restart(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await one.set(limit=8, id=1)
        assert await one.read("charging-settings") == {
            "nominal_voltage_v": 230,
            "phases": 3,
            "forgets_on_reboot": False,
            "restores_after_reboot": False,
        }
        await one.station.ask(*_other_boot(version))
        assert await one.held() == {1: IN_FORCE}
        changed = await one.house.http.put(
            f"/stations/{one.name}/charging-settings", json={"forgets_on_reboot": True, "nominal_voltage_v": 120}
        )
        assert changed.status_code == 200
        assert await one.held() == {1: "forgotten"}
        assert await one.limits() == [(0, None)]
        assert await one.set(limit=8, id=2) == [], "what was forgotten is in nobody's way"
        assert await one.limits(unit="W") == [(0, 8 * 120 * 3)]


def _other_boot(version: str) -> tuple[str, dict[str, Any]]:
    if version == "1.6":
        return "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "2"}
    station = {"vendorName": "V", "model": "M", "firmwareVersion": "2"}
    return "BootNotification", {"chargingStation": station, "reason": "PowerUp"}


@pytest.mark.covers("Q110", "SC-24")
async def test_a_station_that_tells_that_profiles_do_not_persist_is_believed(shared_house: House) -> None:
    async with limited(shared_house, "2.1") as one:
        told = {
            "component": {"name": "SmartChargingCtrlr"},
            "variable": {"name": "ChargingProfilePersistence", "instance": "TxDefaultProfile"},
            "variableAttribute": [{"value": "false"}],
        }
        report = {"requestId": 1, "generatedAt": ahead(0), "seqNo": 0, "reportData": [told]}
        await one.station.ask("NotifyReport", report)
        await one.set(id=1)
        await one.set(id=2, evse=0, **MAXIMUM)
        await one.station.ask(*_other_boot("2.1"))
        assert await one.held() == {1: "forgotten", 2: IN_FORCE}


@every
@pytest.mark.covers("SC-23", "16-SC-01", "16-SC-04", "TC_066", "SC-36")
async def test_a_composite_schedule_is_shown_beside_ours_with_the_difference(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        await one.set(limit=16)
        start = ahead(-10)
        periods = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 100, "limit": 10.0, "numberPhases": 1}]
        schedule = {"duration": 300, "chargingRateUnit": "A", "chargingSchedulePeriod": periods}
        answer: dict[str, Any] = {"status": "Accepted", "schedule": {"evseId": 1, "scheduleStart": start, **schedule}}
        if one.is_16:
            answer = {"status": "Accepted", "connectorId": 1, "scheduleStart": start, "chargingSchedule": schedule}
        await one.command("get-composite-schedule", answer, evse=1, duration_s=300, unit="A")
        seen = await one.read("composite-schedules/1")
        assert (seen["status"], seen["asked_duration_s"], seen["asked_unit"]) == ("Accepted", 300, "A")
        assert (seen["told"]["start"], seen["told"]["duration_s"]) == (start, 300)
        assert [part["limit"] for part in seen["told"]["periods"]] == [16.0, 10.0]
        assert [part["limit"] for part in seen["computed"]["periods"]] == [16.0]
        assert seen["differences"] == [{"start_s": 100, "end_s": 300, "told": 10.0, "computed": 16.0, "side": "below"}]
        assert (seen["nominal_voltage_v"], seen["phases"], seen["changed_since"]) == (230, 3, False)
        await one.command("clear-charging-profile", id=1)
        seen = await one.read("composite-schedules/1")
        assert seen["changed_since"]
        assert seen["differences"] == [
            {"start_s": 0, "end_s": 100, "told": 16.0, "computed": None, "side": "below"},
            {"start_s": 100, "end_s": 300, "told": 10.0, "computed": None, "side": "below"},
        ]
        await one.command("get-composite-schedule", NO, evse=0, duration_s=60)
        both = await one.read("composite-schedules")
        assert [(seen["evse"], seen["status"], seen["told"]) for seen in both[:1]] == [(0, "Rejected", None)]
        assert both[1]["evse"] == 1


@pytest.mark.covers("W17")
@every
async def test_an_odd_composite_schedule_is_read_as_it_was_meant(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        periods = [{"startPeriod": 59.857, "limit": 13.043478}, {"startPeriod": 0, "limit": "6"}]
        schedule: dict[str, Any] = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, "duration": 120}
        answer: dict[str, Any] = {
            "status": "accepted",
            "schedule": {"evseId": 1, "scheduleStart": ahead(0), **schedule},
        }
        if one.is_16:
            del schedule["duration"]
            answer = {"status": "accepted", "chargingSchedule": schedule}
        await one.command("get-composite-schedule", answer, evse=1, duration_s=120)
        seen = await one.read("composite-schedules/1")
        assert [(part["start_s"], part["limit"]) for part in seen["told"]["periods"]] == [(0, 6.0), (60, 13.043478)]
        assert seen["told"]["duration_s"] == 120


@every
@pytest.mark.covers("Q109")
async def test_a_session_that_takes_more_than_it_may_is_seen(shared_house: House, version: str) -> None:
    async with limited(shared_house, version) as one:
        transaction = await one.began()
        assert (await one.session(transaction))["exceeded"] is None
        await one.set(limit=8)
        await one.draws(transaction, 5400)
        seen = await one.session(transaction)
        assert (seen["limit_w"], seen["power_w"], seen["exceeded"]) == (5520.0, 5400, False)
        await one.set(limit=6, id=2, stack_level=1)
        seen = await one.session(transaction)
        assert (seen["limit_a"], seen["exceeded"]) == (6.0, True)
        assert [held["id"] for held in seen["profiles"]] == [1, 2]
