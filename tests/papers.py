"""Certificates for tests: authorities, servers and stations, good ones and others, made apart from the server's own code."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

PEM = serialization.Encoding.PEM
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
KINDS = ("RSA", "EC")


@cache
def rsa_key(bits: int = 2048, number: int = 0) -> rsa.RSAPrivateKey:
    """Return a key that is made once in a test run: making one takes long. Keys of other numbers are others."""
    return rsa.generate_private_key(65537, bits)


def new_key(kind: str, number: int = 0) -> Key:
    return rsa_key(number=number) if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())


def name(**parts: str) -> x509.Name:
    kinds = {"cn": NameOID.COMMON_NAME, "o": NameOID.ORGANIZATION_NAME, "serial": NameOID.SERIAL_NUMBER}
    return x509.Name([x509.NameAttribute(kinds[part], value) for part, value in parts.items()])


@dataclass
class Paper:
    """A certificate with its key and what leads to its root, as PEM."""

    certificate: x509.Certificate
    key: Key
    above: list[x509.Certificate] = field(default_factory=list)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(PEM).decode()

    @property
    def chain(self) -> str:
        return self.pem + "".join(one.public_bytes(PEM).decode() for one in self.above)

    @property
    def key_pem(self) -> str:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, plain).decode()

    @property
    def serial(self) -> str:
        return f"{self.certificate.serial_number:X}"

    def files(self, folder: Path, called: str) -> tuple[Path, Path]:
        """Write chain and key, each at once as a renewal would, and return where they are."""
        paths = folder / f"{called}.pem", folder / f"{called}.key"
        for path, text in zip(paths, (self.chain, self.key_pem), strict=True):
            new = path.with_suffix(".new")
            new.write_text(text)
            new.replace(path)
        return paths


class Authority:
    """Signs what it is asked for; `kind` is that of its own key."""

    def __init__(self, kind: str = "EC", called: str = "Test Root", above: "Authority | None" = None) -> None:
        self.paper = _signed(name(cn=called, o="Test"), new_key(kind, number=1), above and above.paper, ca=True)
        self.above = [] if above is None else [self.paper.certificate, *above.above]

    @property
    def pem(self) -> str:
        return self.paper.pem

    def issue(self, subject: x509.Name, key: Key | None = None, **more: Any) -> Paper:
        paper = _signed(subject, key or new_key("EC"), self.paper, **more)
        paper.above = list(self.above)
        return paper

    def server(self, kind: str = "EC", **more: Any) -> Paper:
        """Return a certificate of a server on loopback."""
        names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
        return self.issue(name(cn="localhost", o="Test"), new_key(kind), names=names, **more)

    def station(self, called: str, kind: str = "EC", o: str = "Test", **more: Any) -> Paper:
        """Return a certificate of a station."""
        return self.issue(name(cn=called, o=o), new_key(kind, number=2), **more)


def _signed(  # the parts of a certificate
    subject: x509.Name,
    key: Key,
    issuer: Paper | None,
    *,
    ca: bool = False,
    names: list[Any] | None = None,
    begins: timedelta = timedelta(hours=-1),
    lasts: timedelta = timedelta(days=30),
) -> Paper:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject if issuer is None else issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + begins + lasts)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return Paper(builder.sign(key if issuer is None else issuer.key, hashes.SHA256()), key)


EXPIRED = {"begins": timedelta(days=-30), "lasts": timedelta(days=29)}
NOT_YET = {"begins": timedelta(days=1)}


def request_for(subject: x509.Name, key: Key, digest: hashes.HashAlgorithm | None = None) -> str:
    """Return a request for a certificate, as a station makes it."""
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, digest or hashes.SHA256())
    return request.public_bytes(PEM).decode()
