"""An authority of our own: a certificate and its key, in files (SEC-43, A02)."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from csms.kit.clock import Clock
from csms.kit.x509 import NotReadable, facts_of, load_certificates, load_request, pem_of
from csms.ports.certificates import AuthorityRefused, AuthorityUnavailable

BACKDATED = timedelta(hours=1)
"""How long before its making a certificate is valid: clocks of stations differ, and they wait for it (SEC-43)."""
COPIED = frozenset(
    {
        NameOID.COMMON_NAME,
        NameOID.ORGANIZATION_NAME,
        NameOID.ORGANIZATIONAL_UNIT_NAME,
        NameOID.COUNTRY_NAME,
        NameOID.STATE_OR_PROVINCE_NAME,
        NameOID.LOCALITY_NAME,
        NameOID.DOMAIN_COMPONENT,
    }
)
"""What is taken over of a subject; nothing else of a request is: other names in it might let in as another station."""
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class Unusable(Exception):
    """Files that make no authority; the message says why, and never shows a key."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A certificate of an authority, its key, and what is above it less the root."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...]


class LocalAuthority:
    """Signs with a key in a file; the files are read again when they are others. Raises `Unusable` at first."""

    def __init__(self, *, certificate: Path, key: Path, password: str | None, days: int, clock: Clock) -> None:
        self._files = certificate, key
        self._password = password
        self._days = timedelta(days=days)
        self._clock = clock
        self._mark, self._seal = self._marked(), read_seal(certificate, key, password)

    @property
    def ends_at(self) -> datetime:
        """When its own certificate ends."""
        return self._seal.certificate.not_valid_after_utc

    async def sign(self, csr: str) -> str:
        """Return the certificate for a request and what leads to its root."""
        return await asyncio.to_thread(self._sign, csr)

    def _marked(self) -> tuple[int, ...]:
        try:
            return tuple(path.stat().st_mtime_ns for path in self._files)
        except OSError:
            return ()

    def _sign(self, csr: str) -> str:
        if (mark := self._marked()) != self._mark:
            try:
                self._seal = read_seal(*self._files, self._password)
            except Unusable as unusable:
                raise AuthorityUnavailable(str(unusable)) from unusable
            self._mark = mark
        seal, now = self._seal, self._clock.now()
        if now >= seal.certificate.not_valid_after_utc:
            raise AuthorityUnavailable("the certificate of the authority has expired")
        try:
            certificate = self._issued(load_request(csr), seal)
        except (NotReadable, ValueError, UnsupportedAlgorithm) as error:
            raise AuthorityRefused(str(error) or type(error).__name__) from error
        return pem_of([certificate, *seal.above])

    def _issued(self, request: x509.CertificateSigningRequest, seal: Seal) -> x509.Certificate:
        now, issuer, key = self._clock.now(), seal.certificate, request.public_key()
        is_rsa = isinstance(key, rsa.RSAPublicKey)
        subject = x509.Name([attribute for attribute in request.subject if attribute.oid in COPIED])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - BACKDATED, issuer.not_valid_before_utc))
            .not_valid_after(min(now + self._days, issuer.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage(encipherment=is_rsa), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(seal.key.public_key()), critical=False)
        )
        return builder.sign(seal.key, hashes.SHA256())


def usage(*, encipherment: bool = False, authority: bool = False) -> x509.KeyUsage:
    """Return what a key is for: a station's for TLS, that of an authority to sign certificates."""
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def read_seal(certificate: Path, key: Path, password: str | None) -> Seal:
    """Return what an authority signs with; raise `Unusable` for files that do not belong together."""
    try:
        chain = load_certificates(certificate.read_text("ascii", "replace"))
    except (OSError, NotReadable) as error:
        raise Unusable(f"{certificate}: {error}") from error
    try:
        secret = serialization.load_pem_private_key(key.read_bytes(), None if password is None else password.encode())
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise Unusable(f"{key}: {error if isinstance(error, OSError) else 'no key that can be read'}") from error
    if not isinstance(secret, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Unusable(f"{key}: neither an RSA nor an EC key")
    if secret.public_key() != chain[0].public_key():
        raise Unusable(f"{key} is not the key of {certificate}")
    if not facts_of(chain[0]).is_authority:
        raise Unusable(f"{certificate} is not of an authority")
    return Seal(chain[0], secret, tuple(one for one in chain if one.subject != one.issuer))
