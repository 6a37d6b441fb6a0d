"""OCPP 1.6, certificates that charge points are sent, tell of and forget; cases of a central system by number."""

from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from simulators.behaviour import Behaviour
from tests.conformance.scenes import Scene, Stage
from tests.eventually import eventually
from tests.papers import Authority

WORDS = {"csms-root": "CentralSystemRootCertificate", "manufacturer-root": "ManufacturerRootCertificate"}
ROOT = Authority(called="Certified Root")


async def known(scene: Scene) -> list[dict[str, Any]]:
    """Return what is known of the certificates of a station."""
    answer = await scene.house.http.get(f"{scene.address}/certificates")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["certificates"])


async def install(scene: Scene, use: str, pem: str = ROOT.pem, **more: Any) -> dict[str, Any]:
    return await scene.command("install-certificate", use=use, certificate=pem, **more)


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("manufacturer-root", marks=pytest.mark.covers("TC_075_1", "16-SEC-05", "SEC-53", "16-SEC-01")),
        pytest.param("csms-root", marks=pytest.mark.covers("TC_075_2", "16-SEC-05", "SEC-48", "16-SEC-01")),
    ],
)
async def test_075_install_certificate(stage: Stage, use: str) -> None:
    scene = await stage.booted()
    assert await install(scene, use, ROOT.pem.replace("\n", "\r\n")) == {"status": "Accepted"}
    sent = scene.orders("InstallCertificate")[0].payload
    assert sent == {"certificateType": WORDS[use], "certificate": ROOT.pem}
    told = await scene.command("get-installed-certificates", uses=[use])
    assert scene.orders("GetInstalledCertificateIds")[0].payload == {"certificateType": WORDS[use]}
    (hashes,) = told["certificateHashData"]
    (one,) = await known(scene)
    assert {name: one[name] for name in ("use", "subject", "fingerprint")} == {
        "use": use,
        "subject": "O=Test,CN=Certified Root",
        "fingerprint": sha256(ROOT.paper.certificate.public_bytes(Encoding.DER)).hexdigest(),
    }
    assert [one["hash_algorithm"], one["issuer_name_hash"], one["issuer_key_hash"], one["serial_number"]] == [
        *hashes.values()
    ]
    assert one["told_at"] > one["installed_at"]


@pytest.mark.covers("TC_076", "16-SEC-06", "SEC-50", "16-SEC-01")
@pytest.mark.parametrize("habits", [(), ("sha384", "upper", "zeros"), ("sha512", "zeros")], ids=str)
async def test_076_delete_certificate(stage: Stage, habits: tuple[str, ...]) -> None:
    scene = await stage.booted(behaviour=Behaviour(trust=habits))
    await install(scene, "manufacturer-root")
    told = await scene.command("get-installed-certificates", uses=["manufacturer-root"])
    (one,) = await known(scene)
    assert one["subject"] == "O=Test,CN=Certified Root"
    assert await scene.command("delete-certificate", id=one["id"]) == {"status": "Accepted"}
    (hashes,) = told["certificateHashData"]
    assert scene.orders("DeleteCertificate")[0].payload == {"certificateHashData": hashes}
    assert (len(scene.station.trust), await known(scene)) == (0, [])
    told = await scene.command("get-installed-certificates", uses=["manufacturer-root"])
    assert told == {"status": "NotFound"}


@pytest.mark.covers("TC_078", "16-SEC-05", "16-SEC-01")
async def test_078_install_certificate_rejected(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(trust=("reject",)))
    told = await scene.attempt("install-certificate", use="csms-root", certificate=ROOT.pem)
    assert (told["answer"], told["verdict"]) == ({"status": "Rejected"}, "Refused")
    assert (await scene.answered("SecurityEventNotification")).result == {}

    async def event() -> Any:
        return (await scene.house.http.get(f"{scene.address}/security-events")).json()["items"]

    (kept,) = await eventually(event)
    assert kept["type"] == "InvalidCentralSystemCertificate"
    assert await known(scene) == []
    await scene.is_still_there()
