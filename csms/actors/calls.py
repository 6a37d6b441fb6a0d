"""The calls of ours to one station, from the asking to their end."""

import asyncio
from dataclasses import dataclass

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


def report_of(event: CallEnd, protocol: str) -> CallReport:
    """Word the end of a call."""
    call_id = event.call.message_id
    match event:
        case ResultReceived():
            return CallReport(call_id, CallOutcome.ANSWERED, protocol, answer=event.payload.decode())
        case ErrorReceived():
            return CallReport(
                call_id,
                CallOutcome.ERROR,
                protocol,
                code=event.code,
                description=event.description,
                details=event.details,
            )
        case CallLapsed():
            return CallReport(call_id, CallOutcome.TIMED_OUT, protocol)
        case CallDropped():
            return CallReport(call_id, CallOutcome.DISCONNECTED, protocol)
