"""What stations do when they are sent for something: a part of the protocol end of each version."""

from typing import Any

from ocpp import v16, v201
from ocpp.routing import after, on

from simulators.desk import Desk
from simulators.errands import Say, is_certificate

FIRMWARE, DIAGNOSTICS, LOG = "firmware", "diagnostics", "log"


class ErrandDesk(Desk):
    """What both versions share: the answer says whether the station goes, and drops what it was at before."""

    async def judge(self, action: str, kind: str, payload: dict[str, Any]) -> str:
        """Return the answer to an errand."""
        status = await self._take(action, payload)
        certificate = payload.get("firmware", {}).get("signing_certificate")
        if status == "Accepted" and certificate is not None and not is_certificate(certificate):
            return "InvalidCertificate"
        return "AcceptedCanceled" if status == "Accepted" and self.owner.errands.cancel(kind) else status

    def update(self, firmware: dict[str, Any], say: Say) -> None:
        """Go for a firmware, if it can be gone for."""
        certificate = firmware.get("signing_certificate")
        if self._obeys and (certificate is None or is_certificate(certificate)):
            signed = None if certificate is None else (firmware["signature"], certificate)
            work = self.owner.errands.update(firmware["location"], say, firmware["retrieve_date_time"], signed)
            self.owner.errands.begin(FIRMWARE, work)

    def bring(self, kind: str, location: str, say: Say, failure: str) -> None:
        """Go with a log."""
        if self._obeys:
            self.owner.errands.begin(kind, self.owner.errands.bring(location, self.file_name, say, failure))

    @property
    def file_name(self) -> str:
        """What the station calls its logs."""
        return f"{self.owner.station}_logs.txt"


class Errands16(ErrandDesk):
    """The errands of 1.6 and of its security extension."""

    @on(v16.enums.Action.update_firmware)
    async def on_update_firmware(self, **payload: Any) -> Any:
        await self._take("UpdateFirmware", payload)
        return v16.call_result.UpdateFirmware()

    @after(v16.enums.Action.update_firmware)
    async def after_update_firmware(self, location: str, retrieve_date: str, **_: Any) -> None:
        def say(status: str) -> Any:
            return self.owner.send(v16.call.FirmwareStatusNotification(status=status))

        self.update({"location": location, "retrieve_date_time": retrieve_date}, say)

    @on(v16.enums.Action.signed_update_firmware)
    async def on_signed_update_firmware(self, **payload: Any) -> Any:
        status = await self.judge("SignedUpdateFirmware", FIRMWARE, payload)
        return v16.call_result.SignedUpdateFirmware(status=status)

    @after(v16.enums.Action.signed_update_firmware)
    async def after_signed_update_firmware(self, request_id: int, firmware: dict[str, Any], **_: Any) -> None:
        def say(status: str) -> Any:
            told = v16.call.SignedFirmwareStatusNotification(status=status, request_id=request_id)
            return self.owner.send(told)

        self.update(firmware, say)

    @on(v16.enums.Action.get_diagnostics)
    async def on_get_diagnostics(self, **payload: Any) -> Any:
        status = await self._take("GetDiagnostics", payload)
        return v16.call_result.GetDiagnostics(file_name=self.file_name if status == "Accepted" else None)

    @after(v16.enums.Action.get_diagnostics)
    async def after_get_diagnostics(self, location: str, **_: Any) -> None:
        def say(status: str) -> Any:
            return self.owner.send(v16.call.DiagnosticsStatusNotification(status=status))

        self.bring(DIAGNOSTICS, location, say, "UploadFailed")

    @on(v16.enums.Action.get_log)
    async def on_get_log(self, **payload: Any) -> Any:
        return v16.call_result.GetLog(status=await self.judge("GetLog", LOG, payload), filename=self.file_name)

    @after(v16.enums.Action.get_log)
    async def after_get_log(self, log: dict[str, Any], request_id: int, **_: Any) -> None:
        def say(status: str) -> Any:
            return self.owner.send(v16.call.LogStatusNotification(status=status, request_id=request_id))

        self.bring(LOG, log["remote_location"], say, "UploadFailure")


class Errands201(ErrandDesk):
    """The errands of 2.0.1."""

    @on(v201.enums.Action.update_firmware)
    async def on_update_firmware(self, **payload: Any) -> Any:
        return v201.call_result.UpdateFirmware(status=await self.judge("UpdateFirmware", FIRMWARE, payload))

    @after(v201.enums.Action.update_firmware)
    async def after_update_firmware(self, request_id: int, firmware: dict[str, Any], **_: Any) -> None:
        def say(status: str) -> Any:
            return self.owner.send(v201.call.FirmwareStatusNotification(status=status, request_id=request_id))

        self.update(firmware, say)

    @on(v201.enums.Action.get_log)
    async def on_get_log(self, **payload: Any) -> Any:
        return v201.call_result.GetLog(status=await self.judge("GetLog", LOG, payload), filename=self.file_name)

    @after(v201.enums.Action.get_log)
    async def after_get_log(self, log: dict[str, Any], request_id: int, **_: Any) -> None:
        def say(status: str) -> Any:
            return self.owner.send(v201.call.LogStatusNotification(status=status, request_id=request_id))

        self.bring(LOG, log["remote_location"], say, "UploadFailure")
