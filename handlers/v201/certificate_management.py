"""OCPP 2.0.1, block M, Certificate Management: the certificates that stations have, what operators say and what answers tell."""

from collections.abc import Mapping
from typing import Any

from csms.domain import remote
from csms.domain.station.certificates import RecordCertificates, RecordDeletion, RecordInstallation, ToldCertificate
from csms.domain.trust import Use
from csms.ocpp.messages import v201
from csms.ocpp.version import Version
from csms.ports.commands import Unsupported
from csms.ports.handlers import Answered, Learn
from handlers.answers import asked, read
from handlers.hash_data import hashes_of, read_hashes
from handlers.payload import Put, without_none

WORDS: Mapping[str, str] = {
    Use.CSMS_ROOT: "CSMSRootCertificate",
    Use.MANUFACTURER_ROOT: "ManufacturerRootCertificate",
    Use.MO_ROOT: "MORootCertificate",
    Use.V2G_ROOT: "V2GRootCertificate",
    Use.OEM_ROOT: "OEMRootCertificate",
    Use.V2G_CHAIN: "V2GCertificateChain",
}
USES = {word: use for use, word in WORDS.items()}


def commands(version: Version) -> Mapping[Any, Any]:
    """Return what operators can say in a version of 2.x: the roots of car makers are of 2.1."""

    def word(use: str, member: str) -> str:
        if use == Use.OEM_ROOT and version is Version.V201:
            raise Unsupported(f"2.0.1 knows no certificate of use {use}", member)
        return WORDS[use]

    def install_certificate(command: remote.InstallCertificate) -> Put:
        return "InstallCertificate", {"certificateType": word(command.use, "use"), "certificate": command.pem}

    def get_installed_certificates(command: remote.GetInstalledCertificates) -> Put:
        words = [word(use, f"uses/{place}") for place, use in enumerate(command.uses)]
        return "GetInstalledCertificateIds", without_none({"certificateType": words or None})

    return {
        remote.InstallCertificate: install_certificate,
        remote.GetInstalledCertificates: get_installed_certificates,
        remote.DeleteCertificate: delete_certificate,
    }


def delete_certificate(command: remote.DeleteCertificate) -> Put:
    """DeleteCertificate (M04), in the letters and by the algorithm of the station (M04.FR.07)."""
    return "DeleteCertificate", {"certificateHashData": hashes_of(command)}


def learns(version: Version) -> Mapping[str, Learn]:
    """Return what the answers of a version of 2.x tell."""

    def installed(answered: Answered) -> list[RecordInstallation]:
        call, told = asked(version, "InstallCertificate", answered), read(version, "InstallCertificate", answered)
        return [RecordInstallation(_use(call.certificate_type), call.certificate, told.status, answered.at)]

    def listed(answered: Answered) -> list[RecordCertificates]:
        action = "GetInstalledCertificateIds"
        call, told = asked(version, action, answered), read(version, action, answered)
        uses = tuple(map(_use, call.certificate_type or ()))
        found = tuple(map(_told, told.certificate_hash_data_chain or ()))
        return [RecordCertificates(uses, found, told.status, answered.at)]

    def deleted(answered: Answered) -> list[RecordDeletion]:
        call, told = asked(version, "DeleteCertificate", answered), read(version, "DeleteCertificate", answered)
        return [RecordDeletion(read_hashes(call.certificate_hash_data), told.status, answered.at)]

    return {"InstallCertificate": installed, "GetInstalledCertificateIds": listed, "DeleteCertificate": deleted}


def _told(said: v201.CertificateHashDataChainType) -> ToldCertificate:
    children = tuple(map(read_hashes, said.child_certificate_hash_data or ()))
    return ToldCertificate(_use(said.certificate_type), read_hashes(said.certificate_hash_data), children)


def _use(word: str) -> str:
    return USES.get(word, word)
