"""Firmware that simulated stations can install, and who signs it."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.conformance.scenes import Scene
from tests.eventually import eventually
from tests.integration.depot import firmware

KEY = ec.generate_private_key(ec.SECP256R1())
NEW = b"SIMULATED FIRMWARE 3.1.4\n" + bytes(range(256)) * 400
BROKEN = b"SIMULATED FIRMWARE BROKEN\n" + bytes(range(256)) * 4


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Simulators")])
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key()).serial_number(1)
    now = datetime.now(UTC)
    signed = built.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(KEY, SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


def signature(image: bytes) -> str:
    return base64.b64encode(KEY.sign(image, ec.ECDSA(SHA256()))).decode()


def signed(image: bytes) -> dict[str, str]:
    return {"signature": signature(image), "signing_certificate": certificate()}


async def kept(scene: Scene, image: bytes, **more: Any) -> str:
    """Keep an image and return its id."""
    return await firmware(scene.house, image, **more)


async def errand(scene: Scene) -> dict[str, Any]:
    """Return the last errand of a station, with all that was told of it."""
    listed = await scene.house.http.get("/errands", params={"station": scene.station.station, "limit": 1})
    (found,) = listed.json()["items"]
    return dict((await scene.house.http.get(f"/errands/{found['id']}")).json())


async def ended(scene: Scene, status: str) -> dict[str, Any]:
    """Return the last errand once the station told this of it."""

    async def look() -> dict[str, Any] | None:
        found = await errand(scene)
        return found if found["status"] == status else None

    return dict(await eventually(look))


def told(found: dict[str, Any]) -> list[str]:
    return [progress["status"] for progress in found["progress"]]
