"""OCPP 1.6: the table of contents."""

from collections.abc import Mapping
from typing import Any

import msgspec

from csms.ports.handlers import Dialect, Inbound
from handlers import errands, hash_data
from handlers.v16 import (
    certificate_management,
    commands,
    configuration,
    core,
    diagnostics,
    firmware,
    local_auth_list,
    reservation,
    security,
    signing,
    smart_charging,
)

COMMANDS: Mapping[Any, Any] = {
    **commands.COMMANDS,
    **firmware.COMMANDS,
    **diagnostics.COMMANDS,
    **local_auth_list.COMMANDS,
    **reservation.COMMANDS,
    **security.COMMANDS,
    **certificate_management.COMMANDS,
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


def invites(action: str, payload: bytes) -> frozenset[str]:
    """Return what a call of ours makes a pending station say (BOOT-05)."""
    if action not in {"TriggerMessage", "ExtendedTriggerMessage"}:
        return frozenset()
    try:
        requested = msgspec.json.decode(payload, type=dict[str, object]).get("requestedMessage")
    except msgspec.DecodeError:
        return frozenset()
    return frozenset({"SignCertificate" if requested == "SignChargePointCertificate" else str(requested)})


V16 = Dialect(
    inbound={
        "Authorize": Inbound(core.authorize),
        "BootNotification": Inbound(core.boot_notification, before_acceptance=True),
        "DataTransfer": Inbound(core.data_transfer),
        "DiagnosticsStatusNotification": Inbound(diagnostics.diagnostics_status_notification),
        "FirmwareStatusNotification": Inbound(firmware.firmware_status_notification),
        "Heartbeat": Inbound(core.heartbeat),
        "LogStatusNotification": Inbound(diagnostics.log_status_notification),
        "MeterValues": Inbound(core.meter_values, core.acknowledge_values),
        "SecurityEventNotification": Inbound(security.security_event_notification, security.acknowledge_event),
        "SignCertificate": Inbound(signing.sign_certificate),
        "SignedFirmwareStatusNotification": Inbound(firmware.signed_firmware_status_notification),
        "StartTransaction": Inbound(core.start_transaction, core.acknowledge_start),
        "StatusNotification": Inbound(core.status_notification),
        "StopTransaction": Inbound(core.stop_transaction, core.acknowledge_stop),
    },
    invites=invites,
    barred=frozenset({"RemoteStartTransaction", "RemoteStopTransaction"}),
    wakers=frozenset(),  # one that was rejected is sent nothing (1.6 §4.2)
    learns={
        **configuration.LEARNS,
        **firmware.LEARNS,
        **diagnostics.LEARNS,
        **local_auth_list.LEARNS,
        **reservation.LEARNS,
        **security.LEARNS,
        **certificate_management.LEARNS,
        **signing.LEARNS,
        **smart_charging.LEARNS,
    },
    asks={**firmware.ASKS, **diagnostics.ASKS},
    errors_refuse=frozenset({"SetChargingProfile"}),
)
