"""The rules of a station's record: one function for each command."""

from datetime import timedelta

from msgspec.structs import replace

from csms.domain.command import Deciders, Decision
from csms.domain.station.certificates import TRUSTING
from csms.domain.station.charging_rules import CHARGING
from csms.domain.station.commands import (
    BootReport,
    CloseCall,
    IssueCall,
    RecordBoot,
    Registration,
    ReportMeter,
    ReportNotice,
    ReportStatus,
    ReportVariables,
)
from csms.domain.station.events import (
    CallClosed,
    CallIssued,
    MeterReported,
    NoticeKept,
    StationBooted,
    StatusChanged,
    VariablesReported,
)
from csms.domain.station.evolve import newest_of
from csms.domain.station.flooding import has_overflowed, word_of_flood
from csms.domain.station.following import FOLLOWING, ended_with_call, found_by_boot
from csms.domain.station.local_list import LISTING
from csms.domain.station.reserving import RESERVING, ended_by_status
from csms.domain.station.security_rules import GUARDING
from csms.domain.station.signing_rules import SIGNING
from csms.domain.station.state import ConnectorState, Station

STALE_AFTER = timedelta(minutes=5)
BOOT_STORM = timedelta(seconds=10)


def boot(station: Station, command: RecordBoot) -> Decision[Registration]:
    """Answer what the operator wants; a boot loop is answered and not written down again (BOOT-17, Q49, Q51).

    Who says the same on another connection has restarted, however quickly.
    """
    report, booted_at = station.report, station.booted_at
    if (
        report is not None
        and booted_at is not None
        and station.registration is command.policy
        and command.at - booted_at < BOOT_STORM
        and (command.line_since is None or booted_at >= command.line_since)
        and replace(report, reason=None) == replace(command.report, reason=None)
    ):
        return Decision(command.policy)
    replaced = report is not None and _identity(report) != _identity(command.report)
    booted = StationBooted(command.report, command.policy, command.at, replaced)
    return Decision(command.policy, (booted, *found_by_boot(station, command)))


def _identity(report: BootReport) -> tuple[str | None, ...]:
    return (report.vendor, report.model, report.serial, report.firmware)


def report_status(station: Station, command: ReportStatus) -> Decision[None]:
    """Note a change, whatever it is (Q56); what is the same is nothing (Q58), what is old is history (Q59)."""
    key = (command.evse, command.connector)
    known = next((state for place, state in station.connectors if place == key), None)
    current = known is None or not _is_stale(command, known, station)
    if known is not None and _says(known) == _says(command):
        return Decision(None)
    replays = newest_of(station, key)
    if not current and replays is not None and (command.at, command.status, command.error) in replays.told:
        return Decision(None)
    event = StatusChanged(
        evse=command.evse,
        connector=command.connector,
        status=command.status,
        at=command.at,
        received_at=command.received_at,
        error=command.error,
        info=command.info,
        vendor=command.vendor,
        vendor_error=command.vendor_error,
        current=current,
    )
    return Decision(None, (event, *ended_by_status(station, event)))


def _is_stale(command: ReportStatus, known: ConnectorState, station: Station) -> bool:
    """Whether a report is much older than the newest; a time that had not come yet proves nothing (Q59)."""
    replays = newest_of(station, (command.evse, command.connector))
    newest_at = known.at if replays is None else max(known.at, replays.newest_at)
    return command.at < min(newest_at, known.received_at) - STALE_AFTER


def _says(told: ConnectorState | ReportStatus) -> tuple[str | None, ...]:
    return (told.status, told.error, told.info, told.vendor, told.vendor_error)


def report_meter(station: Station, command: ReportMeter) -> Decision[None]:
    """Keep meter values that belong to no session, once; empty ones are nothing (TX-30, TX-52)."""
    if not command.samples or hash((command.evse, command.samples)) in station.meter_marks:
        return Decision(None)
    return Decision(None, (MeterReported(command.evse, command.samples, command.received_at),))


def report_variables(station: Station, command: ReportVariables) -> Decision[None]:
    """Keep what a station told of its variables; an empty last part still ends its report."""
    return Decision(
        None,
        (VariablesReported(command.variables, command.at, command.request_id, command.seq_no, command.last),),
    )


def report_notice(station: Station, command: ReportNotice) -> Decision[None]:
    """Keep a message as it came; of a flood only the first of each minute, and a word of it (Q116).

    What a person should see is kept whatever there is.
    """
    review = command.review
    if review is None and has_overflowed(station, command.at):
        return Decision(None)
    review = review or word_of_flood(station, command.at)
    return Decision(None, (NoticeKept(command.topic, command.body, command.at, review),))


def issue_call(station: Station, command: IssueCall) -> Decision[None]:
    """Store a call before it is sent."""
    return Decision(None, (CallIssued(command.call_id, command.action, command.payload, command.at, command.asked_by),))


def close_call(station: Station, command: CloseCall) -> Decision[None]:
    """Note how a call ended."""
    closed = CallClosed(command.call_id, command.outcome, command.at, command.answer)
    return Decision(None, (closed, *ended_with_call(station, command)))


DECIDERS: Deciders = {
    RecordBoot: boot,
    ReportStatus: report_status,
    ReportMeter: report_meter,
    ReportVariables: report_variables,
    ReportNotice: report_notice,
    IssueCall: issue_call,
    CloseCall: close_call,
    **FOLLOWING,
    **RESERVING,
    **CHARGING,
    **LISTING,
    **GUARDING,
    **TRUSTING,
    **SIGNING,
}
