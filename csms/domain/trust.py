"""The certificates by which stations trust others: what they are for, and how one is known again that a station tells of."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cryptography import x509
from msgspec import Struct

from csms.kit.x509 import DIGESTS, HashData, facts_of, hash_data, is_issued_by, load_certificates, pem_of


class Use(StrEnum):
    """What a certificate is for on a station; `V2G_CHAIN` is its own for cars, which is no root and never installed so."""

    CSMS_ROOT = "csms-root"
    MANUFACTURER_ROOT = "manufacturer-root"
    MO_ROOT = "mo-root"
    V2G_ROOT = "v2g-root"
    OEM_ROOT = "oem-root"
    V2G_CHAIN = "v2g-chain"


class Root(Struct, frozen=True, gc=False):
    """A certificate that a station was given: what it says, and by which names of ours stations may tell of it.

    `hash_data` is how OCPP names it by SHA-256; None where that takes the certificate of another issuer, which is not here.
    """

    fingerprint: str
    subject: str
    not_after: datetime
    pem: str
    names: tuple[str, ...]
    hash_data: HashData | None = None


def name_of(told: HashData) -> str:
    """Return the name of ours for what a station calls so, the same whatever letters it uses (SEC-53)."""
    return _name(told.key)


def rough_name_of(told: HashData) -> str:
    """Return a name that leaves the key of the issuer aside."""
    algorithm, name, _, serial = told.key
    return _name((algorithm, name, serial))


def root_of(text: str) -> Root:
    """Return the first certificate of a PEM text; raise `NotReadable`."""
    certificate = load_certificates(text)[0]
    facts = facts_of(certificate)
    own = is_issued_by(certificate, certificate)
    called = [hash_data(certificate, certificate, algorithm) for algorithm in DIGESTS]
    return Root(
        fingerprint=facts.fingerprint,
        subject=facts.subject.text,
        not_after=facts.not_after,
        pem=pem_of([certificate]),
        names=tuple(name_of(one) if own else rough_name_of(one) for one in called),
        hash_data=called[0] if own else None,
    )


def reckoned(pem: str, algorithm: str) -> HashData | None:
    """Return how OCPP names a certificate by an algorithm; None for one that did not issue itself."""
    certificate = load_certificates(pem)[0]
    own = algorithm in DIGESTS and is_issued_by(certificate, certificate)
    return hash_data(certificate, certificate, algorithm) if own else None


def is_vouched_for(new: x509.Certificate, known: Iterable[x509.Certificate], told: Iterable[HashData]) -> bool:
    """Whether a station trusts a certificate, or the one that issued it, already.

    `known` are certificates that it has, `told` are those of which only their hashes are known: there the name of the
    issuer tells, for its key cannot be tried.
    """
    if any(new == one or is_issued_by(new, one) for one in known):
        return True
    called = [hash_data(new, new, algorithm).key for algorithm in DIGESTS]
    if new.issuer == new.subject:
        return any(one.key in called for one in told)
    names = {key[:2] for key in called}
    return any(one.key[:2] in names for one in told)


def _name(parts: tuple[str, ...]) -> str:
    return sha256("|".join(parts).encode()).hexdigest()[:32]
