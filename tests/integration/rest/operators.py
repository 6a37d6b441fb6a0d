"""What operators can ask of a station: how each command is asked, worded in each version, and answered."""

from dataclasses import dataclass
from typing import Any

from tests.integration.rest import operators_certificates as certificates
from tests.integration.rest import operators_charging as charging
from tests.integration.rest import operators_lists as lists
from tests.integration.rest.operators_lists import OURS

OCPP = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


@dataclass(frozen=True)
class Case:
    """One command in one version. A member of `payload` that is `...` is any whole number of ours.

    The answer tells it under the command's own name for it if that stands in `OURS`.
    """

    command: str
    version: str
    body: dict[str, Any]
    action: str
    payload: dict[str, Any]
    accepted: dict[str, Any]
    rejected: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.command}-{self.version}"

    def says(self, payload: dict[str, Any]) -> bool:
        """Whether a payload is what the command means."""
        wanted = {name: payload.get(name) if value is ... else value for name, value in self.payload.items()}
        numbers = [payload.get(name) for name, value in self.payload.items() if value is ...]
        return payload == wanted and all(type(number) is int and number > 0 for number in numbers)

    def ours(self, payload: dict[str, Any]) -> dict[str, int]:
        """Return what of the command was left to us, as the answer is to tell it."""
        left = [name for name, value in self.payload.items() if value is ...]
        return {OURS[self.action, name]: payload[name] for name in left if (self.action, name) in OURS}


