"""What real stacks were seen to make of their frames; each function takes a good text and gives what goes out."""

import json
from collections.abc import Callable
from typing import Any

Wire = list[str | bytes]
CALL = 2
EXTRA = "extra-"
"""How the ids of calls begin that the station itself knows nothing of."""


def number_0(text: str) -> Wire:
    """Every event of a transaction is its first (W5)."""
    return _events(text, lambda event: event | {"seqNo": 0})


def name_0(text: str) -> Wire:
    """The name of a transaction is lost after its first event (W5)."""
    return _events(
        text, lambda event: event if event["eventType"] == "Started" else _with_info(event, transactionId="0")
    )


def no_reason(text: str) -> Wire:
    """A transaction ends without a reason (W5)."""
    return _events(text, lambda event: _with_info(event, stoppedReason=None))


def outside_values(text: str) -> Wire:
    """Values of a transaction come outside of it (W7)."""
    frame = json.loads(text)
    if frame[0] != CALL or frame[2] != "TransactionEvent" or frame[3]["eventType"] != "Updated":
        return [text]
    evse = frame[3].get("evse", {"id": 1})
    told = {"evseId": evse["id"], "meterValue": frame[3].get("meterValue", [])}
    return [json.dumps([CALL, frame[1], "MeterValues", told])]


def bare_numbers(text: str) -> Wire:
    """Sampled values of 1.6 are numbers and no texts (W17)."""
    frame = json.loads(text)
    if frame[0] != CALL or frame[2] != "MeterValues":
        return [text]
    for value in frame[3]["meterValue"]:
        for sampled in value["sampledValue"] if isinstance(value, dict) else ():
            if str(sampled["value"]).replace(".", "", 1).isdigit():
                sampled["value"] = float(sampled["value"])
    return [json.dumps(frame)]


def strange_calls(text: str) -> Wire:
    """A call of an action that nobody knows before each other (W18)."""
    frame = json.loads(text)
    return [text] if frame[0] != CALL else [json.dumps([CALL, f"{EXTRA}{frame[1]}", "CustomOperation", {}]), text]


def _events(text: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Wire:
    frame = json.loads(text)
    if frame[0] != CALL or frame[2] != "TransactionEvent" or not isinstance(frame[3]["transactionInfo"], dict):
        return [text]
    frame[3] = change(frame[3])
    return [json.dumps(frame)]


def _with_info(event: dict[str, Any], **members: Any) -> dict[str, Any]:
    told = event["transactionInfo"] | members
    return event | {"transactionInfo": {name: value for name, value in told.items() if value is not None}}
