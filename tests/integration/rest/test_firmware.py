"""Firmware that operators keep, held against what they say of it."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from csms.kit.signatures import fault_of
from tests.integration.conftest import House
from tests.integration.depot import IMAGE, firmware

KEYS: dict[str, Any] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ecdsa": ec.generate_private_key(ec.SECP256R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def certificate(key: Any) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Vendor")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(7).not_valid_before(datetime.now(UTC)).not_valid_after(datetime.now(UTC) + timedelta(1))
    signed = built.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def signature(way: str, body: bytes) -> str:
    match way:
        case "rsa-pss":
            raw = KEYS["rsa"].sign(body, padding.PSS(padding.MGF1(SHA256()), padding.PSS.MAX_LENGTH), SHA256())
        case "rsa-pkcs1":
            raw = KEYS["rsa"].sign(body, padding.PKCS1v15(), SHA256())
        case _:
            raw = KEYS["ecdsa"].sign(body, ec.ECDSA(SHA256()))
    return base64.b64encode(raw).decode()


WAYS = ["rsa-pss", "rsa-pkcs1", "ecdsa"]


@pytest.mark.covers("SEC-64")
@pytest.mark.parametrize("way", WAYS)
def test_a_signature_is_good_for_its_file_and_key_alone(way: str) -> None:
    owner = certificate(KEYS[way.partition("-")[0]])
    other = certificate(KEYS["ecdsa" if way.startswith("rsa") else "rsa"])
    told, digest = signature(way, IMAGE), hashlib.sha256(IMAGE).digest()
    assert fault_of(told, owner, digest) is None
    assert "not that of this file" in str(fault_of(told, owner, hashlib.sha256(b"x").digest()))
    assert fault_of(told, other, digest) is not None
    assert fault_of("!", owner, digest) == "the signature is not base64"
    assert fault_of(told, "no certificate", digest) == "the certificate is not readable PEM"
    assert "neither" in str(fault_of(told, certificate(KEYS["ed25519"]), digest))


@pytest.mark.covers("SEC-64")
@pytest.mark.parametrize("way", WAYS)
async def test_a_firmware_is_kept_if_it_is_what_was_announced(shared_house: House, way: str) -> None:
    signed = {"signature": signature(way, IMAGE), "signing_certificate": certificate(KEYS[way.partition("-")[0]])}
    digest = hashlib.sha256(IMAGE).hexdigest()
    image = await firmware(shared_house, sha256=digest.upper(), vendor="Vendor", model="One", **signed)
    told = (await shared_house.http.get(f"/firmware/{image}")).json()
    assert (told["whole"], told["sha256"], told["size_bytes"]) == (True, digest, len(IMAGE))
    assert told["signature"] == signed["signature"]
    assert (await shared_house.http.get(f"/firmware/{image}/content")).content == IMAGE
    listed = (
        await shared_house.http.get("/firmware", params={"vendor": "vendor", "model": "one", "limit": 500})
    ).json()
    assert image in [one["id"] for one in listed["items"]]
    again = await shared_house.http.put(f"/firmware/{image}/content", content=b"other")
    assert again.status_code == 409


@pytest.mark.covers("SEC-64")
@pytest.mark.parametrize("wrong", ["sha256", "signature"])
async def test_what_is_not_as_announced_is_not_kept(shared_house: House, wrong: str) -> None:
    announced: dict[str, Any] = {"name": "fw.bin", "sha256": "0" * 64}
    if wrong == "signature":
        announced = {"name": "fw.bin", "signature": signature("ecdsa", b"other")}
        announced["signing_certificate"] = certificate(KEYS["ecdsa"])
    image = (await shared_house.http.post("/firmware", json=announced)).json()["id"]
    answer = await shared_house.http.put(f"/firmware/{image}/content", content=IMAGE)
    assert answer.status_code == 422, answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [f"/{wrong}"]
    assert (await shared_house.http.get(f"/firmware/{image}")).json()["whole"] is False
    assert (await shared_house.http.get(f"/firmware/{image}/content")).status_code == 404
    assert not [one async for one in shared_house.node.objects.list(f"firmware/{image}")]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "/name"),
        ({"name": "../x"}, "/name"),
        ({"name": "fw.", "version": "1"}, "/name"),
        ({"name": "fw", "sha256": "xyz"}, "/sha256"),
        ({"name": "fw", "signature": "c2ln"}, "/signing_certificate"),
        ({"name": "fw", "signing_certificate": "c"}, "/signature"),
        ({"name": "fw", "size": 1}, "/size"),
    ],
)
async def test_a_bad_announcement_is_refused_at_its_member(shared_house: House, body: Any, path: str) -> None:
    answer = await shared_house.http.post("/firmware", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [path]


async def test_a_large_firmware_passes_in_pieces_and_one_too_large_is_refused(start_house: Any) -> None:
    house = await start_house(files_max_mb=3)
    for size, status in ((3 * 1_048_576, 200), (3 * 1_048_576 + 1, 413), (0, 422)):
        image = (await house.http.post("/firmware", json={"name": "fw.bin"})).json()["id"]
        headers = {"Idempotency-Key": f"upload-{size}"}
        answer = await house.http.put(f"/firmware/{image}/content", content=b"x" * size, headers=headers)
        assert answer.status_code == status, answer.text


async def test_files_are_read_and_removed_by_those_with_a_key_alone(house: House) -> None:
    for path in ("/files", "/files/x", "/files/x/content", "/firmware", "/firmware/x/content"):
        assert (await house.http.get(path, headers={"X-API-Key": "nobody's"})).status_code == 401, path
        assert (await house.http.get(path)).status_code == (404 if "/x" in path else 200), path
    for path in ("/files/x", "/firmware/x"):
        assert (await house.http.delete(path)).status_code == 404
