"""What is asked of a station about its own certificates."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta

from csms.domain.certificates import weakness_of
from csms.domain.fault import Fault
from csms.domain.remote.words import RemoteCommand
from csms.kit.x509 import NotReadable, facts_of, is_issued_by, load_certificates

CertificateKind = Literal["station", "v2g", "v2g20"]
"""What a certificate is for: the connection to us, or the two kinds of charging by ISO 15118."""
CHAIN = "/chain"


class RequestCertificate(RemoteCommand, frozen=True):
    """Have a station make a key, and ask for a certificate for it."""

    kind: CertificateKind = "station"


class DeliverCertificate(RemoteCommand, frozen=True):
    """Bring a station its certificate and what leads to its root: PEM, its own first (SEC-42).

    `kind` and `request_id` are those of its request; None: it named none.
    """

    chain: Annotated[str, Meta(min_length=1, max_length=20_000)]
    kind: CertificateKind | None = None
    request_id: int | None = None

    def faults(self) -> Iterator[Fault]:
        try:
            certificates = load_certificates(self.chain)
            leaf = facts_of(certificates[0])
        except NotReadable as unreadable:
            yield Fault(CHAIN, f"is no chain of certificates: {unreadable}")
            return
        if leaf.is_authority:
            yield Fault(CHAIN, "begins with the certificate of an authority: the station's own comes first")
        elif (weak := weakness_of(leaf.key)) is not None:
            yield Fault(CHAIN, f"has {weak}")
        for lower, higher in pairwise(certificates):
            if not is_issued_by(lower, higher):
                names = lower.subject.rfc4514_string(), higher.subject.rfc4514_string()
                yield Fault(CHAIN, f"is not in order: {names[0]} was not issued by {names[1]}, which comes after it")
