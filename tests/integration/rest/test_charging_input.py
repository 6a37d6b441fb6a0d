"""What cannot be meant of charging profiles is refused with the place of it, before anything is sent."""

from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.rest.operators_charging import FIRST, LIMIT, WEEKLY
from tests.integration.rest.test_commands import at_work


def changed(profile: dict[str, Any], **members: Any) -> dict[str, Any]:
    """Return a command that sets a profile with other members; those of its schedule are found there."""
    (schedule,) = profile["schedules"]
    inner = {name: members.pop(name) for name in list(members) if name in {"start", "duration_s", "unit", "periods"}}
    inner = {name: value for name, value in {**schedule, **inner}.items() if value is not None}
    whole = {**profile, "schedules": [inner], **members}
    evse = 0 if whole["purpose"] == "ChargingStationMaxProfile" else 1
    return {"evse": evse, "profile": {name: value for name, value in whole.items() if value is not None}}


ALL, OLD, NEW = ("1.6", "2.0.1", "2.1"), ("1.6",), ("2.0.1", "2.1")
SET, CLEAR, COMPOSITE, REPORT = (
    "set-charging-profile",
    "clear-charging-profile",
    "get-composite-schedule",
    "get-charging-profiles",
)
OF_SESSION = changed(FIRST, transaction="77")
INVALID: list[tuple[tuple[str, ...], str, Any, str]] = [
    (ALL, SET, {}, "evse"),
    (ALL, SET, {"evse": 1}, "profile"),
    (ALL, SET, {"evse": -1, "profile": LIMIT}, "evse"),
    (ALL, SET, {"evse": 0, "profile": OF_SESSION["profile"]}, "evse"),
    (ALL, SET, {"evse": 1, "profile": WEEKLY}, "evse"),
    (ALL, SET, {"evse": 1, "profile": LIMIT, "colour": "red"}, "colour"),
    *(
        (versions, SET, changed(LIMIT, **members), "profile" + path)
        for versions, members, path in [
            (ALL, {"id": 2**31}, "/id"),
            (ALL, {"id": -1}, "/id"),
            (ALL, {"id": None}, "/id"),
            (ALL, {"stack_level": -1}, "/stack_level"),
            (ALL, {"purpose": "Magic"}, "/purpose"),
            (ALL, {"purpose": "ChargingStationExternalConstraints"}, "/purpose"),
            (OLD, {"purpose": "PriorityCharging"}, "/purpose"),
            (("2.0.1",), {"purpose": "PriorityCharging"}, ""),
            (ALL, {"kind": "Sometimes"}, "/kind"),
            (("1.6", "2.0.1"), {"kind": "Dynamic", "start": None, "periods": [{"start_s": 0, "limit": 6}]}, "/kind"),
            (NEW, {"kind": "Relative"}, "/schedules/0/start"),
            (NEW, {"start": None}, "/schedules/0/start"),
            (ALL, {"kind": "Recurring"}, "/recurrence"),
            (ALL, {"recurrence": "Daily"}, "/recurrence"),
            (ALL, {"recurrence": "Hourly"}, "/recurrence"),
            (ALL, {"valid_to": "2026-03-01T12:00:00Z"}, "/valid_to"),
            (ALL, {"valid_from": "2026-03-01T12:00:00"}, "/valid_from"),
            (ALL, {"valid_from": "yesterday"}, "/valid_from"),
            (ALL, {"transaction": "77"}, "/transaction"),
            (ALL, {"schedules": []}, "/schedules"),
            (OLD, {"schedules": LIMIT["schedules"] * 2}, "/schedules"),
            (ALL, {"schedules": LIMIT["schedules"] * 4}, "/schedules"),
            (ALL, {"unit": "kW"}, "/schedules/0/unit"),
            (ALL, {"duration_s": 0}, "/schedules/0/duration_s"),
            (ALL, {"duration_s": 60}, "/schedules/0/periods/1/start_s"),
            (ALL, {"periods": []}, "/schedules/0/periods"),
            (ALL, {"periods": [{"start_s": n, "limit": 6} for n in range(1025)]}, "/schedules/0/periods"),
            (ALL, {"periods": [{"start_s": 1, "limit": 6}]}, "/schedules/0/periods/0/start_s"),
            (ALL, {"periods": [{"start_s": 0}]}, "/schedules/0/periods/0/limit"),
            (ALL, {"periods": [{"start_s": 0, "limit": "much"}]}, "/schedules/0/periods/0/limit"),
            (ALL, {"periods": [{"start_s": 0, "limit": 6.25}]}, "/schedules/0/periods/0/limit"),
            (ALL, {"periods": [{"start_s": 0, "limit": -1}]}, "/schedules/0/periods/0/limit"),
            (ALL, {"periods": [{"start_s": 0, "limit": 6, "phases": 4}]}, "/schedules/0/periods/0/phases"),
            (
                ALL,
                {"periods": [{"start_s": 0, "limit": 6, "phases": 3, "phase_to_use": 1}]},
                "/schedules/0/periods/0/phase_to_use",
            ),
            (
                OLD,
                {"periods": [{"start_s": 0, "limit": 6, "phases": 1, "phase_to_use": 1}]},
                "/schedules/0/periods/0/phase_to_use",
            ),
        ]
    ),
    (OLD, SET, changed(FIRST, transaction="tx-1"), "profile/transaction"),
    (NEW, SET, changed(FIRST), "profile/transaction"),
    (NEW, SET, changed(FIRST, transaction="x" * 37), "profile/transaction"),
    (NEW, SET, changed(FIRST, purpose="ChargingStationMaxProfile"), "profile/kind"),
    (ALL, "remote-start", {"token": "T", "profile": LIMIT}, "profile/purpose"),
    (ALL, "remote-start", {"token": "T", "profile": OF_SESSION["profile"]}, "profile/transaction"),
    (ALL, "remote-start", {"token": "T", "profile": FIRST | {"schedules": [{}]}}, "profile/schedules/0/unit"),
    (ALL, CLEAR, {"purpose": "ChargingStationExternalConstraints"}, "purpose"),
    (ALL, CLEAR, {"stack_level": "low"}, "stack_level"),
    (NEW, CLEAR, {}, "id"),
    (NEW, CLEAR, {"id": 5, "evse": 1}, "id"),
    (ALL, COMPOSITE, {"duration_s": 60}, "evse"),
    (ALL, COMPOSITE, {"evse": 1}, "duration_s"),
    (ALL, COMPOSITE, {"evse": 1, "duration_s": 0}, "duration_s"),
    (ALL, COMPOSITE, {"evse": 1, "duration_s": 60, "unit": "VA"}, "unit"),
    (NEW, REPORT, {}, "purpose"),
    (NEW, REPORT, {"evse": 1}, "purpose"),
    (NEW, REPORT, {"ids": []}, "ids"),
    (NEW, REPORT, {"ids": [1], "stack_level": 1}, "stack_level"),
    (("2.0.1",), REPORT, {"sources": ["Neighbour"]}, "sources/0"),
]
"""What is wrong in which versions, and the place of it."""


@pytest.mark.covers("SC-01", "SC-02", "SC-03", "SC-12", "SC-13", "SC-15", "SC-16", "SC-17", "SC-18", "SC-20")
@pytest.mark.covers("SC-21", "SC-22", "SC-50", "16-SC-01", "16-SC-02")
@pytest.mark.parametrize("version", ALL)
async def test_every_rule_of_profiles_is_a_422_with_the_place_at_fault(shared_house: House, version: str) -> None:
    async with at_work(shared_house, version) as (station, address):
        wrong = []
        for versions, command, body, place in INVALID:
            if version in versions:
                answer = await shared_house.http.post(f"{address}/commands/{command}", json=body)
                named = [error["path"] for error in answer.json().get("errors", [])]
                if answer.status_code != 422 or f"/{place}" not in named:
                    wrong.append((command, str(body)[:200], place, answer.status_code, answer.text[:300]))
        assert wrong == [], "\n".join(map(str, wrong))
        assert await station.unasked()
        assert (await shared_house.http.get(f"{address}/calls")).json()["items"] == []
