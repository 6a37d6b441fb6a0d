"""What is wrong with a profile is told with its place, before anything is sent."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from msgspec import structs

from csms.domain.remote import ClearChargingProfile, GetChargingProfiles, SetChargingProfile, StartRemotely
from csms.domain.smart_charging.profile import Installed, Kind, Period, Profile, Purpose, Recurrence, Schedule, Unit
from csms.domain.smart_charging.validation import faults_of
from tests.unit.domain.smart_charging.profiles import anything_installed, at, profile

SESSION, MAXIMUM = Purpose.SESSION, Purpose.STATION_MAX


def places(told: Profile, evse: int | None = 1, *, starting: bool = False) -> list[str]:
    return [fault.path.removeprefix("/profile") for fault in faults_of(told, evse, starting=starting)]


def with_periods(*periods: Period, **members: Any) -> Profile:
    return structs.replace(profile(6), schedules=(Schedule(Unit.AMPERES, periods, **members),))


@pytest.mark.covers("16-SC-01", "SC-12", "SC-20")
def test_nothing_is_wrong_with_a_good_profile() -> None:
    assert places(profile(6.0, (3600, 16), valid_from=at(0), valid_to=at(1), duration_s=3601)) == []
    assert places(profile(6, purpose=MAXIMUM), 0) == []
    assert places(profile(6, purpose=SESSION, transaction="7"), 1) == []
    assert places(profile(6, kind=Kind.RECURRING, recurrence=Recurrence.WEEKLY)) == []
    assert places(profile(6, purpose=SESSION, kind=Kind.RELATIVE, start=None), None, starting=True) == []
    assert places(profile(6, kind=Kind.DYNAMIC, start=None)) == []


@pytest.mark.covers("SC-12")
@pytest.mark.parametrize(
    ("starts", "duration_s", "wrong"),
    [
        ([1], None, [0]),
        ([0, 5, 5], None, [2]),
        ([0, 5, 4, 6], None, [2]),
        ([0, 10], 10, [1]),
        ([0, 9], 10, []),
        ([0, 5, 50, 60], 10, [2, 3]),
    ],
)
def test_periods_start_at_0_rise_and_end_before_their_schedule(
    starts: list[int], duration_s: int | None, wrong: list[int]
) -> None:
    told = with_periods(*(Period(start, Decimal(6)) for start in starts), duration_s=duration_s)
    assert places(told) == [f"/schedules/0/periods/{n}/start_s" for n in wrong]


@pytest.mark.covers("SC-18", "Q108")
@pytest.mark.parametrize(
    ("limit", "good"),
    [
        ("0", True),
        ("6.1", True),
        ("6.10", True),
        ("6000.0", True),
        ("1e3", True),
        ("6.15", False),
        ("-0.1", False),
        ("1e10", False),
        ("1e999999999", False),
        ("1e-999999999", False),
        ("NaN", False),
        ("Infinity", False),
    ],
)
def test_limits_are_amounts_with_one_decimal(limit: str, good: bool) -> None:
    period = Period(0, Decimal(limit))
    assert places(with_periods(period)) == ([] if good else ["/schedules/0/periods/0/limit"])
    told = with_periods(Period(0, Decimal(6)), min_rate=Decimal(limit))
    assert places(told) == ([] if good else ["/schedules/0/min_rate"])


def test_a_period_without_a_limit_and_a_schedule_without_time_are_no_use() -> None:
    assert places(with_periods(Period(0))) == ["/schedules/0/periods/0/limit"]
    assert "/schedules/0/duration_s" in places(with_periods(Period(0, Decimal(1)), duration_s=0))


@pytest.mark.covers("SC-17")
@pytest.mark.parametrize(("phases", "good"), [(1, True), (3, False), (None, False)])
def test_a_phase_is_chosen_for_one_phase_only(phases: int | None, good: bool) -> None:
    told = with_periods(Period(0, Decimal(6), phases, phase_to_use=2))
    assert places(told) == ([] if good else ["/schedules/0/periods/0/phase_to_use"])


@pytest.mark.covers("SC-01", "SC-02", "SC-03")
@pytest.mark.parametrize(
    ("members", "evse", "path"),
    [
        ({"purpose": Purpose.EXTERNAL}, 0, "/purpose"),
        ({"purpose": Purpose.GENERATION}, 0, "/purpose"),
        ({"purpose": SESSION}, 0, "/evse"),
        ({"purpose": MAXIMUM}, 1, "/evse"),
        ({"purpose": Purpose.DEFAULT, "transaction": "7"}, 1, "/transaction"),
    ],
)
def test_each_purpose_has_its_place(members: dict[str, Any], evse: int, path: str) -> None:
    assert places(profile(6, **members), evse) == [path]


@pytest.mark.covers("SC-02", "16-SC-02")
def test_a_remote_start_takes_a_profile_for_a_session_that_has_no_name_yet() -> None:
    assert places(profile(6), 1, starting=True) == ["/purpose"]
    assert places(profile(6, purpose=SESSION, transaction="7"), 1, starting=True) == ["/transaction"]
    command = StartRemotely("T", profile=profile(6, purpose=SESSION, transaction="7"))
    assert [fault.path for fault in command.faults()] == ["/profile/transaction"]
    assert list(StartRemotely("T").faults()) == []


@pytest.mark.covers("SC-13")
def test_a_recurrence_is_for_recurring_profiles_and_they_need_one() -> None:
    assert places(profile(6, kind=Kind.RECURRING)) == ["/recurrence"]
    assert places(profile(6, recurrence=Recurrence.DAILY)) == ["/recurrence"]


@pytest.mark.covers("SC-20", "SC-15", "SC-50")
def test_times_numbers_and_dynamic_profiles_have_their_rules() -> None:
    assert places(profile(6, valid_from=at(1), valid_to=at(1))) == ["/valid_to"]
    assert places(profile(6, id=-1)) == ["/id"]
    assert places(profile(6, start=datetime.max.replace(tzinfo=UTC))) == ["/schedules/0/start"]
    assert places(profile(6, (10, 8), kind=Kind.DYNAMIC)) == ["/schedules"]


def test_everything_that_is_wrong_is_told_at_once() -> None:
    command = SetChargingProfile(0, profile((1, 6), (0, -1), purpose=SESSION, recurrence=Recurrence.DAILY))
    assert [fault.path for fault in command.faults()] == [
        "/evse",
        "/profile/recurrence",
        "/profile/schedules/0/periods/0/start_s",
        "/profile/schedules/0/periods/1/start_s",
        "/profile/schedules/0/periods/1/limit",
    ]


@pytest.mark.covers("SC-01", "SC-21")
def test_requests_that_cannot_be_meant_are_told() -> None:
    assert [fault.path for fault in ClearChargingProfile(purpose=Purpose.EXTERNAL).faults()] == ["/purpose"]
    assert list(ClearChargingProfile().faults()) == []
    assert [fault.path for fault in GetChargingProfiles(evse=1).faults()] == ["/purpose"]
    assert [fault.path for fault in GetChargingProfiles((1,), stack_level=0).faults()] == ["/stack_level"]
    assert list(GetChargingProfiles((1,), evse=0).faults()) == []
    assert list(GetChargingProfiles(sources=("EMS",)).faults()) == []


@given(anything_installed())
def test_profiles_as_they_should_be_are_never_refused(known: Installed) -> None:
    told = [path for path in places(known.profile, known.evse) if path not in {"/purpose", "/valid_to"}]
    assert told == []
