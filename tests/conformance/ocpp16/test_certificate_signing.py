"""OCPP 1.6, the certificates of charge points; cases of a central system by number."""

import pytest

from csms.kit.x509 import read_certificates
from simulators.behaviour import Behaviour
from simulators.identity import Signing
from tests.conformance.scenes import Scene
from tests.eventually import eventually
from tests.integration.signing import Office, office_of, order_at, orders

office = office_of()


async def secure_scene(office: Office, name: str, *, kind: str = "EC", **more: object) -> Scene:
    await office.house.register(name, security_profile=3)
    station = office.secure(name, behaviour=Behaviour(reconnect_s=0.05, **more))  # type: ignore[arg-type]
    station.certificate.kind = kind
    scene = Scene(office.house, station)
    await station.start()
    await eventually(station.connected.is_set)
    return scene


@pytest.mark.covers("TC_074", "16-SEC-03", "SEC-40", "SEC-42", "SEC-46", "16-SEC-01")
@pytest.mark.parametrize("kind", ["RSA", "EC"])
async def test_074_update_charge_point_certificate(office: Office, kind: str) -> None:
    name = f"CP-074-{kind}"
    scene = await secure_scene(office, name, kind=kind)
    before = office.shown_by(name)
    assert await scene.command("request-certificate") == {"status": "Accepted"}
    assert scene.orders("ExtendedTriggerMessage")[0].payload == {"requestedMessage": "SignChargePointCertificate"}
    assert (await scene.answered("SignCertificate")).result == {"status": "Accepted"}
    order = await order_at(office.house, name, "installed")
    (brought,) = scene.orders("CertificateSigned")
    leaf, above = read_certificates(brought.payload["certificateChain"])
    assert (leaf.key.kind, leaf.subject.common_names, above.subject.common_names) == (kind, (name,), ("Issuing",))
    assert (order["key_kind"], order["serial"], order["status"]) == (kind, leaf.serial, "Accepted")
    await eventually(lambda: (shown := office.shown_by(name)) is not None and shown.serial == leaf.serial)
    await eventually(scene.station.connected.is_set)
    assert before is not None
    assert before.serial != leaf.serial
    await scene.prove()
    await scene.station.stop()
    old = office.secure(name)
    await old.start()
    await eventually(old.connected.is_set)  # its old certificate counts until it expires
    await old.stop()


@pytest.mark.covers("TC_077", "16-SEC-04", "SEC-44")
async def test_077_invalid_charge_point_certificate(office: Office) -> None:
    name = "CP-077"
    scene = await secure_scene(office, name, signing=Signing.REFUSES)
    assert await scene.command("request-certificate") == {"status": "Accepted"}
    assert (await scene.answered("SignCertificate")).result == {"status": "Accepted"}
    assert (await scene.answered("SecurityEventNotification")).result == {}
    assert scene.calls("SecurityEventNotification")[0].payload["type"] == "InvalidChargePointCertificate"
    order = await order_at(office.house, name, "refused")
    assert order["status"] == "Rejected"
    assert order["disputed_at"] is not None
    events = (await office.house.http.get(f"/stations/{name}/security-events")).json()["items"]
    assert [event["type"] for event in events] == ["InvalidChargePointCertificate"]
    await scene.station.certificate.request()  # whoever looks for work finds the new order, and nothing of the old one
    await eventually(lambda: len(scene.orders("CertificateSigned")) == 2)
    assert [one["stage"] for one in (await orders(office.house, name))][1:] == ["refused"]
    assert scene.station.losses == 0
    await scene.prove()
