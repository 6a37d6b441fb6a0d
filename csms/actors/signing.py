"""A request of a station for a certificate: read, and held against what is on record."""

import uuid

import structlog

from csms.actors.entity import Entity
from csms.actors.tools import Tools
from csms.domain.proof import names_of
from csms.domain.signing import ALARMING, Asker, Denial
from csms.domain.station.signing import RequestCertificate
from csms.domain.station.state import Station
from csms.kit.x509 import NotReadable, Request, read_request
from csms.ports.handlers import CertificateWish
from csms.ports.registry import RegisteredStation

log = structlog.get_logger(__name__)


async def order_certificate(
    wish: CertificateWish, station: RegisteredStation, entity: Entity[Station], tools: Tools
) -> Denial | None:
    """Put a request on record, to be signed once it is answered; return why it is not granted, or None."""
    request = _read(wish.csr)
    names = () if request is None else tuple(dict.fromkeys(names_of(request.subject)))
    orders = await tools.orders.look(station.id, names)
    denial = await entity.execute(
        RequestCertificate(
            order_id=str(uuid.uuid4()),
            csr=wish.csr,
            request=request,
            kind=wish.kind,
            request_id=wish.request_id,
            at=wish.at,
            asker=Asker(station.id, station.any_subject, orders.others),
            terms=tools.policy.signing,
            known=orders.known,
            text=wish.text,
        )
    )
    tell = log.warning if denial in ALARMING else log.info
    tell("certificate_asked", station=station.id, outcome="accepted" if denial is None else denial.value)
    return denial


def _read(csr: str) -> Request | None:
    try:
        return read_request(csr)
    except NotReadable:
        return None
