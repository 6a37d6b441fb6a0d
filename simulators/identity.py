"""How a station comes to a certificate: a key, a request, and what it makes of what it is brought."""

import asyncio
import ssl
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
REPEATS = 3
BITS = 2048


class Signing(StrEnum):
    """How certificates are asked for and taken (Q117).

    `wrong-name` asks for another station's, `repeats` asks again at once and with doubled pauses, `unasked` asks when
    it has connected, `refuses` takes no certificate and says so by a security event, `crlf` ends lines as Windows does.
    """

    RIGHT = "right"
    WRONG_NAME = "wrong-name"
    REPEATS = "repeats"
    UNASKED = "unasked"
    REFUSES = "refuses"
    CRLF = "crlf"


@dataclass
class Identity:
    """A key, the request for it, and the certificate that came of that: PEM, the station's own first."""

    key: PrivateKey
    csr: str
    chain: str | None = None

    def fits(self, chain: str, now: datetime) -> bool:
        """Whether a chain is one for this key, in order, and valid already."""
        try:
            certificates = x509.load_pem_x509_certificates(chain.encode())
            for lower, higher in pairwise(certificates):
                lower.verify_directly_issued_by(higher)
        except (ValueError, TypeError, InvalidSignature):
            return False
        leaf = certificates[0]
        is_valid = leaf.not_valid_before_utc < now < leaf.not_valid_after_utc
        return is_valid and leaf.public_key() == self.key.public_key()


def new_identity(name: str, organisation: str, kind: str, *, crlf: bool = False) -> Identity:
    """Make a key of a kind, and a request for it."""
    key: PrivateKey = (
        rsa.generate_private_key(65537, BITS) if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())
    )
    names = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, organisation)]
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    text = request.public_bytes(PEM).decode()
    return Identity(key, text.replace("\n", "\r\n") if crlf else text)


class Owner(Protocol):
    """What a certificate needs of the station whose it is."""

    station: str

    async def say_request(self, csr: str) -> str:
        """Send a request for a certificate and return the status."""

    async def unless_lost(self, saying: Coroutine[Any, Any, None]) -> None:
        """Say something; it ends with the connection."""


class Certificate:
    """The identity of a station, and the next one that it waits for."""

    def __init__(self, owner: Owner, habit: Signing) -> None:
        self._owner = owner
        self.habit = habit
        self.kind = "EC"
        self.organisation = "Simulators"
        self.pause_s = 0.2
        self.now: Identity | None = None
        self.next: Identity | None = None
        self.answers: list[str] = []

    async def request(self) -> None:
        """Make a key and ask for a certificate; some ask again and again."""
        habit = self.habit
        name = "SOMEBODY-ELSE" if habit is Signing.WRONG_NAME else self._owner.station
        crlf = habit is Signing.CRLF
        self.next = await asyncio.to_thread(new_identity, name, self.organisation, self.kind, crlf=crlf)
        await self.repeat()
        if habit is Signing.REPEATS:
            for turn in range(REPEATS):
                await asyncio.sleep(self.pause_s * 2**turn if turn else 0)
                await self.repeat()

    async def repeat(self) -> None:
        """Ask for what was asked for before; it may leave over that, to come back with the certificate."""
        if self.next is not None:
            await self._owner.unless_lost(self._ask(self.next.csr))

    async def _ask(self, csr: str) -> None:
        self.answers.append(await self._owner.say_request(csr))

    def take(self, chain: str) -> bool:
        """Take a certificate, if it is one for the key that waits."""
        waiting = self.next
        fits = waiting is not None and waiting.fits(chain, datetime.now(UTC))
        if waiting is None or not fits or self.habit is Signing.REFUSES:
            return False
        waiting.chain, self.now, self.next = chain, waiting, None
        return True

    def shown_by(self, trust: ssl.SSLContext) -> ssl.SSLContext:
        """Return what connects as `trust` does, and shows the certificate."""
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        tls.check_hostname, tls.verify_mode = trust.check_hostname, trust.verify_mode
        for root in trust.get_ca_certs(binary_form=True):
            tls.load_verify_locations(cadata=root)
        if self.now is not None and self.now.chain is not None:
            secret = self.now.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "both.pem"
                path.write_bytes(self.now.chain.encode() + secret)
                tls.load_cert_chain(path)
        return tls
