"""Who signs certificates of stations, and what is known of their orders."""

from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct

from csms.domain.station.signing import KnownOrder
from csms.kit.x509 import Certificate


class AuthorityUnavailable(Exception):
    """An authority cannot be reached, or cannot sign now: the same may be asked of it later."""


class AuthorityPending(AuthorityUnavailable):
    """An authority has not decided on a request yet, and wants to be asked again in some seconds; others it may sign."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class AuthorityRefused(Exception):
    """An authority does not sign this request, however often it is asked."""


class CertificateAuthority(Protocol):
    """Signs certificates of stations."""

    async def sign(self, csr: str) -> str:
        """Return the certificate for a request (PKCS#10, PEM) and what leads to its root, without that: PEM, leaf first.

        Raises `AuthorityUnavailable` or `AuthorityRefused`. Asked again, it may sign once more.
        """


class Orders(Struct, frozen=True):
    """The orders of a station that are open or of the last day, and other stations of some names."""

    known: tuple[KnownOrder, ...] = ()
    others: tuple[str, ...] = ()


class CertificateOrders(Protocol):
    """What is on record of certificate orders."""

    async def look(self, station: str, names: Iterable[str]) -> Orders:
        """Return the orders of a station, and which of `names` are ids of others; raise `JournalUnavailable`."""


class ClientCertificates(Protocol):
    """What is on record of the certificates that stations come in by."""

    def shown(self, station: str, certificate: Certificate) -> None:
        """Note that a station came in by a certificate. Neither blocks nor raises."""
