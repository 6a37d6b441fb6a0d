"""What is kept of messages that hold a secret."""

import json
from typing import Any

import pytest

from csms.ocpp.secrets import MASK, SECRETIVE, redacted

SECRET = "open-sesame"
MESSAGES: list[tuple[str, Any]] = [
    ("ChangeConfiguration", {"key": "AuthorizationKey", "value": SECRET}),
    ("ChangeConfiguration", [2, "1", "ChangeConfiguration", {"key": "authorizationkey", "value": SECRET}]),
    ("GetConfiguration", {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": SECRET}]}),
    (
        "SetVariables",
        {
            "setVariableData": [
                {
                    "attributeValue": SECRET,
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                }
            ]
        },
    ),
    (
        "NotifyReport",
        {
            "reportData": [
                {
                    "component": {"name": "SecurityCtrlr"},
                    "variable": {"name": "BasicAuthPassword"},
                    "variableAttribute": [{"type": "Actual", "value": SECRET, "mutability": "WriteOnly"}],
                }
            ]
        },
    ),
    (
        "SetNetworkProfile",
        {"connectionData": {"apn": {"apn": "x", "apnPassword": SECRET}, "vpn": {"password": SECRET}}},
    ),
    ("UpdateFirmware", {"location": f"ftp://user:{SECRET}@files.example/fw.bin"}),
    ("GetDiagnostics", {"location": f"http://files.example:8080/key-{SECRET.replace('-', '') * 3}/logs/"}),
    ("GetLog", {"log": {"remoteLocation": f"ftp://files.example/key-{SECRET.replace('-', '') * 3}SIM_logs.tar.gz"}}),
    ("UpdateFirmware", {"location": f"https://files.example/fw.bin?X-Amz-Expires=60&X-Amz-Signature={SECRET}"}),
    ("DataTransfer", {"vendorId": "V", "data": {"wifiPassword": SECRET}}),
]


@pytest.mark.covers("Q126")
@pytest.mark.parametrize(("action", "message"), MESSAGES)
def test_secrets_are_covered_and_all_else_stays(action: str, message: Any) -> None:
    kept = redacted(action, json.dumps(message))
    assert SECRET not in kept
    assert SECRET.replace("-", "") not in kept
    assert MASK in kept
    assert _shape(json.loads(kept)) == _shape(message)


@pytest.mark.covers("Q126")
def test_a_message_without_a_secret_is_kept_to_the_letter() -> None:
    text = '{ "key" : "HeartbeatInterval", "value":"60" }'
    assert all(redacted(action, text) == text for action in SECRETIVE)
    assert redacted("TransactionEvent", '{"password":"not one of ours"}') == '{"password":"not one of ours"}'


@pytest.mark.covers("Q126")
def test_what_cannot_be_read_is_not_kept_if_it_may_hold_a_secret() -> None:
    assert SECRET not in redacted("ChangeConfiguration", f'{{"key":"AuthorizationKey","value":"{SECRET}"')


@pytest.mark.covers("Q126")
def test_the_status_of_a_set_secret_is_told() -> None:
    answer = {
        "setVariableResult": [
            {
                "attributeStatus": "Accepted",
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
            }
        ]
    }
    assert json.loads(redacted("SetVariables", json.dumps(answer))) == answer


def _shape(value: Any) -> Any:
    """Return a value with all its texts made equal."""
    if isinstance(value, dict):
        return {name: _shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return "" if isinstance(value, str) else value
