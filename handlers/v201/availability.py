"""OCPP 2.0.1, block G, Availability, and the events that stand for it (N07)."""

from csms.domain.station.commands import ReportNotice, ReportStatus
from csms.ocpp.messages import v201
from csms.ports.handlers import StationContext


async def status_notification(
    call: v201.StatusNotificationRequest, context: StationContext
) -> v201.StatusNotificationResponse:
    """Note the status of a connector (G01)."""
    await context.execute(
        ReportStatus(
            evse=call.evse_id,
            connector=call.connector_id,
            status=call.connector_status,
            at=call.timestamp,
            received_at=context.received_at,
        )
    )
    return v201.StatusNotificationResponse()


async def notify_event(call: v201.NotifyEventRequest, context: StationContext) -> v201.NotifyEventResponse:
    """Note the statuses among the events (G01.FR.07); keep the message if it has any others."""
    reports = [_status_of(event, context) for event in call.event_data]
    for report in reports:
        if report is not None:
            await context.execute(report)
    if None in reports:
        await context.execute(ReportNotice("NotifyEvent", context.text, context.received_at))
    return v201.NotifyEventResponse()


def _status_of(event: v201.EventDataType, context: StationContext) -> ReportStatus | None:
    if event.variable.name.casefold() != "availabilitystate":
        return None
    evse = event.component.evse
    return ReportStatus(
        evse=0 if evse is None else evse.id,
        connector=0 if evse is None else evse.connector_id or 0,
        status=event.actual_value,
        at=event.timestamp,
        received_at=context.received_at,
        error=event.tech_code,
        info=event.tech_info,
    )
