"""What the routes of certificates give."""

from datetime import datetime

from msgspec import Struct

from csms.kit.x509 import HashData


class InstalledCertificate(Struct, frozen=True):
    """A certificate that a station has; by `id`, or its hashes, it is told to forget it.

    `told_at`: when the station last told of it; None of one that it took (at `installed_at`) and was not asked about
    since: its hashes are as we reckon then, and None where only the station knows. `subject`, `not_after` and `fingerprint`
    (SHA-256) are known where it, or another station, took it from us. `children` are those below it in its chain.
    """

    id: str
    use: str
    hash_algorithm: str | None
    issuer_name_hash: str | None
    issuer_key_hash: str | None
    serial_number: str | None
    children: list[HashData]
    told_at: datetime | None
    installed_at: datetime | None
    subject: str | None
    not_after: datetime | None
    fingerprint: str | None


class StationCertificates(Struct, frozen=True):
    """What is known of a station's certificates; `listed_at` is when it told which of a use it has, `all` means every use.

    Of a use that it never told of, it may have others.
    """

    station_id: str
    listed_at: dict[str, datetime]
    certificates: list[InstalledCertificate]
