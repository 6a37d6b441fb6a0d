"""What is asked of a station about its own certificates."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta

from csms.domain.fault import Fault
from csms.domain.remote.words import RemoteCommand
from csms.kit.x509 import NotReadable, read_certificates

CertificateKind = Literal["station", "v2g", "v2g20"]
"""What a certificate is for: the connection to us, or the two kinds of charging by ISO 15118."""


class RequestCertificate(RemoteCommand, frozen=True):
    """Have a station make a key, and ask for a certificate for it."""

    kind: CertificateKind = "station"


class DeliverCertificate(RemoteCommand, frozen=True):
    """Bring a station its certificate and what leads to its root: PEM, its own first.

    `kind` and `request_id` are those of its request; None: it named none.
    """

    chain: Annotated[str, Meta(min_length=1, max_length=10_000)]
    kind: CertificateKind | None = None
    request_id: int | None = None

    def faults(self) -> Iterator[Fault]:
        try:
            certificates = read_certificates(self.chain)
        except NotReadable as unreadable:
            yield Fault("/chain", f"is no chain of certificates: {unreadable}")
            return
        if certificates[0].is_authority:
            yield Fault("/chain", "begins with the certificate of an authority: the station's own comes first")
        for lower, higher in pairwise(certificates):
            if lower.issuer != higher.subject.text:
                yield Fault("/chain", f"is not in order: after {lower.subject.text} comes {higher.subject.text}")
