"""What an operator asks of a station about the certificates that it trusts others by."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Struct

from csms.domain.certificates import why_no_root
from csms.domain.fault import Fault
from csms.domain.remote.words import RemoteCommand, Text
from csms.kit.x509 import LONGEST, Certificate, HashData, NotReadable, load_certificates, pem_of, read_certificates

RootUse = Literal["csms-root", "manufacturer-root", "mo-root", "v2g-root", "oem-root"]
ListedUse = Literal["csms-root", "manufacturer-root", "mo-root", "v2g-root", "oem-root", "v2g-chain"]
Hash = Annotated[str, Meta(min_length=1, max_length=128)]
PRIVATE = "PRIVATE KEY-----"


class InstallCertificate(RemoteCommand, frozen=True):
    """Have a station trust others by the certificate of an authority, as PEM; with `read_back` it is asked what it has then."""

    use: RootUse
    certificate: Annotated[str, Meta(min_length=1, max_length=LONGEST)]
    read_back: bool = False
    THEN: ClassVar[str] = "read_back"

    def faults(self) -> Iterator[Fault]:
        if PRIVATE in self.certificate:
            yield Fault("/certificate", "has a private key beside it, which is for nobody else's eyes")
            return
        try:
            found = read_certificates(self.certificate)
        except NotReadable as error:
            yield Fault("/certificate", f"cannot be read: {error}")
            return
        if len(found) > 1:
            yield Fault("/certificate", f"are {len(found)}, and a station is given one at a time")
            return
        yield from (Fault("/certificate", why) for why in why_no_root(found[0]))

    def then(self) -> "GetInstalledCertificates | None":
        return GetInstalledCertificates((self.use,)) if self.read_back else None

    @property
    def pem(self) -> str:
        """The certificate alone, its lines ended as Unix ends them, the last one as the operator did (SEC-48)."""
        pem = pem_of(load_certificates(self.certificate))
        return pem if self.certificate.endswith(("\n", "\r")) else pem.rstrip("\n")

    @property
    def facts(self) -> Certificate:
        """What the certificate says; raises `NotReadable`."""
        return read_certificates(self.certificate)[0]


class GetInstalledCertificates(RemoteCommand, frozen=True):
    """Ask which certificates of these uses a station has; none named means all. 1.6 is asked for each use by a call of its own."""

    uses: tuple[ListedUse, ...] = ()

    def faults(self) -> Iterator[Fault]:
        for place, use in enumerate(self.uses):
            if use in self.uses[:place]:
                yield Fault(f"/uses/{place}", "is named twice")


class CertificateHashes(Struct, frozen=True, forbid_unknown_fields=True):
    """How OCPP names a certificate, in the letters in which a station told of it."""

    hash_algorithm: Literal["SHA256", "SHA384", "SHA512"]
    issuer_name_hash: Hash
    issuer_key_hash: Hash
    serial_number: Annotated[str, Meta(min_length=1, max_length=40)]

    @property
    def said(self) -> HashData:
        """The same as a fact."""
        return HashData(self.hash_algorithm, self.issuer_name_hash, self.issuer_key_hash, self.serial_number)


class DeleteCertificate(RemoteCommand, frozen=True):
    """Have a station forget a certificate: by the `id` of our record of it, or by what OCPP calls it.

    Either way a station that told of it hears the letters in which it did (SEC-50).
    """

    id: Text | None = None
    hash_data: CertificateHashes | None = None

    def faults(self) -> Iterator[Fault]:
        if self.id is not None and self.hash_data is not None:
            yield Fault("/id", "is not needed where the hashes are told")
        if self.id is None and self.hash_data is None:
            yield Fault("/hash_data", "or an id is needed")