YES, NO = {"status": "Accepted"}, {"status": "Rejected"}
KEY = {"variables": [{"variable": "HeartbeatInterval"}]}
VARIABLE = {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval"}
NAMED = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
VENDOR = {"vendor": "com.example", "message": "Hello", "data": "{}"}
VENDOR_SAYS = {"vendorId": "com.example", "messageId": "Hello", "data": "{}"}
PLACE, AT = "https://files.example/place", "2026-11-25T10:00:00Z"
UPDATE = {"location": PLACE, "retrieve_at": AT, "retries": 2}
FIRMWARE = {"location": PLACE, "retrieveDateTime": AT}
SIGNED = {"signature": "c2lnbmVk", "signing_certificate": "-----BEGIN CERTIFICATE-----", "install_at": AT}
SIGNED_SAYS = {"signature": "c2lnbmVk", "signingCertificate": "-----BEGIN CERTIFICATE-----", "installDateTime": AT}
LOG = {"location": PLACE, "kind": "security", "since": AT, "until": AT, "retries": 0, "request_id": 8}
LOG_SAYS = {
    "log": {"remoteLocation": PLACE, "oldestTimestamp": AT, "latestTimestamp": AT},
    "logType": "SecurityLog",
    "requestId": 8,
    "retries": 0,
}

OF_16 = [
    ("remote-start", {"token": "TAG-1", "evse": 2}, "RemoteStartTransaction", {"connectorId": 2, "idTag": "TAG-1"}),
    ("remote-start", {"token": "TAG-1"}, "RemoteStartTransaction", {"idTag": "TAG-1"}),
    ("remote-stop", {"transaction": "77"}, "RemoteStopTransaction", {"transactionId": 77}),
    ("reset", {}, "Reset", {"type": "Soft"}),
    ("reset", {"immediate": True}, "Reset", {"type": "Hard"}),
    ("unlock", {"evse": 2}, "UnlockConnector", {"connectorId": 2}),
    (
        "change-availability",
        {"operative": False},
        "ChangeAvailability",
        {"connectorId": 0, "type": "Inoperative"},
    ),
    (
        "change-availability",
        {"operative": True, "evse": 2},
        "ChangeAvailability",
        {"connectorId": 2, "type": "Operative"},
    ),
    ("trigger", {"message": "Heartbeat"}, "TriggerMessage", {"requestedMessage": "Heartbeat"}),
    (
        "trigger",
        {"message": "LogStatusNotification"},
        "ExtendedTriggerMessage",
        {"requestedMessage": "LogStatusNotification"},
    ),
    (
        "trigger",
        {"message": "MeterValues", "evse": 2},
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "connectorId": 2},
    ),
    ("get-variables", {}, "GetConfiguration", {}),
    ("get-variables", KEY, "GetConfiguration", {"key": ["HeartbeatInterval"]}),
    (
        "set-variables",
        {"variables": [{"variable": "HeartbeatInterval", "value": "60"}]},
        "ChangeConfiguration",
        {"key": "HeartbeatInterval", "value": "60"},
    ),
    (
        "change-password",
        {"password": "plain words 0017"},
        "ChangeConfiguration",
        {"key": "AuthorizationKey", "value": "706c61696e20776f7264732030303137"},
    ),
    (
        "raise-security-profile",
        {"profile": 3},
        "ChangeConfiguration",
        {"key": "SecurityProfile", "value": "3"},
    ),
    ("clear-cache", {}, "ClearCache", {}),
    (
        "request-certificate",
        {},
        "ExtendedTriggerMessage",
        {"requestedMessage": "SignChargePointCertificate"},
    ),
    ("data-transfer", VENDOR, "DataTransfer", VENDOR_SAYS),
    ("update-firmware", UPDATE, "UpdateFirmware", {"location": PLACE, "retrieveDate": AT, "retries": 2}),
    (
        "update-firmware",
        UPDATE | SIGNED | {"request_id": 7},
        "SignedUpdateFirmware",
        {"retries": 2, "requestId": 7, "firmware": FIRMWARE | SIGNED_SAYS},
    ),
    (
        "get-log",
        {"location": PLACE},
        "GetLog",
        {"log": {"remoteLocation": PLACE}, "logType": "DiagnosticsLog", "requestId": ...},
    ),
    ("get-log", LOG, "GetLog", LOG_SAYS),
    (
        "get-diagnostics",
        {"location": PLACE, "since": AT, "retry_interval_s": 60},
        "GetDiagnostics",
        {"location": PLACE, "retryInterval": 60, "startTime": AT},
    ),
]
OF_2 = [
    (
        "remote-start",
        {"token": "TAG-1", "evse": 2, "kind": "ISO14443"},
        "RequestStartTransaction",
        {"evseId": 2, "remoteStartId": ..., "idToken": {"idToken": "TAG-1", "type": "ISO14443"}},
    ),
    (
        "remote-start",
        {"token": "TAG-1", "remote_start_id": 9},
        "RequestStartTransaction",
        {"remoteStartId": 9, "idToken": {"idToken": "TAG-1", "type": "Central"}},
    ),
    ("remote-stop", {"transaction": "tx-1"}, "RequestStopTransaction", {"transactionId": "tx-1"}),
    ("reset", {}, "Reset", {"type": "OnIdle"}),
    ("reset", {"immediate": True, "evse": 2}, "Reset", {"type": "Immediate", "evseId": 2}),
    ("unlock", {"evse": 2}, "UnlockConnector", {"evseId": 2, "connectorId": 1}),
    (
        "change-availability",
        {"operative": True, "evse": 2, "connector": 1},
        "ChangeAvailability",
        {"operationalStatus": "Operative", "evse": {"id": 2, "connectorId": 1}},
    ),
    ("change-availability", {"operative": False}, "ChangeAvailability", {"operationalStatus": "Inoperative"}),
    (
        "trigger",
        {"message": "MeterValues", "evse": 2},
        "TriggerMessage",
        {"requestedMessage": "MeterValues", "evse": {"id": 2}},
    ),
    ("get-variables", {"variables": [VARIABLE]}, "GetVariables", {"getVariableData": [NAMED]}),
    (
        "set-variables",
        {"variables": [VARIABLE | {"value": "60"}]},
        "SetVariables",
        {"setVariableData": [{"attributeValue": "60", **NAMED}]},
    ),
    ("request-certificate", {}, "TriggerMessage", {"requestedMessage": "SignChargingStationCertificate"}),
    ("request-certificate", {"kind": "v2g"}, "TriggerMessage", {"requestedMessage": "SignV2GCertificate"}),
    ("get-report", {}, "GetBaseReport", {"requestId": ..., "reportBase": "FullInventory"}),
    (
        "get-report",
        {"report": "SummaryInventory", "request_id": 5},
        "GetBaseReport",
        {"requestId": 5, "reportBase": "SummaryInventory"},
    ),
    ("clear-cache", {}, "ClearCache", {}),
    ("data-transfer", VENDOR, "DataTransfer", VENDOR_SAYS),
    ("update-firmware", UPDATE, "UpdateFirmware", {"retries": 2, "requestId": ..., "firmware": FIRMWARE}),
    (
        "update-firmware",
        UPDATE | SIGNED | {"request_id": 7},
        "UpdateFirmware",
        {"retries": 2, "requestId": 7, "firmware": FIRMWARE | SIGNED_SAYS},
    ),
    ("get-log", LOG, "GetLog", LOG_SAYS),
    (
        "get-diagnostics",
        {"location": PLACE, "since": AT},
        "GetLog",
        {"log": {"remoteLocation": PLACE, "oldestTimestamp": AT}, "logType": "DiagnosticsLog", "requestId": ...},
    ),
]
ANSWERS: dict[str | tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    **certificates.ANSWERS,
    **charging.ANSWERS,
    **lists.ANSWERS,
    "UnlockConnector": ({"status": "Unlocked"}, {"status": "UnlockFailed"}),
    ("1.6", "UpdateFirmware"): ({}, {}),
    "GetDiagnostics": ({"fileName": "all.log"}, {}),
    "GetConfiguration": (
        {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]},
        {"unknownKey": ["HeartbeatInterval"]},
    ),
    "GetVariables": (
        {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "60", **NAMED}]},
        {"getVariableResult": [{"attributeStatus": "UnknownVariable", **NAMED}]},
    ),
    "SetVariables": (
        {"setVariableResult": [{"attributeStatus": "Accepted", **NAMED}]},
        {"setVariableResult": [{"attributeStatus": "Rejected", **NAMED}]},
    ),
}
CASES = [
    Case(command, version, body, action, payload, *ANSWERS.get((version, action), ANSWERS.get(action, (YES, NO))))
    for version, said in (
        ("1.6", OF_16 + certificates.OF_16 + charging.OF_16 + lists.OF_16),
        ("2.0.1", OF_2 + certificates.OF_2 + charging.OF_2 + lists.OF_2),
        ("2.1", OF_2 + certificates.OF_2 + certificates.OF_21 + charging.OF_2 + lists.OF_2),
    )
    for command, body, action, payload in said
]
COMMANDS = {case.command for case in CASES}
ONE_EACH = list({(case.command, case.version): case for case in CASES}.values())
