"""TLS, as the specification wants it spoken: versions, cipher suites, chains, client certificates (SEC-20 to SEC-30)."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ELLIPTIC = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256"
CUSTOMARY = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256"
STATIC = "AES256-GCM-SHA384:AES128-GCM-SHA256"
SUITES = f"{ELLIPTIC}:{CUSTOMARY}:{STATIC}"
"""For TLS 1.2; TLS 1.3 has suites of its own. The last two, without forward secrecy, are all that some stations know
besides ECDSA, and Python leaves them out (SEC-21, Q17).
"""


class Asking(Enum):
    """Whether a door asks stations for a certificate; one that is shown must be good in either case (SEC-03)."""

    NEVER = ssl.CERT_NONE
    MAYBE = ssl.CERT_OPTIONAL
    ALWAYS = ssl.CERT_REQUIRED


@dataclass(frozen=True, slots=True)
class Chain:
    """A server certificate with what leads to its root, and its key: two PEM files, the key encrypted or not."""

    certificate: Path
    key: Path
    password: str | None = None


class Unusable(Exception):
    """Files that do not make a context; the message names them."""


def tls_of(chains: Sequence[Chain], roots: str, asking: Asking) -> ssl.SSLContext:
    """Return a context with these chains (one for each kind of key) that trusts stations by these roots (PEM).

    No server name is needed from a client (Q18). Raises `Unusable`.
    """
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    tls.set_ciphers(SUITES)
    tls.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION
    for chain in chains:
        try:
            tls.load_cert_chain(chain.certificate, chain.key, chain.password)
        except (OSError, ssl.SSLError) as error:
            raise Unusable(f"{chain.certificate}, {chain.key}: {error}") from error
    if asking is not Asking.NEVER and roots:
        _ask(tls, roots, asking)
    return tls


def _ask(tls: ssl.SSLContext, roots: str, asking: Asking) -> None:
    """Trust stations by roots; a session is not taken up again, for that would not look at the certificate."""
    try:
        tls.load_verify_locations(cadata=roots)
    except ssl.SSLError as error:
        raise Unusable(f"the authorities of client certificates: {error}") from error
    tls.verify_mode = asking.value
    tls.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # an authority in the middle may be trusted by itself
    tls.options |= ssl.OP_NO_TICKET
    tls.num_tickets = 0
