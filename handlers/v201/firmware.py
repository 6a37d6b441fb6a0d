"""OCPP 2.0.1, block L, Firmware, and the log uploads of block N: what stations say."""

from csms.domain.station.commands import ReportProgress
from csms.ocpp.messages import v201
from csms.ports.handlers import StationContext


async def firmware_status_notification(
    call: v201.FirmwareStatusNotificationRequest, context: StationContext
) -> v201.FirmwareStatusNotificationResponse:
    """Note how far a firmware update is (L01)."""
    await context.execute(ReportProgress("firmware", call.status, context.received_at, call.request_id))
    return v201.FirmwareStatusNotificationResponse()


async def log_status_notification(
    call: v201.LogStatusNotificationRequest, context: StationContext
) -> v201.LogStatusNotificationResponse:
    """Note how far an upload of a log is (N01)."""
    await context.execute(ReportProgress("log", call.status, context.received_at, call.request_id))
    return v201.LogStatusNotificationResponse()
