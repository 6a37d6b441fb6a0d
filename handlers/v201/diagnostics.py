"""OCPP 2.0.1, block N, Diagnostics: the logs that stations bring."""

from collections.abc import Iterable

from csms.domain import remote
from csms.domain.station.errands import AnswerErrand, AskErrand, Kind, ReportProgress
from csms.ocpp.messages import v201
from csms.ocpp.version import Version
from csms.ports.handlers import Answered, Asked, StationContext
from handlers.answers import asked, read
from handlers.errands import get_log, learn_answer, news_of, note_log
from handlers.payload import Put


async def log_status_notification(
    call: v201.LogStatusNotificationRequest, context: StationContext
) -> v201.LogStatusNotificationResponse:
    """Note how far an upload of a log is (N01)."""
    news = news_of(call.status)
    await context.execute(ReportProgress(Kind.LOG, call.status, context.received_at, call.request_id, news))
    return v201.LogStatusNotificationResponse()


def get_diagnostics(command: remote.GetDiagnostics) -> Put:
    """GetLog: here the diagnostics are one log among others (N01)."""
    return get_log(
        remote.GetLog(
            location=command.location,
            since=command.since,
            until=command.until,
            retries=command.retries,
            retry_interval_s=command.retry_interval_s,
        )
    )


def ask_log(call: Asked) -> Iterable[AskErrand]:
    """Note an upload of a log as it is asked for."""
    return note_log(call, asked(Version.V201, "GetLog", call))


def learn_log(answered: Answered) -> Iterable[AnswerErrand]:
    """Note whether the station brings its log, and what the file will be called."""
    return learn_answer(answered, read(Version.V201, "GetLog", answered).filename)


COMMANDS = {remote.GetDiagnostics: get_diagnostics, remote.GetLog: get_log}
ASKS = {"GetLog": ask_log}
LEARNS = {"GetLog": learn_log}
