"""OCPP 2.0.1: what operators say to stations."""

import secrets
from typing import Any

from csms.domain import remote
from csms.ports.commands import Unsupported
from handlers.v201.smart_charging import profile_words

Put = tuple[str, dict[str, Any]]
LARGEST_ID = 2**31 - 1


def start_remotely(command: remote.StartRemotely) -> Put:
    """RequestStartTransaction (F01, F02)."""
    payload = {
        "evseId": command.evse,
        "remoteStartId": command.remote_start_id or _new_id(),
        "idToken": {"idToken": command.token, "type": command.kind},
        "chargingProfile": None if command.profile is None else profile_words(command.profile),
    }
    return "RequestStartTransaction", _without_none(payload)


def stop_remotely(command: remote.StopRemotely) -> Put:
    """RequestStopTransaction (F03)."""
    return "RequestStopTransaction", {"transactionId": command.transaction}


def ask_transaction(command: remote.AskTransaction) -> Put:
    """GetTransactionStatus (E14)."""
    return "GetTransactionStatus", {"transactionId": command.transaction}


def reset(command: remote.ResetStation) -> Put:
    """Reset (B11, B12)."""
    return "Reset", _without_none({"type": "Immediate" if command.immediate else "OnIdle", "evseId": command.evse})


def unlock(command: remote.UnlockConnector) -> Put:
    """UnlockConnector (F05)."""
    return "UnlockConnector", {"evseId": command.evse, "connectorId": command.connector}


def change_availability(command: remote.ChangeAvailability) -> Put:
    """ChangeAvailability (G03, G04)."""
    status = "Operative" if command.operative else "Inoperative"
    evse = _evse(command.evse or None, command.connector)
    return "ChangeAvailability", _without_none({"operationalStatus": status, "evse": evse})


def trigger(command: remote.TriggerMessage) -> Put:
    """TriggerMessage (F06)."""
    return "TriggerMessage", _without_none(
        {"requestedMessage": command.message, "evse": _evse(command.evse, command.connector)}
    )


def read_variables(command: remote.ReadVariables) -> Put:
    """GetVariables (B06)."""
    if not command.variables:
        raise Unsupported("2.0.1 reads variables by their names; request a report for all", "variables")
    return "GetVariables", {"getVariableData": [_named(name) for name in command.variables]}


def write_variables(command: remote.WriteVariables) -> Put:
    """SetVariables (B05)."""
    data = [{"attributeValue": name.value, **_named(name)} for name in command.variables]
    return "SetVariables", {"setVariableData": data}


def request_report(command: remote.RequestReport) -> Put:
    """GetBaseReport (B07)."""
    return "GetBaseReport", {"requestId": command.request_id or _new_id(), "reportBase": command.report}


def clear_cache(command: remote.ClearCache) -> Put:
    """ClearCache (C11)."""
    return "ClearCache", {}


def transfer_data(command: remote.TransferData) -> Put:
    """DataTransfer (P01)."""
    payload = {"messageId": command.message, "data": command.data, "vendorId": command.vendor}
    return "DataTransfer", _without_none(payload)


def _named(name: remote.VariableName) -> dict[str, Any]:
    if not name.component:
        raise Unsupported(f"{name.variable}: variables of 2.0.1 belong to a component", "variables")
    return {"component": {"name": name.component}, "variable": {"name": name.variable}}


def _evse(evse: int | None, connector: int | None) -> dict[str, int] | None:
    if connector is not None and not evse:
        raise Unsupported("a connector belongs to an EVSE", "connector")
    return None if evse is None else _without_none({"id": evse, "connectorId": connector})


def _new_id() -> int:
    return secrets.randbelow(LARGEST_ID) + 1


def _without_none(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if value is not None}


COMMANDS = {
    remote.StartRemotely: start_remotely,
    remote.StopRemotely: stop_remotely,
    remote.AskTransaction: ask_transaction,
    remote.ResetStation: reset,
    remote.UnlockConnector: unlock,
    remote.ChangeAvailability: change_availability,
    remote.TriggerMessage: trigger,
    remote.ReadVariables: read_variables,
    remote.WriteVariables: write_variables,
    remote.RequestReport: request_report,
    remote.ClearCache: clear_cache,
    remote.TransferData: transfer_data,
}

MEMBERS = {
    "connectorId": "connector",
    "data": "data",
    "evse": "evse",
    "evseId": "evse",
    "getVariableData": "variables",
    "idToken": "token",
    "messageId": "message",
    "remoteStartId": "remote_start_id",
    "reportBase": "report",
    "requestId": "request_id",
    "requestedMessage": "message",
    "setVariableData": "variables",
    "transactionId": "transaction",
    "type": "kind",
    "vendorId": "vendor",
}
"""Which member of a command became which member of its payload."""
