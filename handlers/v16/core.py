"""OCPP 1.6, Core profile: what stations say."""

from datetime import datetime

import msgspec

from csms.domain.access import Occasion, doubts, is_historic, occasion_of_begin
from csms.domain.session.commands import BeginSession, EndSession, Observation, UpdateSession
from csms.domain.session.nameless import made_name
from csms.domain.station.commands import BootReport, RecordBoot, Registration, ReportMeter, ReportNotice, ReportStatus
from csms.domain.station.reservations import used_by
from csms.ocpp.messages import v16
from csms.ports.handlers import StationContext, is_name
from handlers.units import as_meant
from handlers.v16.authorization import id_tag_info, token_of
from handlers.v16.metering import register, samples_of

PENDING_RETRY_S = 60
REJECTED_RETRY_S = 300
RETRY_S = {Registration.PENDING: PENDING_RETRY_S, Registration.REJECTED: REJECTED_RETRY_S}


async def authorize(call: v16.AuthorizeRequest, context: StationContext) -> v16.AuthorizeResponse:
    """Judge a token before a session (1.6 §4.1)."""
    authorization = await context.authorize(token_of(call.id_tag), occasion=Occasion.ASKED)
    return v16.AuthorizeResponse(id_tag_info=id_tag_info(authorization, context.received_at))


async def boot_notification(call: v16.BootNotificationRequest, context: StationContext) -> v16.BootNotificationResponse:
    """Register the station (1.6 §4.2)."""
    report = BootReport(
        vendor=call.charge_point_vendor,
        model=call.charge_point_model,
        serial=call.charge_point_serial_number or call.charge_box_serial_number,
        firmware=call.firmware_version,
        iccid=call.iccid,
        imsi=call.imsi,
        meter_type=call.meter_type,
        meter_serial=call.meter_serial_number,
    )
    policy = await context.boot_policy()
    registration = await context.execute(RecordBoot(report, policy, context.received_at, context.line_since))
    return v16.BootNotificationResponse(
        status=registration.value,
        current_time=context.received_at,
        interval=RETRY_S.get(registration, context.heartbeat_s),
    )


async def data_transfer(call: v16.DataTransferRequest, context: StationContext) -> v16.DataTransferResponse:
    """Keep what a vendor's extension says; we have no agreement with any vendor (16-CORE-14, Q106)."""
    await context.execute(ReportNotice("DataTransfer", context.text, context.received_at))
    return v16.DataTransferResponse(status="UnknownVendorId")


async def heartbeat(call: v16.HeartbeatRequest, context: StationContext) -> v16.HeartbeatResponse:
    """Tell the time, out of memory (1.6 §4.6, Q52)."""
    return v16.HeartbeatResponse(current_time=context.received_at)


async def status_notification(
    call: v16.StatusNotificationRequest, context: StationContext
) -> v16.StatusNotificationResponse:
    """Note the status of a connector: connector n is EVSE n, 0 is the station (1.6 §4.9)."""
    await context.execute(
        ReportStatus(
            evse=call.connector_id,
            connector=1 if call.connector_id else 0,
            status=call.status,
            at=call.timestamp or context.received_at,
            received_at=context.received_at,
            error=call.error_code,
            info=call.info,
            vendor=call.vendor_id,
            vendor_error=call.vendor_error_code,
        )
    )
    return v16.StatusNotificationResponse()


async def start_transaction(call: v16.StartTransactionRequest, context: StationContext) -> v16.StartTransactionResponse:
    """Begin a session; a bad token gets a bad status, and its transaction id all the same (1.6 §4.8, TX-02)."""
    token = token_of(call.id_tag)
    historic = is_historic(call.timestamp, context.received_at)
    authorization = await context.authorize(token, call.connector_id, occasion_of_begin(historic=historic))
    believed = _believed(call.timestamp, context)
    start = (
        f"start|{call.connector_id}|{believed or _raw_timestamp(context)}|{token.value.casefold()}|{call.meter_start}"
    )
    number = await context.start_number(start, believed)
    observation = Observation(
        at=call.timestamp,
        received_at=context.received_at,
        evse=call.connector_id,
        connector=1,
        token=token,
        samples=(register(call.timestamp, call.meter_start, "Transaction.Begin"),),
        reservation_id=_reservation(call.reservation_id),
        flags=(*context.deviations, *doubts(authorization, historic=historic)),
    )
    begin = BeginSession(context.station.id, str(number), observation, number, start)
    outcome = await context.transact(begin)
    await context.execute(used_by(begin, authorization.group, call.reservation_id))
    info = id_tag_info(authorization, context.received_at)
    return v16.StartTransactionResponse(id_tag_info=info, transaction_id=outcome.number or number)


