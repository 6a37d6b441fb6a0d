"""OCPP 1.6, Firmware Management profile: what stations say."""

from csms.domain.station.commands import ReportProgress
from csms.ocpp.messages import v16
from csms.ports.handlers import StationContext


async def diagnostics_status_notification(
    call: v16.DiagnosticsStatusNotificationRequest, context: StationContext
) -> v16.DiagnosticsStatusNotificationResponse:
    """Note how far an upload of diagnostics is (1.6 §4.4)."""
    await context.execute(ReportProgress("diagnostics", call.status, context.received_at))
    return v16.DiagnosticsStatusNotificationResponse()


async def firmware_status_notification(
    call: v16.FirmwareStatusNotificationRequest, context: StationContext
) -> v16.FirmwareStatusNotificationResponse:
    """Note how far a firmware update is (1.6 §4.5)."""
    await context.execute(ReportProgress("firmware", call.status, context.received_at))
    return v16.FirmwareStatusNotificationResponse()
