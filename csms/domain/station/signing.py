"""Certificate orders: what a station asks to have signed, and what comes of that.

The record of a station notes what is said; who has orders signed and brings the certificates keeps how far each is.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from csms.domain.command import Command, Event
from csms.domain.signing import Asker, Denial, Terms
from csms.kit.x509 import Request


class Stage(StrEnum):
    """How far an order is.

    Nobody knows whether the station took the certificate of an `unanswered` one. We did not take a `denied` one, no
    authority signs a `failed` one, and the station did not take what came of a `refused` one.
    """

    ASKED = "asked"
    ISSUED = "issued"
    SENT = "sent"
    INSTALLED = "installed"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    DENIED = "denied"
    FAILED = "failed"
    SUPERSEDED = "superseded"


OPEN = frozenset({Stage.ASKED, Stage.ISSUED, Stage.SENT, Stage.UNANSWERED})
"""The stages in which the same request is the same order (SEC-45)."""
DISPUTES = frozenset({"invalidchargepointcertificate", "invalidchargingstationcertificate"})
"""The security events that dispute a certificate that a station was given, in small letters (TC_077, A_14)."""


class KnownOrder(Struct, frozen=True):
    """An order that is open, or was asked for within the last day."""

    id: str
    key: str | None
    kind: str | None
    stage: str
    reason: str | None = None
    request_id: int | None = None
    repeats: int = 0

    @property
    def open(self) -> bool:
        """Whether it goes on."""
        return self.stage in OPEN


class RequestCertificate(Command[Denial | None], frozen=True):
    """The station asks for a certificate; what it gets back is why not, or nothing.

    `request` is None for a text that cannot be read. `known` are its orders that are open or of the last day, `text` is
    the frame as it came.
    """

    order_id: str
    csr: str
    request: Request | None
    kind: str | None
    request_id: int | None
    at: datetime
    asker: Asker
    terms: Terms
    known: tuple[KnownOrder, ...]
    text: str


class AnswerCertificate(Command[None], frozen=True):
    """The station answered to the certificate that a call brought it, with a status in its own word."""

    call_id: str
    status: str
    accepted: bool
    at: datetime


class CertificateOrdered(Event, frozen=True):
    """A request was granted; it will be signed."""

    order_id: str
    csr: str
    kind: str | None
    request_id: int | None
    key_kind: str
    key_bits: int
    key: str
    subject: str
    at: datetime


class CertificateOrderRepeated(Event, frozen=True):
    """The station asked once more for what it is to get anyway."""

    order_id: str
    request_id: int | None
    at: datetime


class CertificateOrderDropped(Event, frozen=True):
    """The station asked for a certificate with another key before it had this one."""

    order_id: str
    at: datetime


class CertificateDenied(Event, frozen=True):
    """A request was not granted."""

    order_id: str
    reason: str
    detail: str
    kind: str | None
    key: str | None
    subject: str
    at: datetime


class CertificateAnswered(Event, frozen=True):
    """The station took, or did not take, the certificate that a call brought it."""

    call_id: str
    status: str
    accepted: bool
    at: datetime


class CertificateDisputed(Event, frozen=True):
    """The station told, by a security event, that the certificate which it was brought last is not valid."""

    info: str | None
    at: datetime


SigningEvent = (
    CertificateOrdered
    | CertificateOrderRepeated
    | CertificateOrderDropped
    | CertificateDenied
    | CertificateAnswered
    | CertificateDisputed
)
