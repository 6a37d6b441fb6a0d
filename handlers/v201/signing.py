"""OCPP 2.0.1, block A, Security: the certificates of stations (A02, A03)."""

from csms.domain import remote
from csms.domain.signing import STATION, V2G, V2G20, Denial
from csms.ocpp.messages import v201
from csms.ports.handlers import CertificateWish, StationContext
from handlers.payload import Put, without_none
from handlers.v16.signing import LEARNS, MEMBERS

KINDS = {"ChargingStationCertificate": STATION, "V2GCertificate": V2G, "V2G20Certificate": V2G20}
WORDS = {kind: word for word, kind in KINDS.items()}
TRIGGERS = {STATION: "SignChargingStationCertificate", V2G: "SignV2GCertificate", V2G20: "SignV2G20Certificate"}


async def sign_certificate(call: v201.SignCertificateRequest, context: StationContext) -> v201.SignCertificateResponse:
    """Have a certificate signed once this is answered (A02.FR.11, A02.FR.12)."""
    denial = await context.order_certificate(wish_of(call.csr, call.certificate_type, context))
    return v201.SignCertificateResponse(status="Accepted" if denial is None else "Rejected", status_info=reason(denial))


def wish_of(csr: str, word: str | None, context: StationContext, request_id: int | None = None) -> CertificateWish:
    """Return a request in words of the house."""
    kind = None if word is None else KINDS.get(word, word)
    return CertificateWish(csr, context.received_at, context.text, kind, request_id)


def reason(denial: Denial | None) -> v201.StatusInfoType | None:
    """Return why a request is not granted, as a code of at most 20 characters."""
    return None if denial is None else v201.StatusInfoType(reason_code=denial.value.title().replace("-", "")[:20])


def request_certificate(command: remote.RequestCertificate) -> Put:
    """TriggerMessage of the request for a certificate of a kind (A02, F06)."""
    return "TriggerMessage", {"requestedMessage": TRIGGERS[command.kind]}


def deliver_certificate(command: remote.DeliverCertificate) -> Put:
    """CertificateSigned, with the kind that the request named (A02.FR.14)."""
    kind = None if command.kind is None else WORDS[command.kind]
    return "CertificateSigned", without_none({"certificateChain": command.chain, "certificateType": kind})


COMMANDS = {remote.RequestCertificate: request_certificate, remote.DeliverCertificate: deliver_certificate}
__all__ = ["COMMANDS", "LEARNS", "MEMBERS"]
