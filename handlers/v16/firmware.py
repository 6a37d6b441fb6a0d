"""OCPP 1.6, Firmware Management profile and its signed updates: firmware."""

from collections.abc import Iterable

from csms.domain import remote
from csms.domain.station.errands import AskErrand, Kind, ReportProgress
from csms.ocpp.messages import v16
from csms.ocpp.secrets import masked_address
from csms.ocpp.version import Version
from csms.ports.commands import Unsupported
from csms.ports.handlers import Asked, StationContext
from handlers.answers import asked
from handlers.errands import learn_answer, news_of, note_update, numbered_update, require_signed
from handlers.payload import Put, moment, without_none

# What stations say.


async def firmware_status_notification(
    call: v16.FirmwareStatusNotificationRequest, context: StationContext
) -> v16.FirmwareStatusNotificationResponse:
    """Note how far a firmware update is (1.6 §4.5)."""
    news = news_of(call.status)
    await context.execute(ReportProgress(Kind.FIRMWARE, call.status, context.received_at, news=news))
    return v16.FirmwareStatusNotificationResponse()


async def signed_firmware_status_notification(
    call: v16.SignedFirmwareStatusNotificationRequest, context: StationContext
) -> v16.SignedFirmwareStatusNotificationResponse:
    """Note how far a signed firmware update is (security whitepaper, L01)."""
    news = news_of(call.status)
    await context.execute(ReportProgress(Kind.FIRMWARE, call.status, context.received_at, call.request_id, news))
    return v16.SignedFirmwareStatusNotificationResponse()


# What operators say.


def update_firmware(command: remote.UpdateFirmware) -> Put:
    """UpdateFirmware (1.6 §5.19), or SignedUpdateFirmware (security whitepaper, L01) for one with a signature."""
    if require_signed(command):
        return numbered_update("SignedUpdateFirmware", command)
    for member in ("install_at", "request_id"):
        if getattr(command, member) is not None:
            raise Unsupported("only a signed update of 1.6 has this", member)
    if command.retrieve_at is None:
        raise Unsupported("a station is told when to retrieve", "retrieve_at")
    payload = {
        "location": command.location,
        "retries": command.retries,
        "retrieveDate": moment(command.retrieve_at),
        "retryInterval": command.retry_interval_s,
    }
    return "UpdateFirmware", without_none(payload)


# What the record notes.


def ask_update(call: Asked) -> Iterable[AskErrand]:
    """Note an update as it is asked for; it has no number (1.6 §5.19)."""
    said: v16.UpdateFirmwareRequest = asked(Version.V16, "UpdateFirmware", call)
    yield AskErrand(
        errand_id=call.call_id,
        kind=Kind.FIRMWARE,
        action="UpdateFirmware",
        at=call.at,
        location=masked_address(said.location),
        retrieve_at=said.retrieve_date,
        retries=said.retries,
        retry_interval_s=said.retry_interval,
    )


def ask_signed_update(call: Asked) -> Iterable[AskErrand]:
    """Note a signed update as it is asked for."""
    return note_update("SignedUpdateFirmware", call, asked(Version.V16, "SignedUpdateFirmware", call))


COMMANDS = {remote.UpdateFirmware: update_firmware}
ASKS = {"UpdateFirmware": ask_update, "SignedUpdateFirmware": ask_signed_update}
LEARNS = {"UpdateFirmware": learn_answer, "SignedUpdateFirmware": learn_answer}
