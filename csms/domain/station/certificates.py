"""What can be asked of a station's record about the certificates that it has, the facts of them, and their rules."""

from datetime import datetime

from msgspec import Struct

from csms.domain.command import Command, Deciders, Decision, Event
from csms.domain.station.state import Station
from csms.domain.trust import Root, name_of, root_of
from csms.kit.x509 import HashData, NotReadable

ACCEPTED, NOT_FOUND = "accepted", "notfound"


class ToldCertificate(Struct, frozen=True, gc=False, omit_defaults=True):
    """A certificate that a station has, in its letters; `children` are those below it in the same chain."""

    use: str
    hash_data: HashData
    children: tuple[HashData, ...] = ()


class RecordCertificates(Command[None], frozen=True):
    """The station told of the certificates that it has of these uses; of all, if none is named."""

    uses: tuple[str, ...]
    certificates: tuple[ToldCertificate, ...]
    status: str
    at: datetime


class RecordInstallation(Command[None], frozen=True):
    """The station answered to a certificate that it was sent, with a status in its own word."""

    use: str
    pem: str
    status: str
    at: datetime


class RecordDeletion(Command[None], frozen=True):
    """The station answered when it was told to forget a certificate, with a status in its own word."""

    hash_data: HashData
    status: str
    at: datetime


class CertificatesTold(Event, frozen=True):
    """The station has these certificates, and no others of these uses; of any, if none is named."""

    uses: tuple[str, ...]
    certificates: tuple[ToldCertificate, ...]
    at: datetime


class CertificateInstalled(Event, frozen=True):
    """The station took a certificate."""

    use: str
    root: Root
    at: datetime


class CertificateDeleted(Event, frozen=True):
    """The station has a certificate no more; with `missing` it says that it never had one that is called so."""

    hash_data: HashData
    at: datetime
    missing: bool = False


CertificateEvent = CertificatesTold | CertificateInstalled | CertificateDeleted


def record_certificates(_: Station, command: RecordCertificates) -> Decision[None]:
    """Note what the station has; `NotFound` says that it has none of what it was asked for (M03.FR.02)."""
    status = command.status.strip().casefold()
    if status not in {ACCEPTED, NOT_FOUND}:
        return Decision(None)
    told = command.certificates if status == ACCEPTED else ()
    once = {(one.use, name_of(one.hash_data)): one for one in told}
    return Decision(None, (CertificatesTold(command.uses, tuple(once.values()), command.at),))


def record_installation(_: Station, command: RecordInstallation) -> Decision[None]:
    """Note a certificate that the station took; one that nobody can read is told by the station alone."""
    if command.status.strip().casefold() != ACCEPTED:
        return Decision(None)
    try:
        root = root_of(command.pem)
    except NotReadable:
        return Decision(None)
    return Decision(None, (CertificateInstalled(command.use, root, command.at),))


def record_deletion(_: Station, command: RecordDeletion) -> Decision[None]:
    """Note that a certificate is gone; one that is in use stays, and the station says `Failed` (M04.FR.06)."""
    status = command.status.strip().casefold()
    if status not in {ACCEPTED, NOT_FOUND}:
        return Decision(None)
    return Decision(None, (CertificateDeleted(command.hash_data, command.at, missing=status == NOT_FOUND),))


TRUSTING: Deciders = {
    RecordCertificates: record_certificates,
    RecordInstallation: record_installation,
    RecordDeletion: record_deletion,
}
