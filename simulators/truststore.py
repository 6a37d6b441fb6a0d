"""The certificates that a station trusts others by, kept and told in its way."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import new

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOM = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A certificate and what it is for, in the words of the station's version."""

    use: str
    certificate: x509.Certificate


class TrustStore:
    """Installs, tells of and deletes certificates.

    Habits: `reject` and `fail` refuse all that is to be installed, `full` has no room, `in-use` lets none go; `sha384`
    and `sha512` are how it makes its hashes, `upper` and `zeros` how it writes them.
    """

    def __init__(self, habits: tuple[str, ...] = ()) -> None:
        self.habits = set(habits)
        self._kept: list[Kept] = []

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def algorithm(self) -> str:
        """How it makes its hashes now."""
        return next((word.upper() for word in ("sha384", "sha512") if word in self.habits), "SHA256")

    def install(self, use: str, pem: str, *, checks: bool = False) -> str:
        """Take a certificate, and return the status that it is answered with.

        `checks`: beside others of its use it must be signed by one of them.
        """
        try:
            certificate = x509.load_pem_x509_certificate(pem.encode())
        except ValueError:
            return "Rejected"
        if "reject" in self.habits or certificate.not_valid_after_utc < datetime.now(UTC) or "\r" in pem:
            return "Rejected"
        if checks and not self._is_signed(Kept(use, certificate)):
            return "Rejected"
        if "fail" in self.habits:
            return "Failed"
        kept = Kept(use, certificate)
        if kept not in self._kept:
            if "full" in self.habits or len(self._kept) >= ROOM:
                return "Rejected"
            self._kept.append(kept)
        return "Accepted"

    def _is_signed(self, new: Kept) -> bool:
        others = [kept for kept in self._kept if kept.use == new.use]
        return not others or new in others or any(_signed(new.certificate, one.certificate) for one in others)

    def listed(self, uses: list[str]) -> list[tuple[str, dict[str, str]]]:
        """Return the uses and the hashes of what it has of some uses, or of all if none is named."""
        return [(kept.use, self._told(kept)) for kept in self._kept if not uses or kept.use in uses]

    def delete(self, told: dict[str, str]) -> str:
        """Forget a certificate that is called exactly as this station does, by whichever algorithm."""
        found = [kept for kept in self._kept if self._told(kept, told["hash_algorithm"]) == told]
        if not found:
            return "NotFound"
        if "in-use" in self.habits:
            return "Failed"
        self._kept = [kept for kept in self._kept if kept not in found]
        return "Accepted"

    def _told(self, kept: Kept, algorithm: str | None = None) -> dict[str, str]:
        algorithm = algorithm or self.algorithm
        issuer = next(
            (one for one in self._kept if one.certificate.subject == kept.certificate.issuer), kept
        ).certificate
        parts = {
            "issuer_name_hash": new(algorithm, kept.certificate.issuer.public_bytes()).hexdigest(),
            "issuer_key_hash": new(algorithm, _key_bits(issuer)).hexdigest(),
            "serial_number": f"{'00' if 'zeros' in self.habits else ''}{kept.certificate.serial_number:x}"[-40:],
        }
        if "upper" in self.habits:
            parts = {name: value.upper() for name, value in parts.items()}
        return {"hash_algorithm": algorithm, **parts}


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _key_bits(certificate: x509.Certificate) -> bytes:
    """Return a public key as it stands in the bit string of a certificate."""
    key = certificate.public_key()
    form = serialization.PublicFormat
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, form.PKCS1)
    return key.public_bytes(serialization.Encoding.X962, form.UncompressedPoint)
