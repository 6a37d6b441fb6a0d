"""OCPP 2.0.1: the table of contents."""

from collections.abc import Mapping
from typing import Any

import msgspec

from csms.ocpp.version import Version
from csms.ports.handlers import Dialect, Inbound, Learn
from handlers import errands, hash_data
from handlers.v201 import (
    authorization,
    availability,
    certificate_management,
    charging_answers,
    commands,
    data_transfer,
    diagnostics,
    firmware,
    local_auth_list,
    metering,
    provisioning,
    reservation,
    security,
    signing,
    smart_charging,
    transactions,
)

COMMANDS: Mapping[Any, Any] = {
    **commands.COMMANDS,
    **firmware.COMMANDS,
    **diagnostics.COMMANDS,
    **local_auth_list.COMMANDS,
    **reservation.COMMANDS,
    **security.COMMANDS,
    **certificate_management.commands(Version.V201),
    **signing.COMMANDS,
    **smart_charging.COMMANDS,
}
"""What operators can say, and which function puts it into words."""

MEMBERS = {
    **commands.MEMBERS,
    **errands.MEMBERS,
    **local_auth_list.MEMBERS,
    **reservation.MEMBERS,
    **hash_data.MEMBERS,
    **signing.MEMBERS,
    **smart_charging.MEMBERS,
}
"""Which member of a command became which member of its payload."""

spoken = local_auth_list.spoken
"""What the version can say of an entry of a local list."""

LIST_LIMITS = local_auth_list.LIST_LIMITS
"""The variables that tell how much of a local list a station takes."""

SIGNING = frozenset({*signing.TRIGGERS.values(), "SignCombinedCertificate"})
REPORTING = frozenset({"GetBaseReport", "GetReport"})


def invites(action: str, payload: bytes) -> frozenset[str]:
    """Return what a call of ours makes a pending station say (BOOT-05)."""
    if action in REPORTING:
        return frozenset({"NotifyReport"})
    if action == "GetChargingProfiles":
        return frozenset({"ReportChargingProfiles"})
    if action != "TriggerMessage":
        return frozenset()
    try:
        requested = msgspec.json.decode(payload, type=dict[str, object]).get("requestedMessage")
    except msgspec.DecodeError:
        return frozenset()
    return frozenset({"SignCertificate" if requested in SIGNING else str(requested)})


def learns(version: Version) -> Mapping[str, Learn]:
    """Return what answers to calls of ours tell of a station, in a version of 2.x."""
    return {
        **provisioning.LEARNS,
        **security.LEARNS,
        **certificate_management.learns(version),
        **signing.LEARNS,
        **firmware.LEARNS,
        **diagnostics.LEARNS,
        **local_auth_list.learns(version),
        **reservation.learns(version),
        **charging_answers.learns(version),
    }


V201 = Dialect(
    inbound={
        "Authorize": Inbound(authorization.authorize),
        "BootNotification": Inbound(
            provisioning.boot_notification,
            before_acceptance=True,
            betrayed_by={"chargePointVendor": "it speaks 1.6 on a line of 2.0.1: pin its subprotocol to ocpp1.6"},
        ),
        "ClearedChargingLimit": Inbound(smart_charging.cleared_charging_limit),
        "DataTransfer": Inbound(data_transfer.data_transfer),
        "FirmwareStatusNotification": Inbound(firmware.firmware_status_notification),
        "Heartbeat": Inbound(provisioning.heartbeat),
        "LogStatusNotification": Inbound(diagnostics.log_status_notification),
        "MeterValues": Inbound(metering.meter_values, metering.acknowledge_values),
        "NotifyChargingLimit": Inbound(smart_charging.notify_charging_limit),
        "NotifyEvent": Inbound(availability.notify_event),
        "NotifyReport": Inbound(provisioning.notify_report),
        "ReservationStatusUpdate": Inbound(reservation.reservation_status_update),
        "ReportChargingProfiles": Inbound(smart_charging.report_charging_profiles),
        "SecurityEventNotification": Inbound(security.security_event_notification, security.acknowledge_event),
        "SignCertificate": Inbound(signing.sign_certificate),
        "StatusNotification": Inbound(availability.status_notification),
        "TransactionEvent": Inbound(transactions.transaction_event, transactions.acknowledge_event),
    },
    invites=invites,
    barred=frozenset({"RequestStartTransaction", "RequestStopTransaction"}),
    wakers=frozenset({"TriggerMessage"}),
    learns=learns(Version.V201),
    asks={**firmware.ASKS, **diagnostics.ASKS},
    errors_refuse=frozenset({"SetChargingProfile"}),
)
