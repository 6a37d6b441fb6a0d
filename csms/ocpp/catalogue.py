"""Which actions each version has, who may call them, and what their messages look like."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import msgspec

from csms.ocpp.messages import v16, v21, v201
from csms.ocpp.version import Version

FROM_STATION = {
    Version.V16: frozenset(
        [
            "Authorize",
            "BootNotification",
            "DiagnosticsStatusNotification",
            "FirmwareStatusNotification",
            "Heartbeat",
            "LogStatusNotification",
            "MeterValues",
            "SecurityEventNotification",
            "SignCertificate",
            "SignedFirmwareStatusNotification",
            "StartTransaction",
            "StatusNotification",
            "StopTransaction",
            "DataTransfer",
        ]
    ),
    Version.V201: frozenset(
        [
            "Authorize",
            "BootNotification",
            "ClearedChargingLimit",
            "FirmwareStatusNotification",
            "Get15118EVCertificate",
            "GetCertificateStatus",
            "Heartbeat",
            "LogStatusNotification",
            "MeterValues",
            "NotifyChargingLimit",
            "NotifyCustomerInformation",
            "NotifyDisplayMessages",
            "NotifyEVChargingNeeds",
            "NotifyEVChargingSchedule",
            "NotifyEvent",
            "NotifyMonitoringReport",
            "NotifyReport",
            "PublishFirmwareStatusNotification",
            "ReportChargingProfiles",
            "ReservationStatusUpdate",
            "SecurityEventNotification",
            "SignCertificate",
            "StatusNotification",
            "TransactionEvent",
            "DataTransfer",
        ]
    ),
}
FROM_STATION[Version.V21] = FROM_STATION[Version.V201] | frozenset(
    [
        "BatterySwap",
        "ClosePeriodicEventStream",
        "GetCertificateChainStatus",
        "NotifyDERAlarm",
        "NotifyDERStartStop",
        "NotifyPeriodicEventStream",
        "NotifyPriorityCharging",
        "NotifySettlement",
        "OpenPeriodicEventStream",
        "PullDynamicScheduleUpdate",
        "ReportDERControl",
        "VatNumberValidation",
    ]
)

MODULES: Mapping[Version, ModuleType] = {Version.V16: v16, Version.V201: v201, Version.V21: v21}
SCHEMA_FOLDERS = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One action: the types of its messages, and which side may call it."""

    request: type[msgspec.Struct]
    response: type[msgspec.Struct]
    from_station: bool
    from_csms: bool


@cache
def actions(version: Version) -> Mapping[str, ActionSpec]:
    """Return every action of a version."""
    module = MODULES[version]
    names = [name.removesuffix("Request") for name in vars(module) if name.endswith("Request")]
    return {
        name: ActionSpec(
            request=getattr(module, f"{name}Request"),
            response=getattr(module, f"{name}Response", getattr(module, f"{name}Request")),
            from_station=name in FROM_STATION[version],
            from_csms=name == "DataTransfer" or name not in FROM_STATION[version],
        )
        for name in names
    }
