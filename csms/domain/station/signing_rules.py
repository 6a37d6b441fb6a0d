"""The rules of certificate orders."""

from collections.abc import Iterator

from csms.domain.command import Deciders, Decision, Event
from csms.domain.signing import ALARMING, STATION, Denial, denial_of
from csms.domain.station.events import NoticeKept
from csms.domain.station.signing import (
    AnswerCertificate,
    CertificateAnswered,
    CertificateDenied,
    CertificateOrderDropped,
    CertificateOrdered,
    CertificateOrderRepeated,
    KnownOrder,
    RequestCertificate,
    Stage,
)
from csms.domain.station.state import Station
from csms.kit.x509 import Request

TOPIC = "SignCertificate"
MOST_DENIED, MOST_REPEATS = 20, 20
"""How many requests of a day are written down that were not granted, and how many repeats of one that was (Q116)."""
ROOM = 500
"""Characters that are kept of a subject, a sentence or a status."""


def request_certificate(station: Station, command: RequestCertificate) -> Decision[Denial | None]:
    """Grant a request, or say why not (SEC-40, SEC-41).

    The same key means the same order while that is open (SEC-45); another one takes its place.
    """
    denied = denial_of(command.request, command.asker, command.kind, command.terms)
    if denied is None and (same := _same(command)) is not None:
        return Decision(None, tuple(_repeat(command, same)))
    if denied is None and _granted(command) >= command.terms.per_day:
        denied = Denial.TOO_MANY, f"it had {command.terms.per_day} within a day"
    if denied is not None:
        return Decision(denied[0], tuple(_denials(command, *denied)))
    request = command.request
    return Decision(None, () if request is None else tuple(_orders(command, request)))


def _orders(command: RequestCertificate, request: Request) -> Iterator[Event]:
    for order in command.known:
        if order.stage in {Stage.ASKED, Stage.ISSUED, Stage.UNANSWERED} and _is_alike(order, command):
            yield CertificateOrderDropped(order.id, command.at)
    yield CertificateOrdered(
        order_id=command.order_id,
        csr=command.csr,
        kind=command.kind,
        request_id=command.request_id,
        key_kind=request.key.kind,
        key_bits=request.key.bits,
        key=request.key.digest,
        subject=request.subject.text[:ROOM],
        at=command.at,
    )


def _repeat(command: RequestCertificate, order: KnownOrder) -> Iterator[Event]:
    same_number = command.request_id in {None, order.request_id}
    if order.repeats < MOST_REPEATS or order.stage == Stage.UNANSWERED or not same_number:
        yield CertificateOrderRepeated(order.id, command.request_id, command.at)


def _same(command: RequestCertificate) -> KnownOrder | None:
    key = None if command.request is None else command.request.key.digest
    same = [order for order in command.known if order.open and order.key == key and _is_alike(order, command)]
    return same[-1] if same else None


def _is_alike(order: KnownOrder, command: RequestCertificate) -> bool:
    return (order.kind or STATION) == (command.kind or STATION)


def _granted(command: RequestCertificate) -> int:
    return sum(order.stage != Stage.DENIED for order in command.known)


def _denials(command: RequestCertificate, reason: Denial, detail: str) -> Iterator[Event]:
    """Yield what is written down of a denial, once for each key and reason, with an alarm where one is due (Q117)."""
    request = command.request
    key = None if request is None else request.key.digest
    before = [order for order in command.known if order.stage == Stage.DENIED]
    if len(before) >= MOST_DENIED or any((order.key, order.reason) == (key, reason) for order in before):
        return
    subject = "" if request is None else request.subject.text[:ROOM]
    yield CertificateDenied(command.order_id, reason.value, detail[:ROOM], command.kind, key, subject, command.at)
    if reason in ALARMING:
        why = f"it asked for a certificate that is not its own: {detail[:ROOM]}"
        yield NoticeKept(TOPIC, command.text, command.at, why)


def answer_certificate(station: Station, command: AnswerCertificate) -> Decision[None]:
    """Note whether a station takes its certificate (16-SEC-04, SEC-44)."""
    status = command.status[:ROOM]
    return Decision(None, (CertificateAnswered(command.call_id, status, command.accepted, command.at),))


SIGNING: Deciders = {RequestCertificate: request_certificate, AnswerCertificate: answer_certificate}
