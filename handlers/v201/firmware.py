"""OCPP 2.0.1, block L, Firmware."""

from collections.abc import Iterable

from csms.domain import remote
from csms.domain.station.errands import AskErrand, Kind, ReportProgress
from csms.ocpp.messages import v201
from csms.ocpp.version import Version
from csms.ports.handlers import Asked, StationContext
from handlers.answers import asked
from handlers.errands import learn_answer, news_of, note_update, numbered_update, require_signed
from handlers.payload import Put


async def firmware_status_notification(
    call: v201.FirmwareStatusNotificationRequest, context: StationContext
) -> v201.FirmwareStatusNotificationResponse:
    """Note how far a firmware update is (L01)."""
    news = news_of(call.status)
    await context.execute(ReportProgress(Kind.FIRMWARE, call.status, context.received_at, call.request_id, news))
    return v201.FirmwareStatusNotificationResponse()


def update_firmware(command: remote.UpdateFirmware) -> Put:
    """UpdateFirmware, signed (L01) or not (L02)."""
    require_signed(command)
    return numbered_update("UpdateFirmware", command)


def ask_update(call: Asked) -> Iterable[AskErrand]:
    """Note an update as it is asked for."""
    return note_update("UpdateFirmware", call, asked(Version.V201, "UpdateFirmware", call))


COMMANDS = {remote.UpdateFirmware: update_firmware}
ASKS = {"UpdateFirmware": ask_update}
LEARNS = {"UpdateFirmware": learn_answer}
