"""What is kept of messages that hold a secret."""

import json
from typing import Any

import pytest

from csms.ocpp.secrets import MASK, SECRETIVE, redacted, redacted_words

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


SAID_AGAIN = [
    json.dumps({"key": "AuthorizationKey", "value": SECRET}, indent=2),
    json.dumps({"connectionData": {"apn": {"apnPassword": SECRET}}}),
    json.dumps({"setVariableData": [{"attributeValue": SECRET, "variable": {"name": "BasicAuthPassword"}}]}),
]


@pytest.mark.covers("Q126", "W16")
@pytest.mark.parametrize("message", SAID_AGAIN)
def test_words_that_say_a_message_again_are_kept_without_its_secrets(message: str) -> None:
    words = f"it is not implemented to handle request PDU {message}, sorry"
    kept = redacted_words("SetVariables", words)
    assert SECRET not in kept
    assert kept.startswith("it is not implemented to handle request PDU {")
    assert kept.endswith("}, sorry")
    frame = json.loads(redacted("SetVariables", json.dumps([4, "id", "NotImplemented", words, {}])))
    assert frame == [4, "id", "NotImplemented", kept, {}]


@pytest.mark.covers("Q126", "W16")
@pytest.mark.parametrize("message", SAID_AGAIN)
def test_words_that_break_off_in_a_message_that_names_a_secret_are_not_kept(message: str) -> None:
    for end in range(len(message)):
        assert SECRET not in redacted_words("SetVariables", f"cannot take {message[:end]}")
    for words in (f"AuthorizationKey: {SECRET}", f"password={SECRET}", f'{{"a":1}} secret "{SECRET}"'):
        assert SECRET not in redacted_words("ChangeConfiguration", words)


@pytest.mark.covers("Q126")
def test_words_that_only_name_a_secret_stay() -> None:
    words = "the AuthorizationKey is too short"
    assert redacted_words("ChangeConfiguration", words) == words
    assert redacted_words("StatusNotification", SAID_AGAIN[0]) == SAID_AGAIN[0], "no message that can hold one"


def _shape(value: Any) -> Any:
    """Return a value with all its texts made equal."""
    if isinstance(value, dict):
        return {name: _shape(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_shape(item) for item in value]
    return "" if isinstance(value, str) else value
