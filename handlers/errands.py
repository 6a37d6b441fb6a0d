"""Errands, in what all versions say alike: the security extension of 1.6 took its words from 2.0.1."""

from collections.abc import Iterable
from typing import Any

from csms.domain import remote
from csms.domain.station.errands import AnswerErrand, AskErrand, Kind, News
from csms.ocpp.messages import v16, v201
from csms.ocpp.secrets import masked_address
from csms.ports.commands import Unsupported
from csms.ports.handlers import Answered, Asked
from handlers.answers import status_of
from handlers.payload import Put, moment, moment_if, new_id, without_none

NEWS = {
    "Idle": News.IDLE,
    "Installed": News.SUCCEEDED,
    "Uploaded": News.SUCCEEDED,
    "AcceptedCanceled": News.CANCELED,
    "BadMessage": News.FAILED,
    "DownloadFailed": News.FAILED,
    "InstallationFailed": News.FAILED,
    "InstallVerificationFailed": News.FAILED,
    "InvalidSignature": News.FAILED,
    "NotSupportedOperation": News.FAILED,
    "PermissionDenied": News.FAILED,
    "UploadFailed": News.FAILED,
    "UploadFailure": News.FAILED,
}
"""What statuses mean; all others tell that an errand is under way."""

ACCEPTED, CANCELED = "Accepted", "AcceptedCanceled"
LOGS = {"diagnostics": "DiagnosticsLog", "security": "SecurityLog"}


def news_of(status: str) -> News:
    """Return what a status means."""
    return NEWS.get(status, News.UNDER_WAY)


# What operators say.


def numbered_update(action: str, command: remote.UpdateFirmware) -> Put:
    """Word an update that has a number (L01, L02)."""
    if command.retrieve_at is None:
        raise Unsupported("a station is told when to retrieve", "retrieve_at")
    firmware = {
        "location": command.location,
        "retrieveDateTime": moment(command.retrieve_at),
        "installDateTime": moment_if(command.install_at),
        "signingCertificate": command.signing_certificate,
        "signature": command.signature,
    }
    payload: dict[str, Any] = {
        "retries": command.retries,
        "retryInterval": command.retry_interval_s,
        "requestId": command.request_id or new_id(),
        "firmware": without_none(firmware),
    }
    return action, without_none(payload)


def get_log(command: remote.GetLog) -> Put:
    """GetLog (N01; 1.6: security whitepaper §5.6)."""
    log = {
        "remoteLocation": command.location,
        "oldestTimestamp": moment_if(command.since),
        "latestTimestamp": moment_if(command.until),
    }
    payload = {
        "log": without_none(log),
        "logType": LOGS[command.kind],
        "requestId": command.request_id or new_id(),
        "retries": command.retries,
        "retryInterval": command.retry_interval_s,
    }
    return "GetLog", without_none(payload)


def require_signed(command: remote.UpdateFirmware) -> bool:
    """Return whether an update is signed; refuse one that is by half."""
    given = {name: getattr(command, name) is not None for name in ("signature", "signing_certificate")}
    if any(given.values()) and not all(given.values()):
        missing = next(name for name, there in given.items() if not there)
        raise Unsupported("a signed update has a signature and the certificate of who signed", missing)
    return all(given.values())


MEMBERS = {
    "installDateTime": "install_at",
    "latestTimestamp": "until",
    "location": "location",
    "logType": "kind",
    "oldestTimestamp": "since",
    "remoteLocation": "location",
    "requestId": "request_id",
    "retries": "retries",
    "retrieveDate": "retrieve_at",
    "retrieveDateTime": "retrieve_at",
    "retryInterval": "retry_interval_s",
    "signature": "signature",
    "signingCertificate": "signing_certificate",
    "startTime": "since",
    "stopTime": "until",
}

# What the record notes.


def note_update(
    action: str, call: Asked, said: v16.SignedUpdateFirmwareRequest | v201.UpdateFirmwareRequest
) -> Iterable[AskErrand]:
    """Note an update that has a number, as it is asked for."""
    yield AskErrand(
        errand_id=call.call_id,
        kind=Kind.FIRMWARE,
        action=action,
        at=call.at,
        request_id=said.request_id,
        location=masked_address(said.firmware.location),
        retrieve_at=said.firmware.retrieve_date_time,
        install_at=said.firmware.install_date_time,
        retries=said.retries,
        retry_interval_s=said.retry_interval,
    )


def note_log(call: Asked, said: v16.GetLogRequest | v201.GetLogRequest) -> Iterable[AskErrand]:
    """Note an upload of a log as it is asked for."""
    yield AskErrand(
        errand_id=call.call_id,
        kind=Kind.LOG,
        action="GetLog",
        at=call.at,
        request_id=said.request_id,
        location=masked_address(said.log.remote_location),
        oldest_at=said.log.oldest_timestamp,
        latest_at=said.log.latest_timestamp,
        retries=said.retries,
        retry_interval_s=said.retry_interval,
    )


def learn_answer(answered: Answered, file_name: str | None = None) -> Iterable[AnswerErrand]:
    """Note whether a station goes, and what its file will be called.

    A status refuses though the specification has none in this answer (Q40); an empty answer accepts.
    """
    status = status_of(answered) or ACCEPTED
    yield AnswerErrand(
        errand_id=answered.call_id,
        accepted=status in {ACCEPTED, CANCELED},
        status=status,
        at=answered.at,
        cancels=status == CANCELED,
        file_name=file_name,
    )
