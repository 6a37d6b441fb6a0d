"""A command as an assignment to one station of many: the same words, checks and doors, and no way to be sent twice."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from csms.domain import remote
from csms.domain.fleet.outcomes import Outcome
from csms.domain.remote import ChangePassword, RemoteCommand, WriteVariables
from csms.features.commands.advising import warnings_for
from csms.features.commands.asking import ask
from csms.features.commands.preparing import prepared
from csms.features.commands.table import COMMANDS
from csms.features.commands.wording import patience_with, word, word_for
from csms.features.commands.words import Addressee, Words
from csms.ocpp.secrets import is_secret, redacted, redacted_words
from csms.ports.assignments import Assignment, BodyFault, Carrier, Ending, Instead
from csms.ports.commands import CallOutcome, CallReport, CallRequest, StationCalls, Unsupported, Verdict
from csms.ports.journal import JournalUnavailable
from csms.storage.engine import AWAY
from csms.web.problems import Problem, body_error

HEARD = "SELECT action, outcome, answer FROM station_calls WHERE id = $1 AND outcome IS NOT NULL"
PLAIN = {
    CallOutcome.TIMED_OUT: (Outcome.TIMED_OUT, "it did not answer in time; it may have acted all the same"),
    CallOutcome.DISCONNECTED: (Outcome.DISCONNECTED, "the connection was lost before the answer; it may have acted"),
    CallOutcome.OFFLINE: (Outcome.OFFLINE, None),
    CallOutcome.NOT_ALLOWED: (Outcome.NOT_ALLOWED, "it is not accepted yet"),
    CallOutcome.BUSY: (Outcome.BUSY, "it could not be asked; nothing was sent"),
}
ERRANDS = (remote.UpdateFirmware, remote.GetLog, remote.GetDiagnostics)
"""Commands of which the answer is only the beginning."""
VERDICTS = {
    Verdict.ACCEPTED: Outcome.ACCEPTED,
    Verdict.NEEDS_RESTART: Outcome.ACCEPTED,
    Verdict.REFUSED: Outcome.REFUSED,
    Verdict.UNSUPPORTED: Outcome.UNSUPPORTED,
}


class CommandCarrier:
    """Carries one command of the table to stations."""

    effect: str | None

    def __init__(
        self, command: type[RemoteCommand], *, words: Words, calls: StationCalls, call_timeout_s: float
    ) -> None:
        self._command = command
        self.effect = "errand" if issubclass(command, ERRANDS) else None
        self._words = words
        self._calls = calls
        self._call_timeout_s = call_timeout_s

    async def check(self, body: str, protocols: Sequence[str]) -> None:
        """Raise `BodyFault` for a body that is no such command, holds a password, or that no protocol can say."""
        command = self._read(body)
        if isinstance(command, WriteVariables):
            for place, variable in enumerate(command.variables):
                if is_secret(variable.variable):
                    raise BodyFault(f"/variables/{place}/variable", "a secret is not sent to many stations")
        if isinstance(command, ChangePassword) and command.password is not None:
            raise BodyFault("/password", "is left out: a secret is not sent to many stations, each gets its own")
        if isinstance(command, remote.SetChargingProfile) and command.fallback:
            raise BodyFault("/fallback", "is for one station: an assignment of an operation is one call")
        if command.then() is not None:
            raise BodyFault(
                f"/{command.THEN}", "is left out: what is to follow at many stations is an operation of its own"
            )
        faults = [fault for protocol in protocols if (fault := await self._fault(protocol, command)) is not None]
        if faults and len(faults) == len(protocols):
            raise faults[0]

    def _read(self, body: str) -> RemoteCommand:
        try:
            return msgspec.json.decode(body, type=self._command)
        except msgspec.ValidationError as error:
            fault = body_error(error)
            raise BodyFault(fault.path, fault.message) from error

    async def _fault(self, protocol: str, command: RemoteCommand) -> BodyFault | None:
        try:
            whole, _ = await prepared(self._words, Addressee("", protocol), command)
            word(self._words, protocol, whole)
        except Problem as problem:
            return BodyFault(problem.errors[0].path if problem.errors else "", problem.detail)
        return None

    async def carry(self, assignment: Assignment) -> Ending:
        """Send the command, once."""
        protocol = await self._calls.protocol(assignment.station)
        if protocol is None:
            return Ending(Outcome.OFFLINE)
        command = self._read(assignment.body)
        try:
            request = await self._put(assignment, protocol, command)
        except Problem as problem:
            unsayable = isinstance(problem.__cause__, Unsupported)
            outcome = Outcome.UNSUPPORTED if unsayable else Outcome.INVALID
            return Ending(outcome, protocol, detail=_told(problem))
        except (JournalUnavailable, *AWAY):
            return Ending(Outcome.BUSY, protocol)
        report = await ask(self._words, self._calls, request)
        ending = self._ending(request.action, report)
        if ending.outcome is Outcome.REFUSED:
            return replace(ending, detail=await self._why(assignment.station, protocol, command))
        return replace(ending, instead=_instead(command.weaker())) if report.unsupported else ending

    async def _why(self, station: str, protocol: str, command: RemoteCommand) -> str | None:
        """Return what the records say against a command that a station refused."""
        try:
            whys = await warnings_for(self._words, station, protocol, command)
        except AWAY:
            return None
        return "; ".join(f"{why.path}: {why.message}" for why in whys) or None

    async def _put(self, assignment: Assignment, protocol: str, command: RemoteCommand) -> CallRequest:
        words, station = self._words, assignment.station
        to = Addressee(station, protocol, assignment.call_id)
        command, _ = await prepared(words, to, command)
        worded = await word_for(words, station, protocol, command)
        return CallRequest(
            call_id=assignment.call_id,
            station=station,
            action=worded.action,
            payload=worded.payload.decode(),
            within_s=assignment.within_s or await patience_with(words, station, self._call_timeout_s),
            asked_by=assignment.asked_by,
        )

    async def recall(self, call_id: str) -> Ending | None:
        """Return how a call ended that nobody waited for any more; None if that is not known."""
        record = await self._words.pool.fetchrow(HEARD, call_id)
        if record is None:
            return None
        report = CallReport(call_id, CallOutcome(record["outcome"]), answer=record["answer"])
        return self._ending(record["action"], report)

    def _ending(self, action: str, report: CallReport) -> Ending:
        answer = None if report.answer is None else redacted(action, report.answer)
        if (plain := PLAIN.get(report.outcome)) is not None:
            return Ending(plain[0], report.protocol, action, detail=plain[1])
        if report.outcome is CallOutcome.ERROR:
            outcome = Outcome.UNSUPPORTED if report.unsupported else Outcome.ERROR
            words = redacted_words(action, report.description or "")
            told = ": ".join(part for part in (report.code, words) if part)
            details = None if report.details is None else redacted(action, report.details)
            return Ending(outcome, report.protocol, action, details, told)
        verdict = self._words.phrasebook.verdict(report.answer or "{}", action)
        detail = "it counts after the next restart" if verdict is Verdict.NEEDS_RESTART else None
        return Ending(VERDICTS[verdict], report.protocol, action, answer, detail)


def _instead(weaker: RemoteCommand | None) -> Instead | None:
    if weaker is None:
        return None
    name = next(name for name, (command, _) in COMMANDS.items() if command is type(weaker))
    return Instead(name, msgspec.json.encode(weaker).decode())


def _told(problem: Problem) -> str:
    return "; ".join([problem.detail, *(f"{error.path}: {error.message}" for error in problem.errors)])


def carriers(*, words: Words, calls: StationCalls, call_timeout_s: float) -> Mapping[str, Carrier]:
    """Return what carries each command of the table, by its name."""
    return {
        name: CommandCarrier(command, words=words, calls=calls, call_timeout_s=call_timeout_s)
        for name, (command, _) in COMMANDS.items()
    }
