"""What the house says to a station: stored, sent, and its end stored and reported."""

from datetime import timedelta

import msgspec
import structlog

from csms.actors.calls import CallEnd, Calls, report_of
from csms.actors.entity import Entity
from csms.actors.reception import Reception
from csms.actors.tools import Tools
from csms.domain.station.commands import CloseCall, IssueCall, Registration
from csms.domain.station.state import Station
from csms.ocpp.events import ErrorReceived, OpenCall, ResultReceived
from csms.ocpp.secrets import redacted
from csms.ports.commands import CallOutcome, CallReport, CallRequest
from csms.ports.handlers import Answered, Asked
from csms.ports.line import Line

log = structlog.get_logger(__name__)


class Outbound:
    """The calls of ours to one station; `calls` outlive what the actor forgets. Raises a `JournalError`."""

    __slots__ = ("_calls", "_entity", "_reception", "_tools")

    def __init__(self, *, calls: Calls, entity: Entity[Station], reception: Reception, tools: Tools) -> None:
        self._calls = calls
        self._entity = entity
        self._reception = reception
        self._tools = tools

    async def send(self, line: Line, request: CallRequest) -> bool:
        """Store a call, then send it; False if it was not sent, which is reported."""
        if self._is_barred(line, request.action):
            self._calls.close(CallReport(request.call_id, CallOutcome.NOT_ALLOWED, line.version))
            return False
        now, kept = self._tools.clock.now(), redacted(request.action, request.payload)
        await self._entity.execute(IssueCall(request.call_id, request.action, kept, now, request.asked_by))
        payload = request.payload.encode()
        await self._note(line, request.action, Asked(request.call_id, payload, now))
        self._reception.invite(line, request.action, payload)
        if not line.call(request.call_id, request.action, payload, within=request.within_s):
            await self.close(CallReport(request.call_id, CallOutcome.BUSY, line.version))
            return False
        return True

    async def _note(self, line: Line, action: str, asked: Asked) -> None:
        """Note on the record what a call asks for, where that is more than its answer: an errand that lasts."""
        ask = self._tools.dialects[line.version].asks.get(action)
        try:
            commands = () if ask is None else tuple(ask(asked))
        except msgspec.MsgspecError as error:
            log.warning("call_not_understood", action=action, detail=str(error))
            return
        for command in commands:
            await self._entity.execute(command)

    def _is_barred(self, line: Line, action: str) -> bool:
        dialect = self._tools.dialects[line.version]
        match self._entity.state.registration:
            case Registration.PENDING:
                return action in dialect.barred
            case Registration.REJECTED:
                return action not in dialect.wakers
            case _:
                return False

    async def end(self, line: Line, event: CallEnd) -> None:
        """Store how a call ended and what follows from it for the record, then report it."""
        report = report_of(event, line.version)
        try:
            await self._store(report, event.call.action)
            if isinstance(event, ResultReceived):
                await self._learn(line, event.call, event.payload)
            elif (
                isinstance(event, ErrorReceived)
                and event.call.action in self._tools.dialects[line.version].errors_refuse
            ):
                refusal = msgspec.json.encode({"status": f"Error {event.code}"})
                await self._learn(line, event.call, refusal)
        finally:
            self._calls.close(report)

    async def close(self, report: CallReport) -> None:
        """Store how a call ended that the station did not answer, and report it."""
        try:
            await self._store(report)
        finally:
            self._calls.close(report)

    async def _store(self, report: CallReport, action: str | None = None) -> None:
        answer = report.answer if report.code is None else report.details
        answer = None if answer is None else redacted(action, answer)
        now = self._tools.clock.now()
        await self._entity.execute(CloseCall(report.call_id, report.outcome, now, answer, report.code))

    async def _learn(self, line: Line, call: OpenCall, answer: bytes) -> None:
        """Note what an answer says of the station: the call may have come through any door, and late."""
        clock = self._tools.clock
        learn = self._tools.dialects[line.version].learns.get(call.action)
        if learn is None:
            return
        now, monotonic = clock.now(), clock.monotonic()
        asked_at = now - timedelta(seconds=monotonic - (call.sent_at or monotonic))
        try:
            commands = tuple(learn(Answered(call.message_id, call.payload, answer, asked_at, now)))
        except msgspec.MsgspecError as error:
            log.warning("answer_not_understood", action=call.action, detail=str(error))
            return
        for command in commands:
            await self._entity.execute(command)
