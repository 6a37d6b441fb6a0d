"""An authority made on this machine, for development, demonstrations and small houses."""

import os
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from csms.authority.local import PrivateKey, usage
from csms.kit.clock import Clock

RSA_BITS = 3072
MINE_ALONE = 0o600


def create_authority(folder: Path, *, name: str, kind: str, days: int, clock: Clock) -> tuple[Path, Path]:
    """Make a root and its key (`EC` or `RSA`) in a folder; return both files. What is there already is left alone.

    Raises `FileExistsError` or another `OSError`. The key is readable by its owner alone.
    """
    key = _new_key(kind)
    now, subject = clock.now(), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "ca.pem", folder / "ca.key"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for path, content in zip(paths, (certificate.public_bytes(serialization.Encoding.PEM), secret), strict=True):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MINE_ALONE), "wb") as file:
            file.write(content)
    return paths


def _new_key(kind: str) -> PrivateKey:
    if kind == "RSA":
        return rsa.generate_private_key(65537, RSA_BITS)
    return ec.generate_private_key(ec.SECP256R1())
