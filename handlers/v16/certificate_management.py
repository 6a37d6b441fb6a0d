"""OCPP 1.6, security extension: the certificates that stations have, what operators say and what the answers tell."""

from collections.abc import Mapping

from csms.domain import remote
from csms.domain.station.certificates import RecordCertificates, RecordDeletion, RecordInstallation, ToldCertificate
from csms.domain.trust import Use
from csms.ocpp.messages import v16
from csms.ocpp.version import Version
from csms.ports.commands import Unsupported
from csms.ports.handlers import Answered, Learn
from handlers.answers import asked, read
from handlers.hash_data import hashes_of, read_hashes
from handlers.payload import Put

WORDS: Mapping[str, str] = {
    Use.CSMS_ROOT: "CentralSystemRootCertificate",
    Use.MANUFACTURER_ROOT: "ManufacturerRootCertificate",
}
LISTED: tuple[remote.ListedUse, ...] = ("csms-root", "manufacturer-root")
USES = {word: use for use, word in WORDS.items()}


def install_certificate(command: remote.InstallCertificate) -> Put:
    """InstallCertificate (security whitepaper, M05)."""
    return "InstallCertificate", {"certificateType": _word(command.use, "use"), "certificate": command.pem}


def get_installed_certificates(command: remote.GetInstalledCertificates) -> Put:
    """GetInstalledCertificateIds (security whitepaper, M03), of one use."""
    if len(command.uses) != 1:
        raise Unsupported("1.6 is asked for the certificates of one use at a time", "uses")
    return "GetInstalledCertificateIds", {"certificateType": _word(command.uses[0], "uses")}


def one_by_one(command: remote.GetInstalledCertificates) -> list[remote.GetInstalledCertificates]:
    """Return a command for each use that is asked about; for each that 1.6 knows, if none is named."""
    return [remote.GetInstalledCertificates((use,)) for use in command.uses or LISTED]


def delete_certificate(command: remote.DeleteCertificate) -> Put:
    """DeleteCertificate (security whitepaper, M04), in the letters of the station (16-SEC-06)."""
    return "DeleteCertificate", {"certificateHashData": hashes_of(command)}


def _word(use: str, member: str) -> str:
    if (word := WORDS.get(use)) is None:
        raise Unsupported(f"1.6 knows no certificate of use {use}", member)
    return word


def installed(answered: Answered) -> list[RecordInstallation]:
    """Learn from the answer to an InstallCertificate."""
    call: v16.InstallCertificateRequest = asked(Version.V16, "InstallCertificate", answered)
    told: v16.InstallCertificateResponse = read(Version.V16, "InstallCertificate", answered)
    use = USES.get(call.certificate_type, call.certificate_type)
    return [RecordInstallation(use, call.certificate, told.status, answered.at)]


def listed(answered: Answered) -> list[RecordCertificates]:
    """Learn from the answer to a GetInstalledCertificateIds."""
    call: v16.GetInstalledCertificateIdsRequest = asked(Version.V16, "GetInstalledCertificateIds", answered)
    told: v16.GetInstalledCertificateIdsResponse = read(Version.V16, "GetInstalledCertificateIds", answered)
    use = USES.get(call.certificate_type, call.certificate_type)
    found = tuple(ToldCertificate(use, read_hashes(one)) for one in told.certificate_hash_data or ())
    return [RecordCertificates((use,), found, told.status, answered.at)]


def deleted(answered: Answered) -> list[RecordDeletion]:
    """Learn from the answer to a DeleteCertificate."""
    call: v16.DeleteCertificateRequest = asked(Version.V16, "DeleteCertificate", answered)
    told: v16.DeleteCertificateResponse = read(Version.V16, "DeleteCertificate", answered)
    return [RecordDeletion(read_hashes(call.certificate_hash_data), told.status, answered.at)]


COMMANDS = {
    remote.InstallCertificate: install_certificate,
    remote.GetInstalledCertificates: get_installed_certificates,
    remote.DeleteCertificate: delete_certificate,
}

LEARNS: Mapping[str, Learn] = {
    "InstallCertificate": installed,
    "GetInstalledCertificateIds": listed,
    "DeleteCertificate": deleted,
}
