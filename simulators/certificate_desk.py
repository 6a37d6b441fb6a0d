"""What stations do when they are sent or asked for certificates: a part of the protocol end of each version."""

from typing import Any

from ocpp import v16, v201
from ocpp.routing import after, on

from simulators.desk import Desk

ROOTS = frozenset({"CentralSystemRootCertificate", "CSMSRootCertificate"})


class CertificateDesk(Desk):
    """What both versions share; `INVALID` is the security event that tells of a bad root of the central system.

    `CHECK` is the variable by which a new one must be signed by an old one.
    """

    INVALID = ""
    CHECK = "AdditionalRootCertificateCheck"

    async def install(self, payload: dict[str, Any]) -> str:
        """Return the answer to a certificate."""
        status = await self._take("InstallCertificate", payload)
        if status != "Accepted":
            return "Rejected"
        use = payload["certificate_type"]
        found, _ = self.owner.configuration.read([self.CHECK])
        checks = use in ROOTS and any(key.value == "true" for key in found)
        return self.owner.trust.install(use, payload["certificate"], checks=checks)

    async def report(self, payload: dict[str, Any]) -> None:
        """Tell of a root of the central system that was not taken."""
        if payload["certificate_type"] in ROOTS and "reject" in self.owner.trust.habits:
            await self.owner.say_security_event(self.INVALID)

    async def delete(self, payload: dict[str, Any]) -> str:
        """Return the answer to a deletion."""
        status = await self._take("DeleteCertificate", payload)
        return self.owner.trust.delete(payload["certificate_hash_data"]) if status == "Accepted" else "Failed"


class Certificates16(CertificateDesk):
    """The certificates of the security extension of 1.6."""

    INVALID = "InvalidCentralSystemCertificate"

    @on(v16.enums.Action.install_certificate)
    async def on_install_certificate(self, **payload: Any) -> Any:
        return v16.call_result.InstallCertificate(status=await self.install(payload))

    @after(v16.enums.Action.install_certificate)
    async def after_install_certificate(self, **payload: Any) -> None:
        await self.report(payload)

    @on(v16.enums.Action.get_installed_certificate_ids)
    async def on_installed_certificates(self, **payload: Any) -> Any:
        await self._take("GetInstalledCertificateIds", payload)
        found = [told for _, told in self.owner.trust.listed([payload["certificate_type"]])]
        status = "Accepted" if found else "NotFound"
        return v16.call_result.GetInstalledCertificateIds(status=status, certificate_hash_data=found or None)

    @on(v16.enums.Action.delete_certificate)
    async def on_delete_certificate(self, **payload: Any) -> Any:
        return v16.call_result.DeleteCertificate(status=await self.delete(payload))


class Certificates201(CertificateDesk):
    """Block M of 2.0.1."""

    INVALID = "InvalidCsmsCertificate"
    CHECK = "SecurityCtrlr.AdditionalRootCertificateCheck"

    @on(v201.enums.Action.install_certificate)
    async def on_install_certificate(self, **payload: Any) -> Any:
        return v201.call_result.InstallCertificate(status=await self.install(payload))

    @after(v201.enums.Action.install_certificate)
    async def after_install_certificate(self, **payload: Any) -> None:
        await self.report(payload)

    @on(v201.enums.Action.get_installed_certificate_ids)
    async def on_installed_certificates(self, **payload: Any) -> Any:
        await self._take("GetInstalledCertificateIds", payload)
        found = [
            {"certificate_type": use, "certificate_hash_data": told}
            for use, told in self.owner.trust.listed(payload.get("certificate_type") or [])
        ]
        status = "Accepted" if found else "NotFound"
        return v201.call_result.GetInstalledCertificateIds(status=status, certificate_hash_data_chain=found or None)

    @on(v201.enums.Action.delete_certificate)
    async def on_delete_certificate(self, **payload: Any) -> Any:
        return v201.call_result.DeleteCertificate(status=await self.delete(payload))
