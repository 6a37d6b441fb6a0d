"""OCPP 1.6, security extension: what stations say."""

from csms.domain.station.security import ReportSecurityEvent
from csms.ocpp.messages import v16
from csms.ports.handlers import StationContext


async def security_event_notification(
    call: v16.SecurityEventNotificationRequest, context: StationContext
) -> v16.SecurityEventNotificationResponse:
    """Keep a security event, of any type (security whitepaper, A04)."""
    told = ReportSecurityEvent(call.type, call.timestamp, context.received_at, call.tech_info, context.text)
    await context.execute(told)
    return v16.SecurityEventNotificationResponse()


async def acknowledge_event(_: StationContext) -> v16.SecurityEventNotificationResponse:
    """Answer an event that cannot be read; it is kept for review (SEC-60)."""
    return v16.SecurityEventNotificationResponse()
