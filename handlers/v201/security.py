"""OCPP 2.0.1, block A, Security: what stations say."""

from csms.domain.station.commands import ReportNotice
from csms.ocpp.messages import v201
from csms.ports.handlers import StationContext


async def security_event_notification(
    call: v201.SecurityEventNotificationRequest, context: StationContext
) -> v201.SecurityEventNotificationResponse:
    """Keep a security event, of any type (A04)."""
    await context.execute(ReportNotice("SecurityEventNotification", context.text, context.received_at))
    return v201.SecurityEventNotificationResponse()
