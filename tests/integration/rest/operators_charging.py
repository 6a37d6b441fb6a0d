"""What operators can ask of a station about charging profiles, in rows of `operators`."""

from typing import Any

NOON = "2026-03-01T12:00:00Z"
LIMIT: dict[str, Any] = {
    "id": 5,
    "stack_level": 1,
    "purpose": "TxDefaultProfile",
    "kind": "Absolute",
    "valid_from": "2026-03-01T13:00:00+01:00",
    "valid_to": "2027-03-01T12:00:00.25Z",
    "schedules": [
        {
            "start": NOON,
            "duration_s": 600,
            "unit": "A",
            "min_rate": 6,
            "periods": [{"start_s": 0, "limit": 6.1, "phases": 1}, {"start_s": 60, "limit": 16}],
        }
    ],
}
SCHEDULE_SAYS = {
    "duration": 600,
    "startSchedule": NOON,
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [
        {"startPeriod": 0, "limit": 6.1, "numberPhases": 1},
        {"startPeriod": 60, "limit": 16.0},
    ],
    "minChargingRate": 6.0,
}
LIMIT_SAYS = {
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "validFrom": NOON,
    "validTo": "2027-03-01T12:00:00Z",
}
FIRST: dict[str, Any] = {
    "id": 6,
    "stack_level": 0,
    "purpose": "TxProfile",
    "kind": "Relative",
    "schedules": [{"unit": "W", "periods": [{"start_s": 0, "limit": 6000}]}],
}
FIRST_SAYS = {
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
}
FIRST_SCHEDULE_SAYS = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6000.0}]}
WEEKLY = LIMIT | {"purpose": "ChargingStationMaxProfile", "kind": "Recurring", "recurrence": "Weekly"}
OF_16 = [
    (
        "remote-start",
        {"token": "TAG-1", "evse": 2, "profile": FIRST},
        "RemoteStartTransaction",
        {
            "connectorId": 2,
            "idTag": "TAG-1",
            "chargingProfile": {"chargingProfileId": 6, **FIRST_SAYS, "chargingSchedule": FIRST_SCHEDULE_SAYS},
        },
    ),
    (
        "set-charging-profile",
        {"evse": 1, "profile": LIMIT},
        "SetChargingProfile",
        {
            "connectorId": 1,
            "csChargingProfiles": {"chargingProfileId": 5, **LIMIT_SAYS, "chargingSchedule": SCHEDULE_SAYS},
        },
    ),
    (
        "set-charging-profile",
        {"evse": 0, "profile": WEEKLY},
        "SetChargingProfile",
        {
            "connectorId": 0,
            "csChargingProfiles": {
                "chargingProfileId": 5,
                **LIMIT_SAYS,
                "chargingProfilePurpose": "ChargePointMaxProfile",
                "chargingProfileKind": "Recurring",
                "recurrencyKind": "Weekly",
                "chargingSchedule": SCHEDULE_SAYS,
            },
        },
    ),
    (
        "set-charging-profile",
        {"evse": 1, "profile": FIRST | {"transaction": "77"}},
        "SetChargingProfile",
        {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 6,
                "transactionId": 77,
                **FIRST_SAYS,
                "chargingSchedule": FIRST_SCHEDULE_SAYS,
            },
        },
    ),
    ("clear-charging-profile", {}, "ClearChargingProfile", {}),
    ("clear-charging-profile", {"id": 5}, "ClearChargingProfile", {"id": 5}),
    (
        "clear-charging-profile",
        {"id": 5, "evse": 0, "purpose": "ChargingStationMaxProfile", "stack_level": 2},
        "ClearChargingProfile",
        {"id": 5, "connectorId": 0, "chargingProfilePurpose": "ChargePointMaxProfile", "stackLevel": 2},
    ),
    (
        "get-composite-schedule",
        {"evse": 1, "duration_s": 300, "unit": "W"},
        "GetCompositeSchedule",
        {"connectorId": 1, "duration": 300, "chargingRateUnit": "W"},
    ),
    (
        "get-composite-schedule",
        {"evse": 0, "duration_s": 300},
        "GetCompositeSchedule",
        {"connectorId": 0, "duration": 300},
    ),
]
OF_2 = [
    (
        "remote-start",
        {"token": "TAG-1", "evse": 2, "remote_start_id": 9, "profile": FIRST},
        "RequestStartTransaction",
        {
            "evseId": 2,
            "remoteStartId": 9,
            "idToken": {"idToken": "TAG-1", "type": "Central"},
            "chargingProfile": {"id": 6, **FIRST_SAYS, "chargingSchedule": [{"id": 1, **FIRST_SCHEDULE_SAYS}]},
        },
    ),
    (
        "set-charging-profile",
        {"evse": 1, "profile": LIMIT},
        "SetChargingProfile",
        {
            "evseId": 1,
            "chargingProfile": {"id": 5, **LIMIT_SAYS, "chargingSchedule": [{"id": 1, **SCHEDULE_SAYS}]},
        },
    ),
    (
        "set-charging-profile",
        {"evse": 0, "profile": WEEKLY},
        "SetChargingProfile",
        {
            "evseId": 0,
            "chargingProfile": {
                "id": 5,
                **LIMIT_SAYS,
                "chargingProfilePurpose": "ChargingStationMaxProfile",
                "chargingProfileKind": "Recurring",
                "recurrencyKind": "Weekly",
                "chargingSchedule": [{"id": 1, **SCHEDULE_SAYS}],
            },
        },
    ),
    (
        "set-charging-profile",
        {"evse": 1, "profile": FIRST | {"transaction": "tx-1", "schedules": FIRST["schedules"] * 2}},
        "SetChargingProfile",
        {
            "evseId": 1,
            "chargingProfile": {
                "id": 6,
                "transactionId": "tx-1",
                **FIRST_SAYS,
                "chargingSchedule": [{"id": 1, **FIRST_SCHEDULE_SAYS}, {"id": 2, **FIRST_SCHEDULE_SAYS}],
            },
        },
    ),
    ("clear-charging-profile", {"id": 5}, "ClearChargingProfile", {"chargingProfileId": 5}),
    (
        "clear-charging-profile",
        {"evse": 1, "purpose": "TxDefaultProfile", "stack_level": 2},
        "ClearChargingProfile",
        {
            "chargingProfileCriteria": {
                "evseId": 1,
                "chargingProfilePurpose": "TxDefaultProfile",
                "stackLevel": 2,
            }
        },
    ),
    (
        "get-composite-schedule",
        {"evse": 1, "duration_s": 300, "unit": "W"},
        "GetCompositeSchedule",
        {"evseId": 1, "duration": 300, "chargingRateUnit": "W"},
    ),
    ("get-composite-schedule", {"evse": 0, "duration_s": 300}, "GetCompositeSchedule", {"evseId": 0, "duration": 300}),
    (
        "get-charging-profiles",
        {"ids": [5, 6], "request_id": 8},
        "GetChargingProfiles",
        {"requestId": 8, "chargingProfile": {"chargingProfileId": [5, 6]}},
    ),
    (
        "get-charging-profiles",
        {"evse": 1, "stack_level": 0},
        "GetChargingProfiles",
        {"requestId": ..., "evseId": 1, "chargingProfile": {"stackLevel": 0}},
    ),
    (
        "get-charging-profiles",
        {"evse": 0, "purpose": "TxDefaultProfile", "sources": ["CSO"]},
        "GetChargingProfiles",
        {
            "requestId": ...,
            "evseId": 0,
            "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile", "chargingLimitSource": ["CSO"]},
        },
    ),
]
ANSWERS = {
    "ClearChargingProfile": ({"status": "Accepted"}, {"status": "Unknown"}),
    "GetCompositeSchedule": (
        {"status": "Accepted"},
        {"status": "Rejected"},
    ),
    "GetChargingProfiles": ({"status": "Accepted"}, {"status": "NoProfiles"}),
}
