"""What operators can ask of a station about its certificates, and how it is worded and answered."""

from typing import Any

from tests.papers import Authority

YES = {"status": "Accepted"}
ROOT = Authority(called="Root of the cases")
PEM, CHAIN = ROOT.pem, ROOT.station("S").pem
CALLED = {"hash_algorithm": "SHA384", "issuer_name_hash": "AB", "issuer_key_hash": "cd", "serial_number": "00Ef"}
CALLED_SAYS = {"hashAlgorithm": "SHA384", "issuerNameHash": "AB", "issuerKeyHash": "cd", "serialNumber": "00Ef"}
INSTALL, LIST, DELETE = "install-certificate", "get-installed-certificates", "delete-certificate"
Said = list[tuple[str, dict[str, Any], str, dict[str, Any]]]


def _installs(**words: str) -> Said:
    return [
        (
            INSTALL,
            {"use": use.replace("_", "-"), "certificate": PEM.replace("\n", "\r\n")},
            "InstallCertificate",
            {"certificateType": word, "certificate": PEM},
        )
        for use, word in words.items()
    ]


DELETES: Said = [(DELETE, {"hash_data": CALLED}, "DeleteCertificate", {"certificateHashData": CALLED_SAYS})]
BRING = "certificate-signed"
OF_16: Said = [
    (BRING, {"chain": CHAIN.replace("\n", "\r\n")}, "CertificateSigned", {"certificateChain": CHAIN}),
    *_installs(csms_root="CentralSystemRootCertificate", manufacturer_root="ManufacturerRootCertificate"),
    (
        LIST,
        {"uses": ["csms-root"]},
        "GetInstalledCertificateIds",
        {"certificateType": "CentralSystemRootCertificate"},
    ),
    *DELETES,
]
OF_2: Said = [
    (BRING, {"chain": CHAIN}, "CertificateSigned", {"certificateChain": CHAIN}),
    (
        BRING,
        {"chain": CHAIN, "kind": "v2g"},
        "CertificateSigned",
        {"certificateChain": CHAIN, "certificateType": "V2GCertificate"},
    ),
    *_installs(
        csms_root="CSMSRootCertificate",
        manufacturer_root="ManufacturerRootCertificate",
        mo_root="MORootCertificate",
        v2g_root="V2GRootCertificate",
    ),
    (LIST, {}, "GetInstalledCertificateIds", {}),
    (
        LIST,
        {"uses": ["csms-root", "v2g-chain"]},
        "GetInstalledCertificateIds",
        {"certificateType": ["CSMSRootCertificate", "V2GCertificateChain"]},
    ),
    *DELETES,
]
OF_21: Said = [
    *_installs(oem_root="OEMRootCertificate"),
    (
        BRING,
        {"chain": CHAIN, "kind": "station", "request_id": 7},
        "CertificateSigned",
        {"certificateChain": CHAIN, "certificateType": "ChargingStationCertificate", "requestId": 7},
    ),
]
ANSWERS: dict[str | tuple[str, str], tuple[dict[str, Any], dict[str, Any]]] = {
    "GetInstalledCertificateIds": ({"status": "NotFound"}, {"status": "Rejected"}),
    "DeleteCertificate": (YES, {"status": "Failed"}),
}
