"""An authority behind HTTP that speaks EST, Enrollment over Secure Transport (RFC 7030): simpleenroll and cacerts."""

import asyncio
import base64
import binascii
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from csms.authority.local import Unusable
from csms.kit.x509 import NotReadable, is_issued_by, load_request, pem_of
from csms.ports.certificates import AuthorityPending, AuthorityRefused, AuthorityUnavailable

WITHIN_S, SILENT_S = 30.0, 10.0
LARGEST = 262_144
"""Bytes of an answer: a certificate and what is above it have a few thousand."""
DEEPEST = 6
PENDING_S = 60.0
OURS = frozenset({401, 403, 404, 405, 407, 408, 415, 429})
"""Statuses that tell of how we ask or how often, not of the request: an operator may set that right."""
OK, ACCEPTED, BAD_REQUEST, SERVER_ERROR = 200, 202, 400, 500


@dataclass(frozen=True, slots=True)
class Access:
    """Where an authority is, and how it knows us: by a password, a certificate, or both. `roots`: whom we take it from."""

    url: str
    user: str | None = None
    password: str | None = None
    roots: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


class EstAuthority:
    """Has certificates signed over EST. Raises `Unusable` at first for files that cannot be used."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._where = urlsplit(access.url)
        self._tls = _tls_of(access)

    async def sign(self, csr: str) -> str:
        """Return the certificate for a request and what leads to its root."""
        return await asyncio.to_thread(self._sign, csr)

    def _sign(self, csr: str) -> str:
        try:
            der = load_request(csr).public_bytes(Encoding.DER)
        except NotReadable as unreadable:
            raise AuthorityRefused(str(unreadable)) from unreadable
        issued = _certificates_in(self._ask("POST", "simpleenroll", base64.encodebytes(der)))
        above = _certificates_in(self._ask("GET", "cacerts"))
        if not issued:
            raise AuthorityUnavailable("it answered with no certificate")
        return pem_of(chain_of(issued[0], [*issued[1:], *above]))

    def _ask(self, method: str, what: str, body: bytes | None = None) -> bytes:
        """Return the body of an answer; raise what the status means."""
        where, deadline = self._where, time.monotonic() + WITHIN_S
        connection = HTTPSConnection(where.hostname or "", where.port or 443, timeout=SILENT_S, context=self._tls)
        try:
            connection.request(
                method, f"{where.path.rstrip('/')}/{what}", body, self._headers(posting=body is not None)
            )
            with connection.getresponse() as response:
                told = _read(response, deadline)
        except (OSError, HTTPException) as error:
            raise AuthorityUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        _check(response, told)
        return told

    def _headers(self, *, posting: bool) -> dict[str, str]:
        headers = {"Accept": "application/pkcs7-mime"}
        if posting:
            headers |= {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64"}
        if self._access.user is not None:
            both = f"{self._access.user}:{self._access.password or ''}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(both).decode()
        return headers


def chain_of(leaf: x509.Certificate, others: list[x509.Certificate]) -> list[x509.Certificate]:
    """Return a certificate and those above it, in order and without the root."""
    chain = [leaf]
    while len(chain) < DEEPEST:
        lowest = chain[-1]
        higher = next((one for one in others if one not in chain and is_issued_by(lowest, one)), None)
        if higher is None or higher.subject == higher.issuer:
            break
        chain.append(higher)
    return chain


def _read(response: HTTPResponse, deadline: float) -> bytes:
    told = bytearray()
    while piece := response.read1(LARGEST):
        told += piece
        if len(told) > LARGEST:
            raise AuthorityUnavailable(f"it answers with more than {LARGEST} bytes")
        if time.monotonic() > deadline:
            raise AuthorityUnavailable(f"it took more than {WITHIN_S:.0f} s to answer")
    return bytes(told)


def _check(response: HTTPResponse, told: bytes) -> None:
    status = response.status
    if status == OK:
        return
    if status == ACCEPTED:
        after = response.headers.get("Retry-After", "")
        raise AuthorityPending("it has not decided yet", float(after) if after.isdecimal() else PENDING_S)
    is_text = response.headers.get_content_maintype() == "text"
    why = f"HTTP {status}: {told[:200].decode('utf-8', 'replace') if is_text else ''}".rstrip(": ")
    if BAD_REQUEST <= status < SERVER_ERROR and status not in OURS:
        raise AuthorityRefused(why)
    raise AuthorityUnavailable(why)


def _certificates_in(told: bytes) -> list[x509.Certificate]:
    """Return the certificates of an answer (PKCS#7, in base64, or as it is); the station's own first."""
    try:
        if b"-----BEGIN" in told:
            found = pkcs7.load_pem_pkcs7_certificates(told)
        else:
            der = told if told[:1] == b"\x30" else base64.b64decode(told)
            found = pkcs7.load_der_pkcs7_certificates(der)
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise AuthorityUnavailable(f"it answered with no certificates: {error}") from error
    return sorted(found, key=lambda one: any(is_issued_by(other, one) for other in found))


def _tls_of(access: Access) -> ssl.SSLContext:
    try:
        tls = ssl.create_default_context(cafile=access.roots)
        if access.certificate is not None:
            tls.load_cert_chain(access.certificate, access.key)
    except (OSError, ssl.SSLError) as error:
        raise Unusable(str(error)) from error
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return tls
