"""OCPP 1.6, Firmware Management profile and security extension: diagnostics and logs that stations bring."""

from collections.abc import Iterable

from csms.domain import remote
from csms.domain.station.errands import AnswerErrand, AskErrand, Kind, ReportProgress
from csms.ocpp.messages import v16
from csms.ocpp.secrets import masked_address
from csms.ocpp.version import Version
from csms.ports.handlers import Answered, Asked, StationContext
from handlers.answers import asked, read
from handlers.errands import get_log, learn_answer, news_of, note_log
from handlers.payload import Put, moment_if, without_none

# What stations say.


async def diagnostics_status_notification(
    call: v16.DiagnosticsStatusNotificationRequest, context: StationContext
) -> v16.DiagnosticsStatusNotificationResponse:
    """Note how far an upload of diagnostics is (1.6 §4.4)."""
    news = news_of(call.status)
    await context.execute(ReportProgress(Kind.DIAGNOSTICS, call.status, context.received_at, news=news))
    return v16.DiagnosticsStatusNotificationResponse()


async def log_status_notification(
    call: v16.LogStatusNotificationRequest, context: StationContext
) -> v16.LogStatusNotificationResponse:
    """Note how far an upload of a log is (security whitepaper, N01)."""
    news = news_of(call.status)
    await context.execute(ReportProgress(Kind.LOG, call.status, context.received_at, call.request_id, news))
    return v16.LogStatusNotificationResponse()


# What operators say.


def get_diagnostics(command: remote.GetDiagnostics) -> Put:
    """GetDiagnostics (1.6 §5.9)."""
    payload = {
        "location": command.location,
        "retries": command.retries,
        "retryInterval": command.retry_interval_s,
        "startTime": moment_if(command.since),
        "stopTime": moment_if(command.until),
    }
    return "GetDiagnostics", without_none(payload)


# What the record notes.


def ask_diagnostics(call: Asked) -> Iterable[AskErrand]:
    """Note an upload of diagnostics as it is asked for; it has no number (1.6 §5.9)."""
    said: v16.GetDiagnosticsRequest = asked(Version.V16, "GetDiagnostics", call)
    yield AskErrand(
        errand_id=call.call_id,
        kind=Kind.DIAGNOSTICS,
        action="GetDiagnostics",
        at=call.at,
        location=masked_address(said.location),
        oldest_at=said.start_time,
        latest_at=said.stop_time,
        retries=said.retries,
        retry_interval_s=said.retry_interval,
    )


def ask_log(call: Asked) -> Iterable[AskErrand]:
    """Note an upload of a log as it is asked for."""
    return note_log(call, asked(Version.V16, "GetLog", call))


def learn_diagnostics(answered: Answered) -> Iterable[AnswerErrand]:
    """Note what the file will be called; no name may mean that there is none (1.6 §5.9)."""
    return learn_answer(answered, read(Version.V16, "GetDiagnostics", answered).file_name)


def learn_log(answered: Answered) -> Iterable[AnswerErrand]:
    """Note whether the station brings its log, and what the file will be called."""
    return learn_answer(answered, read(Version.V16, "GetLog", answered).filename)


COMMANDS = {remote.GetDiagnostics: get_diagnostics, remote.GetLog: get_log}
ASKS = {"GetDiagnostics": ask_diagnostics, "GetLog": ask_log}
LEARNS = {"GetDiagnostics": learn_diagnostics, "GetLog": learn_log}
