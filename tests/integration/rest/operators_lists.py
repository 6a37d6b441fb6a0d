"""What operators can ask of a station about reservations and its local list, and how it is worded and answered."""

from typing import Any

YES = {"status": "Accepted"}
LATER = "2999-01-01T00:00:00Z"
OURS = {
    ("ReserveNow", "reservationId"): "reservation_id",
    ("ReserveNow", "id"): "reservation_id",
    ("SendLocalList", "listVersion"): "version",
    ("SendLocalList", "versionNumber"): "version",
}
WHOLE = {
    "update": "full",
    "entries": [
        {"token": "TAG-1", "group": "FAMILY", "expires_at": LATER},
        {"token": "TAG-2", "kind": "Central", "status": "no-credit"},
    ],
}
CHANGE = {"update": "differential", "version": 9, "entries": [{"token": "TAG-1"}, {"token": "TAG-2", "remove": True}]}
OF_16: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "reserve",
        {"token": "TAG-1", "expires_at": LATER, "evse": 2, "group": "FAMILY"},
        "ReserveNow",
        {"connectorId": 2, "expiryDate": LATER, "idTag": "TAG-1", "parentIdTag": "FAMILY", "reservationId": ...},
    ),
    (
        "reserve",
        {"token": "TAG-1", "expires_at": "2999-01-01T02:00:00.5+02:00", "reservation_id": -3},
        "ReserveNow",
        {"connectorId": 0, "expiryDate": LATER, "idTag": "TAG-1", "reservationId": -3},
    ),
    ("cancel-reservation", {"reservation_id": 77}, "CancelReservation", {"reservationId": 77}),
    ("get-local-list-version", {}, "GetLocalListVersion", {}),
    (
        "send-local-list",
        WHOLE,
        "SendLocalList",
        {
            "listVersion": ...,
            "updateType": "Full",
            "localAuthorizationList": [
                {
                    "idTag": "TAG-1",
                    "idTagInfo": {"status": "Accepted", "expiryDate": LATER, "parentIdTag": "FAMILY"},
                },
                {"idTag": "TAG-2", "idTagInfo": {"status": "Blocked"}},
            ],
        },
    ),
    (
        "send-local-list",
        CHANGE,
        "SendLocalList",
        {
            "listVersion": 9,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idTag": "TAG-1", "idTagInfo": {"status": "Accepted"}},
                {"idTag": "TAG-2"},
            ],
        },
    ),
    (
        "send-local-list",
        {"update": "full"},
        "SendLocalList",
        {"listVersion": ..., "updateType": "Full", "localAuthorizationList": []},
    ),
]
OF_2: list[tuple[str, dict[str, Any], str, dict[str, Any]]] = [
    (
        "reserve",
        {"token": "TAG-1", "expires_at": LATER, "evse": 2, "group": "FAMILY"},
        "ReserveNow",
        {
            "id": ...,
            "expiryDateTime": LATER,
            "idToken": {"idToken": "TAG-1", "type": "ISO14443"},
            "evseId": 2,
            "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
        },
    ),
    (
        "reserve",
        {
            "token": "M-1",
            "kind": "MacAddress",
            "expires_at": LATER,
            "evse": 0,
            "connector_type": "cCCS2",
            "reservation_id": 0,
        },
        "ReserveNow",
        {
            "id": 0,
            "expiryDateTime": LATER,
            "idToken": {"idToken": "M-1", "type": "MacAddress"},
            "connectorType": "cCCS2",
        },
    ),
    ("cancel-reservation", {"reservation_id": 77}, "CancelReservation", {"reservationId": 77}),
    ("get-local-list-version", {}, "GetLocalListVersion", {}),
    (
        "send-local-list",
        WHOLE,
        "SendLocalList",
        {
            "versionNumber": ...,
            "updateType": "Full",
            "localAuthorizationList": [
                {
                    "idToken": {"idToken": "TAG-1", "type": "ISO14443"},
                    "idTokenInfo": {
                        "status": "Accepted",
                        "cacheExpiryDateTime": LATER,
                        "groupIdToken": {"idToken": "FAMILY", "type": "Central"},
                    },
                },
                {"idToken": {"idToken": "TAG-2", "type": "Central"}, "idTokenInfo": {"status": "NoCredit"}},
            ],
        },
    ),
    (
        "send-local-list",
        CHANGE,
        "SendLocalList",
        {
            "versionNumber": 9,
            "updateType": "Differential",
            "localAuthorizationList": [
                {"idToken": {"idToken": "TAG-1", "type": "ISO14443"}, "idTokenInfo": {"status": "Accepted"}},
                {"idToken": {"idToken": "TAG-2", "type": "ISO14443"}},
            ],
        },
    ),
    ("send-local-list", {"update": "full"}, "SendLocalList", {"versionNumber": ..., "updateType": "Full"}),
]
ANSWERS: dict[str | tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    "ReserveNow": (YES, {"status": "Occupied"}),
    "SendLocalList": (YES, {"status": "VersionMismatch"}),
    ("1.6", "GetLocalListVersion"): ({"listVersion": 3}, {"listVersion": -1}),
    "GetLocalListVersion": ({"versionNumber": 3}, {"versionNumber": 0}),
}
