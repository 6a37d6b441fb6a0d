"""The calls of ours to one station, from the asking to their end."""

import asyncio
from dataclasses import dataclass

import msgspec

from csms.ocpp.errors import ErrorCode, read_code
from csms.ocpp.events import CallDropped, CallLapsed, ErrorReceived, ResultReceived
from csms.ports.commands import CallOutcome, CallReport

CallEnd = ResultReceived | ErrorReceived | CallLapsed | CallDropped


@dataclass(frozen=True, slots=True)
class Awaited:
    """A call whose end somebody waits for."""

    action: str
    payload: bytes
    report: "asyncio.Future[CallReport]"


class Calls:
    """Who waits for which call; empty for nearly all stations at nearly all times."""

    __slots__ = ("_awaited",)

    def __init__(self) -> None:
        self._awaited: dict[str, Awaited] = {}

    def __len__(self) -> int:
        return len(self._awaited)

    def expect(self, call_id: str, action: str, payload: bytes) -> "asyncio.Future[CallReport]":
        """Return what will hold the report of the call."""
        report: asyncio.Future[CallReport] = asyncio.get_running_loop().create_future()
        self._awaited[call_id] = Awaited(action, payload, report)
        return report

    def close(self, report: CallReport) -> Awaited | None:
        """Hand the report to who waits for it; None if nobody does."""
        awaited = self._awaited.pop(report.call_id, None)
        if awaited is not None and not awaited.report.done():
            awaited.report.set_result(report)
        return awaited

    def drop_all(self, outcome: CallOutcome, protocol: str | None) -> list[CallReport]:
        """End every call in the same way and return the reports."""
        reports = [CallReport(call_id, outcome, protocol) for call_id in list(self._awaited)]
        for report in reports:
            self.close(report)
        return reports


class _Answer(msgspec.Struct, frozen=True):
    status: str | None = None


_answer = msgspec.json.Decoder(_Answer)
UNKNOWN = frozenset({ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED})


def is_unsupported(event: CallEnd) -> bool:
    """Whether a station says, by an error or by a status, that it does not know what it was asked (Q40)."""
    if isinstance(event, ErrorReceived):
        return read_code(event.code) in UNKNOWN
    if not isinstance(event, ResultReceived):
        return False
    try:
        status = _answer.decode(event.payload).status
    except msgspec.DecodeError:
        return False
    return status is not None and read_code(status) in UNKNOWN


def report_of(event: CallEnd, protocol: str) -> CallReport:
    """Word the end of a call."""
    call_id = event.call.message_id
    match event:
        case ResultReceived():
            answer, unsupported = event.payload.decode(), is_unsupported(event)
            return CallReport(call_id, CallOutcome.ANSWERED, protocol, answer=answer, unsupported=unsupported)
        case ErrorReceived():
            return CallReport(
                call_id,
                CallOutcome.ERROR,
                protocol,
                code=event.code,
                description=event.description,
                details=event.details,
                unsupported=is_unsupported(event),
            )
        case CallLapsed():
            return CallReport(call_id, CallOutcome.TIMED_OUT, protocol)
        case CallDropped():
            return CallReport(call_id, CallOutcome.DISCONNECTED, protocol)
