"""What makes a certificate good or doubtful."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from csms.kit.x509 import Certificate, Key

SMALLEST = {"RSA": 2048, "EC": 224}
"""Bits of a key, by its kind; other kinds are not of the specification (SEC-23)."""

WEAK = frozenset({"md5", "sha1"})
SOON = timedelta(days=30)


def weakness_of(key: Key) -> str | None:
    """Return why a key is not strong enough; None for a good one."""
    least = SMALLEST.get(key.kind)
    if least is None:
        return f"a key of kind {key.kind}: RSA or EC is wanted"
    return f"an {key.kind} key of {key.bits} bits: {least} is the least" if key.bits < least else None


def doubts_about_server(certificate: Certificate, now: datetime) -> Iterator[str]:
    """Yield what stations may dislike about the certificate of a server (SEC-23, SEC-24)."""
    if (weak := weakness_of(certificate.key)) is not None:
        yield weak
    if certificate.digest in WEAK:
        yield f"signed by means of {certificate.digest}"
    if not certificate.not_before <= now <= certificate.not_after:
        yield "expired" if now > certificate.not_after else "not valid yet"
    yield from _doubts_about_name(certificate)


def why_no_root(certificate: Certificate) -> Iterator[str]:
    """Yield why a station could trust nothing by a certificate, whatever the time."""
    if not certificate.is_authority:
        yield "is that of no authority"
    if (weak := weakness_of(certificate.key)) is not None:
        yield f"has {weak}"


def doubts_about_root(certificate: Certificate, now: datetime) -> Iterator[str]:
    """Yield what stations may dislike about the certificate of an authority that they are to trust."""
    if certificate.digest in WEAK:
        yield f"is signed by means of {certificate.digest}"
    if now < certificate.not_before:
        yield f"is not valid before {certificate.not_before:%Y-%m-%d %H:%M} UTC"
    elif certificate.not_after - now < SOON:
        yield f"ends on {certificate.not_after:%Y-%m-%d}"
    if not certificate.is_root:
        yield "is no root: another authority has issued it"


def _doubts_about_name(certificate: Certificate) -> Iterator[str]:
    common, names = certificate.subject.common_names, certificate.subject.names
    if not common:
        yield "no common name: it should be the host name that stations call"
        return
    if not certificate.subject.organisations:
        yield "no organisation"
    if any("*" in name for name in (*common, *names)):
        yield "a wildcard, which stations refuse unless they are told otherwise"
    if names and common[0].casefold() not in {name.casefold() for name in names}:
        yield "the common name is not among the alternative names"