async def stop_transaction(call: v16.StopTransactionRequest, context: StationContext) -> v16.StopTransactionResponse:
    """End a session; it cannot be refused, even if nobody knows it (1.6 §4.10, TX-20)."""
    token = None if call.id_tag is None else token_of(call.id_tag)
    authorization = None if token is None else await context.authorize(token)
    samples = (
        *as_meant(samples_of(call.transaction_data or ()), context),
        register(call.timestamp, call.meter_stop, "Transaction.End"),
    )
    ref = await context.ended_ref(call.transaction_id, token, call.timestamp, samples) or _orphan(call)
    await context.transact(
        EndSession(
            station=context.station.id,
            ref=ref,
            reason=call.reason,
            observation=Observation(
                at=call.timestamp,
                received_at=context.received_at,
                token=token,
                samples=samples,
                flags=context.deviations,
            ),
        )
    )
    return v16.StopTransactionResponse(
        id_tag_info=None if authorization is None else id_tag_info(authorization, context.received_at)
    )


async def meter_values(call: v16.MeterValuesRequest, context: StationContext) -> v16.MeterValuesResponse:
    """Record meter values with the session that they belong to, or with the EVSE (1.6 §4.7)."""
    samples = as_meant(samples_of(call.meter_value), context)
    at = max((sample.at for sample in samples), default=context.received_at)
    ref = await context.session_ref(call.transaction_id, call.connector_id, at, samples)
    if ref is None and call.transaction_id is not None and is_name(call.transaction_id):
        ref = str(call.transaction_id)  # charging goes on under a number that we have lost (Q76)
    if ref is None or not samples:
        await context.execute(ReportMeter(call.connector_id, samples, context.received_at))
        return v16.MeterValuesResponse()
    await context.transact(
        UpdateSession(
            station=context.station.id,
            ref=ref,
            observation=Observation(
                at=at,
                received_at=context.received_at,
                evse=call.connector_id or None,
                connector=1 if call.connector_id else None,
                samples=samples,
                flags=context.deviations,
            ),
        )
    )
    return v16.MeterValuesResponse()


async def acknowledge_start(context: StationContext) -> v16.StartTransactionResponse:
    """Stand for a start that could not be read: the station gets an id and may forget the message."""
    number = await context.start_number(f"unreadable|{context.text}", None)
    return v16.StartTransactionResponse(id_tag_info=v16.IdTagInfo(status="Accepted"), transaction_id=number)


async def acknowledge_stop(context: StationContext) -> v16.StopTransactionResponse:
    """Stand for a stop that could not be read."""
    return v16.StopTransactionResponse()


async def acknowledge_values(context: StationContext) -> v16.MeterValuesResponse:
    """Stand for meter values that could not be read."""
    return v16.MeterValuesResponse()


def _believed(timestamp: datetime, context: StationContext) -> datetime | None:
    """Return the station's time, or None where it was replaced by ours."""
    return None if any(deviation.startswith("timestamp") for deviation in context.deviations) else timestamp


def _raw_timestamp(context: StationContext) -> str:
    """Return the timestamp as it came: it is what stays the same when the station repeats itself."""
    try:
        payload = msgspec.json.decode(context.text)[3]
    except (msgspec.DecodeError, IndexError, TypeError):
        return context.text
    return str(payload.get("timestamp"))


def _orphan(call: v16.StopTransactionRequest) -> str:
    """Return what to call a session that nobody knows; a number that is no name stands for many sessions (Q62)."""
    number = call.transaction_id
    return str(number) if is_name(number) else made_name(number, call.timestamp, call.meter_stop)


def _reservation(number: int | None) -> int | None:
    return number if number is not None and number > 0 else None
