"""Signatures of files, as firmware is signed."""

import base64
import binascii

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256


def fault_of(signature: str, certificate: str, sha256: bytes) -> str | None:
    """Return why a signature (in base64) by the owner of a certificate (PEM) is not one of a file; None for a good one.

    RSA in both of its paddings and ECDSA, over SHA-256. Who the owner is, and until when, is not looked at.
    """
    try:
        raw = base64.b64decode(signature, validate=True)
    except binascii.Error:
        return "the signature is not base64"
    try:
        key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    except ValueError:
        return "the certificate is not readable PEM"
    if isinstance(key, rsa.RSAPublicKey):
        good = any(_is_by_rsa(key, raw, sha256, pad) for pad in (_pss(), padding.PKCS1v15()))
    elif isinstance(key, ec.EllipticCurvePublicKey):
        good = _is_by_curve(key, raw, sha256)
    else:
        return "the certificate's key is neither RSA nor ECDSA"
    return None if good else "the signature is not that of this file by the certificate's key"


def _pss() -> padding.PSS:
    return padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=padding.PSS.AUTO)


def _is_by_rsa(key: rsa.RSAPublicKey, raw: bytes, sha256: bytes, pad: padding.PSS | padding.PKCS1v15) -> bool:
    try:
        key.verify(raw, sha256, pad, Prehashed(SHA256()))
    except InvalidSignature:
        return False
    return True


def _is_by_curve(key: ec.EllipticCurvePublicKey, raw: bytes, sha256: bytes) -> bool:
    try:
        key.verify(raw, sha256, ec.ECDSA(Prehashed(SHA256())))
    except InvalidSignature:
        return False
    return True
