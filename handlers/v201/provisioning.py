"""OCPP 2.0.1, block B, Provisioning: what stations say."""

from collections.abc import Iterator

from csms.domain.station.commands import BootReport, RecordBoot, Registration, ReportVariable, ReportVariables
from csms.ocpp.messages import v201
from csms.ocpp.secrets import MASK, is_secret
from csms.ocpp.version import Version
from csms.ports.handlers import Answered, StationContext
from handlers.answers import read

PENDING_RETRY_S = 60
REJECTED_RETRY_S = 300
RETRY_S = {Registration.PENDING: PENDING_RETRY_S, Registration.REJECTED: REJECTED_RETRY_S}


async def boot_notification(
    call: v201.BootNotificationRequest, context: StationContext
) -> v201.BootNotificationResponse:
    """Register the station (B01, B02, B03)."""
    told, modem = call.charging_station, call.charging_station.modem
    report = BootReport(
        vendor=told.vendor_name,
        model=told.model,
        serial=told.serial_number,
        firmware=told.firmware_version,
        iccid=None if modem is None else modem.iccid,
        imsi=None if modem is None else modem.imsi,
        reason=call.reason,
    )
    policy = await context.boot_policy()
    registration = await context.execute(RecordBoot(report, policy, context.received_at, context.line_since))
    return v201.BootNotificationResponse(
        current_time=context.received_at,
        interval=RETRY_S.get(registration, context.heartbeat_s),
        status=registration.value,
    )


async def heartbeat(call: v201.HeartbeatRequest, context: StationContext) -> v201.HeartbeatResponse:
    """Tell the time, out of memory (G02)."""
    return v201.HeartbeatResponse(current_time=context.received_at)


async def notify_report(call: v201.NotifyReportRequest, context: StationContext) -> v201.NotifyReportResponse:
    """Keep one part of a report of the device model (B07, B08)."""
    variables = tuple(variable for told in call.report_data or () for variable in _variables_of(told))
    await context.execute(
        ReportVariables(
            variables=variables,
            at=context.received_at,
            request_id=call.request_id,
            seq_no=call.seq_no,
            last=not call.tbc,
        )
    )
    return v201.NotifyReportResponse()


def _variables_of(told: v201.ReportDataType) -> list[ReportVariable]:
    evse, traits = told.component.evse, told.variable_characteristics
    return [
        ReportVariable(
            component=told.component.name,
            variable=told.variable.name,
            value=MASK if attribute.value and is_secret(told.variable.name) else attribute.value,
            component_instance=told.component.instance,
            variable_instance=told.variable.instance,
            evse=None if evse is None else evse.id,
            connector=None if evse is None else evse.connector_id,
            attribute=attribute.type or "Actual",
            mutability=attribute.mutability,
            unit=None if traits is None else traits.unit,
            data_type=None if traits is None else traits.data_type,
            max_limit=None if traits is None or traits.max_limit is None else float(traits.max_limit),
        )
        for attribute in told.variable_attribute
    ]


def get_variables(answered: Answered) -> Iterator[ReportVariables]:
    """Keep what a station told of its variables (B06); secrets that it shows are not kept (Q126)."""
    told: v201.GetVariablesResponse = read(Version.V201, "GetVariables", answered)
    read_well = [result for result in told.get_variable_result if result.attribute_status == "Accepted"]
    if read_well:
        yield ReportVariables(tuple(map(_variable_read, read_well)), answered.at)


def _variable_read(told: v201.GetVariableResultType) -> ReportVariable:
    evse, value = told.component.evse, told.attribute_value
    return ReportVariable(
        component=told.component.name,
        variable=told.variable.name,
        value=MASK if value and is_secret(told.variable.name) else value,
        component_instance=told.component.instance,
        variable_instance=told.variable.instance,
        evse=None if evse is None else evse.id,
        connector=None if evse is None else evse.connector_id,
        attribute=told.attribute_type or "Actual",
    )


LEARNS = {"GetVariables": get_variables}
"""What the answers to these calls say of the station."""
