"""OCPP 1.6, security extension: the certificates of stations (security whitepaper, A02 and A03)."""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from csms.domain import remote
from csms.domain.signing import STATION
from csms.domain.station.signing import AnswerCertificate
from csms.ocpp.messages import v16
from csms.ports.commands import SecurityOffer, Unsupported
from csms.ports.handlers import Answered, CertificateWish, StationContext
from handlers.answers import status_of
from handlers.payload import Put


async def sign_certificate(call: v16.SignCertificateRequest, context: StationContext) -> v16.SignCertificateResponse:
    """Have a certificate signed once this is answered (A02, A03)."""
    denial = await context.order_certificate(CertificateWish(call.csr, context.received_at, context.text))
    return v16.SignCertificateResponse(status="Accepted" if denial is None else "Rejected")


def request_certificate(command: remote.RequestCertificate) -> Put:
    """ExtendedTriggerMessage of SignChargePointCertificate (A02)."""
    _check_kind(command.kind)
    return "ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}


def deliver_certificate(command: remote.DeliverCertificate) -> Put:
    """CertificateSigned (A02); there is one kind of certificates, and no number."""
    _check_kind(command.kind or STATION)
    return "CertificateSigned", {"certificateChain": command.chain}


def _check_kind(kind: str) -> None:
    if kind != STATION:
        raise Unsupported("a station of 1.6 has a certificate for its connection alone", "kind")


def certificate_signed(answered: Answered) -> Iterator[AnswerCertificate]:
    """Note whether a station takes a certificate (16-SEC-03, 16-SEC-04)."""
    status = status_of(answered) or "Accepted"
    yield AnswerCertificate(answered.call_id, status, status.casefold() == "accepted", answered.at)


class _Said(Struct, frozen=True, rename="camel"):
    certificate_chain: str = ""


_said = msgspec.json.Decoder(_Said)


def offer(payload: bytes) -> SecurityOffer | None:
    """Return the certificate that a CertificateSigned brings, whoever worded it."""
    try:
        chain = _said.decode(payload).certificate_chain
    except msgspec.DecodeError:
        return None
    return SecurityOffer(chain=chain) if chain else None


COMMANDS = {remote.RequestCertificate: request_certificate, remote.DeliverCertificate: deliver_certificate}
MEMBERS = {"certificateChain": "chain", "certificateType": "kind"}
OFFERS = {"CertificateSigned": offer}
LEARNS = {"CertificateSigned": certificate_signed}
