"""OCPP 1.6: what operators say to stations."""

import re
from typing import Any

from csms.domain import remote
from csms.ports.commands import Unsupported
from handlers.v16.smart_charging import profile_words

Put = tuple[str, dict[str, Any]]
EXTENDED = frozenset({"LogStatusNotification", "SignChargePointCertificate"})
_NUMBER = re.compile(r"-?[0-9]{1,10}")


def start_remotely(command: remote.StartRemotely) -> Put:
    """RemoteStartTransaction (1.6 §5.11)."""
    profile = None if command.profile is None else profile_words(command.profile)
    words = {"connectorId": command.evse, "idTag": command.token, "chargingProfile": profile}
    return "RemoteStartTransaction", _without_none(words)


def stop_remotely(command: remote.StopRemotely) -> Put:
    """RemoteStopTransaction (1.6 §5.12)."""
    if not _NUMBER.fullmatch(command.transaction):
        raise Unsupported("transactions of 1.6 have numbers", "transaction")
    return "RemoteStopTransaction", {"transactionId": int(command.transaction)}


def reset(command: remote.ResetStation) -> Put:
    """Reset (1.6 §5.14)."""
    if command.evse is not None:
        raise Unsupported("1.6 resets the whole station", "evse")
    return "Reset", {"type": "Hard" if command.immediate else "Soft"}


def unlock(command: remote.UnlockConnector) -> Put:
    """UnlockConnector (1.6 §5.18)."""
    _check_connector(command.connector)
    return "UnlockConnector", {"connectorId": command.evse}


def change_availability(command: remote.ChangeAvailability) -> Put:
    """ChangeAvailability (1.6 §5.2)."""
    _check_connector(command.connector, command.evse)
    kind = "Operative" if command.operative else "Inoperative"
    return "ChangeAvailability", {"connectorId": command.evse or 0, "type": kind}


def trigger(command: remote.TriggerMessage) -> Put:
    """TriggerMessage (1.6 §5.17), or ExtendedTriggerMessage for what only that knows (security whitepaper)."""
    _check_connector(command.connector, command.evse)
    action = "ExtendedTriggerMessage" if command.message in EXTENDED else "TriggerMessage"
    return action, _without_none({"requestedMessage": command.message, "connectorId": command.evse})


def read_variables(command: remote.ReadVariables) -> Put:
    """GetConfiguration (1.6 §5.8)."""
    keys = [name.variable for name in command.variables]
    return "GetConfiguration", {"key": keys} if keys else {}


def write_variables(command: remote.WriteVariables) -> Put:
    """ChangeConfiguration (1.6 §5.3)."""
    if len(command.variables) != 1:
        raise Unsupported("1.6 changes one key at a time", "variables")
    return "ChangeConfiguration", {"key": command.variables[0].variable, "value": command.variables[0].value}


def request_report(command: remote.RequestReport) -> Put:
    """Nothing: 1.6 knows no reports."""
    raise Unsupported("1.6 has no reports; read all variables instead")


def clear_cache(command: remote.ClearCache) -> Put:
    """ClearCache (1.6 §5.4)."""
    return "ClearCache", {}


def transfer_data(command: remote.TransferData) -> Put:
    """DataTransfer (1.6 §5.6)."""
    payload = {"vendorId": command.vendor, "messageId": command.message, "data": command.data}
    return "DataTransfer", _without_none(payload)


def _check_connector(connector: int | None, evse: int | None = 1) -> None:
    """Raise for all but connector 1 of an EVSE: connector n of 1.6 is EVSE n, connector 1."""
    if connector is not None and (connector != 1 or not evse):
        raise Unsupported("an EVSE of 1.6 has one connector, number 1", "connector")


def _without_none(payload: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if value is not None}


COMMANDS = {
    remote.StartRemotely: start_remotely,
    remote.StopRemotely: stop_remotely,
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
    "connectorId": "evse",
    "data": "data",
    "idTag": "token",
    "key": "variables",
    "messageId": "message",
    "requestedMessage": "message",
    "transactionId": "transaction",
    "value": "variables",
    "vendorId": "vendor",
}
"""Which member of a command became which member of its payload."""
