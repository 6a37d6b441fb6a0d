"""OCPP 2.1, block A, Security: the certificates of stations, by the numbers of their requests."""

from csms.domain import remote
from csms.ocpp.messages import v21
from csms.ports.handlers import StationContext
from handlers.payload import Put
from handlers.v201 import signing


async def sign_certificate(call: v21.SignCertificateRequest, context: StationContext) -> v21.SignCertificateResponse:
    """Have a certificate signed once this is answered (A02.FR.11, A02.FR.12)."""
    denial = await context.order_certificate(signing.wish_of(call.csr, call.certificate_type, context, call.request_id))
    told = signing.reason(denial)
    info = None if told is None else v21.StatusInfoType(reason_code=told.reason_code)
    return v21.SignCertificateResponse(status="Accepted" if denial is None else "Rejected", status_info=info)


def deliver_certificate(command: remote.DeliverCertificate) -> Put:
    """CertificateSigned, with the kind and the number of the request (V21-GEN-05)."""
    action, payload = signing.deliver_certificate(command)
    return action, payload if command.request_id is None else payload | {"requestId": command.request_id}


COMMANDS = {remote.DeliverCertificate: deliver_certificate}
