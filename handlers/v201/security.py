"""OCPP 2.0.1, block A, Security: what stations say."""

from csms.domain.station.security import ReportSecurityEvent
from csms.ocpp.messages import v201
from csms.ports.handlers import StationContext


async def security_event_notification(
    call: v201.SecurityEventNotificationRequest, context: StationContext
) -> v201.SecurityEventNotificationResponse:
    """Keep a security event, of any type (A04)."""
    told = ReportSecurityEvent(call.type, call.timestamp, context.received_at, call.tech_info, context.text)
    await context.execute(told)
    return v201.SecurityEventNotificationResponse()


async def acknowledge_event(_: StationContext) -> v201.SecurityEventNotificationResponse:
    """Answer an event that cannot be read; it is kept for review (SEC-60)."""
    return v201.SecurityEventNotificationResponse()
