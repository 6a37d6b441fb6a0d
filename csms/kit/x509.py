"""Certificates and requests for them, as facts: what they say, without a judgement."""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID
from msgspec import Struct

LONGEST = 65_536
_PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
_BLANKS = re.compile(r"\s+|\\[rn]")
CERTIFICATE = frozenset({"CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"})
REQUEST = frozenset({"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"})
UNREADABLE = (ValueError, UnsupportedAlgorithm, InvalidSignature, x509.InvalidVersion)
DIGESTS: dict[str, type[hashes.HashAlgorithm]] = {
    "SHA256": hashes.SHA256,
    "SHA384": hashes.SHA384,
    "SHA512": hashes.SHA512,
}


class NotReadable(ValueError):
    """A text that is no certificate, or no request for one; the message says what is wrong with it."""


class Key(Struct, frozen=True):
    """A public key: `RSA`, `EC` or another kind, its size in bits, and the SHA-256 of it."""

    kind: str
    bits: int
    digest: str


class Subject(Struct, frozen=True, omit_defaults=True):
    """Whom a certificate names; `names` are its alternative ones (DNS, URI, e-mail) as texts."""

    common_names: tuple[str, ...] = ()
    organisations: tuple[str, ...] = ()
    serial_numbers: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    text: str = ""


class Certificate(Struct, frozen=True):
    """What a certificate says. `serial` is hexadecimal, in capitals and without leading zeros."""

    subject: Subject
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key: Key
    digest: str | None
    fingerprint: str
    is_authority: bool
    is_root: bool


class Request(Struct, frozen=True):
    """What a request for a certificate (PKCS#10) says; `is_signed`: its key proves that it is its own."""

    subject: Subject
    key: Key
    is_signed: bool


class HashData(Struct, frozen=True):
    """How OCPP names an installed certificate; the values are hexadecimal, in the letters of who told them."""

    hash_algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is the same whatever letters it is told in: small ones, no blanks, a number without leading zeros (SEC-53)."""
        algorithm, name, key, serial = ("".join(getattr(self, part).split()).casefold() for part in _PARTS)
        return algorithm, name, key, serial.lstrip("0") or "0"


_PARTS = ("hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial_number")


def load_certificates(text: str) -> list[x509.Certificate]:
    """Return the certificates in a PEM text, in its order; raise `NotReadable` if one is broken or there is none.

    Line ends may be of any kind, or missing (SEC-48).
    """
    blocks = _blocks(text, CERTIFICATE, "certificate")
    with _reading("not a certificate"):
        return [x509.load_der_x509_certificate(der) for der in blocks]


def load_request(text: str) -> x509.CertificateSigningRequest:
    """Return the request in a PEM text; raise `NotReadable` if it is broken or not the only one."""
    found = _blocks(text, REQUEST, "certificate request")
    if len(found) != 1:
        raise NotReadable("more than one request")
    with _reading("not a request"):
        return x509.load_der_x509_csr(found[0])


def read_certificates(text: str) -> list[Certificate]:
    """Return what the certificates in a PEM text say; raise `NotReadable`."""
    return [facts_of(certificate) for certificate in load_certificates(text)]


def read_der(der: bytes) -> Certificate:
    """Return what a certificate in DER says; raise `NotReadable`."""
    with _reading("not a certificate"):
        return facts_of(x509.load_der_x509_certificate(der))


def read_request(text: str) -> Request:
    """Return what a request in a PEM text says; raise `NotReadable`."""
    request = load_request(text)
    with _reading("its key is of no known kind"):
        key, signed = _key_of(request.public_key()), request.is_signature_valid
        return Request(_subject_of(request.subject, _alternatives(request)), key, signed)


def facts_of(certificate: x509.Certificate) -> Certificate:
    """Return what a certificate says; raise `NotReadable` for a key or a name of no known kind."""
    with _reading("not a certificate"):
        algorithm = certificate.signature_hash_algorithm
        return Certificate(
            subject=_subject_of(certificate.subject, _alternatives(certificate)),
            issuer=certificate.issuer.rfc4514_string(),
            serial=f"{certificate.serial_number:X}",
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            key=_key_of(certificate.public_key()),
            digest=None if algorithm is None else algorithm.name,
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
            is_authority=_is_authority(certificate),
            is_root=certificate.subject == certificate.issuer,
        )


def hash_data(certificate: x509.Certificate, issuer: x509.Certificate, algorithm: str = "SHA256") -> HashData:
    """Return how OCPP names a certificate: hashes of its issuer's name and key, and its serial number (SEC-53)."""
    named = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, DIGESTS[algorithm]()).build()
    return HashData(
        algorithm, named.issuer_name_hash.hex(), named.issuer_key_hash.hex(), f"{certificate.serial_number:x}"
    )


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether a certificate names another one as its issuer, and was signed by its key."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*UNREADABLE, TypeError):
        return False
    return True


def pem_of(certificates: Iterable[x509.Certificate]) -> str:
    """Return certificates as one PEM text."""
    return "".join(one.public_bytes(serialization.Encoding.PEM).decode() for one in certificates)


@contextmanager
def _reading(what: str) -> Iterator[None]:
    """Say `NotReadable` for whatever may come up: much of a certificate is read only when it is asked for."""
    try:
        yield
    except UNREADABLE as error:
        raise NotReadable(str(error) or what) from error


def _blocks(text: str, labels: frozenset[str], what: str) -> list[bytes]:
    if len(text) > LONGEST:
        raise NotReadable(f"longer than {LONGEST} characters")
    found = [body for label, body in _PEM.findall(text) if label in labels]
    if not found:
        raise NotReadable(f"no {what} in PEM form")
    try:
        return [base64.b64decode(_BLANKS.sub("", body), validate=True) for body in found]
    except (binascii.Error, ValueError) as error:
        raise NotReadable(f"not base64: {error}") from error


def _key_of(key: object) -> Key:
    if isinstance(key, rsa.RSAPublicKey):
        kind, bits = "RSA", key.key_size
    elif isinstance(key, ec.EllipticCurvePublicKey):
        kind, bits = "EC", key.curve.key_size
    else:
        return Key(type(key).__name__.removesuffix("PublicKey"), 0, "")
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Key(kind, bits, sha256(der).hexdigest())


def _subject_of(name: x509.Name, names: tuple[str, ...]) -> Subject:
    return Subject(
        common_names=_values(name, NameOID.COMMON_NAME),
        organisations=_values(name, NameOID.ORGANIZATION_NAME),
        serial_numbers=_values(name, NameOID.SERIAL_NUMBER),
        names=names,
        text=name.rfc4514_string(),
    )


def _values(name: x509.Name, kind: x509.ObjectIdentifier) -> tuple[str, ...]:
    return tuple(str(attribute.value) for attribute in name.get_attributes_for_oid(kind))


def _alternatives(certificate: x509.Certificate | x509.CertificateSigningRequest) -> tuple[str, ...]:
    try:
        return _names_of(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, ValueError):
        return ()


def _names_of(extension: x509.SubjectAlternativeName) -> tuple[str, ...]:
    kinds = (x509.DNSName, x509.UniformResourceIdentifier, x509.RFC822Name)
    texts = [one.value for one in extension if isinstance(one, kinds)]
    return (*texts, *(str(one.value) for one in extension if isinstance(one, x509.IPAddress)))


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
