"""What stations do when they are brought a certificate: a part of the protocol end of each version."""

from typing import Any

from ocpp import v16, v201
from ocpp.routing import after, on

from simulators.desk import Desk

TRIGGER = "SignChargePointCertificate"


class SigningDesk(Desk):
    """What both versions share: the certificate that is brought is taken or not, and shown at the next connection."""

    async def take_certificate(self, chain: str, payload: dict[str, Any]) -> str:
        """Return the answer to a certificate."""
        status = await self._take("CertificateSigned", {"certificate_chain": chain, **payload})
        return status if status != "Accepted" or self.owner.certificate.take(chain) else "Rejected"

    async def show_certificate(self, event: str) -> None:
        """Come back with the certificate, or tell that it is not valid."""
        if self.owner.certificate.now is None or self.owner.certificate.next is not None:
            await self.owner.say_security_event(event, "not for the key that waits")
        elif self._obeys:
            await self.owner.show_certificate()


class Signing16(SigningDesk):
    """The certificates of 1.6, of its security extension."""

    @on(v16.enums.Action.extended_trigger_message)
    async def on_extended_trigger(self, requested_message: str, **more: Any) -> Any:
        status = await self._take("ExtendedTriggerMessage", {"requested_message": requested_message, **more})
        return v16.call_result.ExtendedTriggerMessage(
            status=status if requested_message == TRIGGER else "NotImplemented"
        )

    @after(v16.enums.Action.extended_trigger_message)
    async def after_extended_trigger(self, requested_message: str, **_: Any) -> None:
        if self._obeys and requested_message == TRIGGER:
            await self.owner.certificate.request()

    @on(v16.enums.Action.certificate_signed)
    async def on_certificate_signed(self, certificate_chain: str) -> Any:
        return v16.call_result.CertificateSigned(status=await self.take_certificate(certificate_chain, {}))

    @after(v16.enums.Action.certificate_signed)
    async def after_certificate_signed(self, **_: Any) -> None:
        await self.show_certificate("InvalidChargePointCertificate")


class Signing201(SigningDesk):
    """The certificates of 2.0.1."""

    @on(v201.enums.Action.certificate_signed)
    async def on_certificate_signed(self, certificate_chain: str, **more: Any) -> Any:
        return v201.call_result.CertificateSigned(status=await self.take_certificate(certificate_chain, more))

    @after(v201.enums.Action.certificate_signed)
    async def after_certificate_signed(self, **_: Any) -> None:
        await self.show_certificate("InvalidChargingStationCertificate")
