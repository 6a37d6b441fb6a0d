"""How certificates are called, which all versions do alike."""

from typing import Any, Protocol

from csms.domain.remote import DeleteCertificate
from csms.kit.x509 import HashData
from csms.ports.commands import Unsupported


class SaidHashData(Protocol):
    """The hashes of a certificate in any version."""

    @property
    def hash_algorithm(self) -> str: ...
    @property
    def issuer_name_hash(self) -> str: ...
    @property
    def issuer_key_hash(self) -> str: ...
    @property
    def serial_number(self) -> str: ...


def read_hashes(said: SaidHashData) -> HashData:
    """Return how a certificate was called, in the letters that were used."""
    return HashData(said.hash_algorithm, said.issuer_name_hash, said.issuer_key_hash, said.serial_number)


def hashes_of(command: DeleteCertificate) -> dict[str, Any]:
    """Word which certificate a command means."""
    if (named := command.hash_data) is None:
        raise Unsupported("a station is told the hashes of a certificate", "id")
    return {
        "hashAlgorithm": named.hash_algorithm,
        "issuerNameHash": named.issuer_name_hash,
        "issuerKeyHash": named.issuer_key_hash,
        "serialNumber": named.serial_number,
    }


MEMBERS = {
    "certificate": "certificate",
    "certificateHashData": "hash_data",
    "certificateHashData/hashAlgorithm": "hash_data/hash_algorithm",
    "certificateHashData/issuerKeyHash": "hash_data/issuer_key_hash",
    "certificateHashData/issuerNameHash": "hash_data/issuer_name_hash",
    "certificateHashData/serialNumber": "hash_data/serial_number",
}
