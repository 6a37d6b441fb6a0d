"""Certificates, asked for as no station should: unasked, for others, again and again (Q117)."""

import pytest

from csms.features.certificate_orders.queue import OrderQueue
from simulators.behaviour import Behaviour
from simulators.identity import Signing
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.signing import Office, office_of, order_at, orders
from tests.integration.wire import RawStation
from tests.papers import name as names
from tests.papers import new_key, request_for

office = office_of(certificates_per_day=2)


async def connected(office: Office, name: str, habit: Signing, version: str = "1.6") -> SimulatedStation:
    await office.house.register(name)
    station = office.house.simulated(name, version=version, behaviour=Behaviour(reconnect_s=0.05, signing=habit))
    station.certificate.organisation = "Test"
    await station.start()
    await eventually(station.connected.is_set)
    return station


@pytest.mark.covers("Q117", "SEC-40", "SEC-41")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_request_for_another_stations_certificate_is_rejected_and_told(office: Office, version: str) -> None:
    await office.house.http.post("/stations", json={"id": "SOMEBODY-ELSE"})  # by whichever of these comes first
    name = f"THIEF-{version}"
    station = await connected(office, name, Signing.WRONG_NAME, version)
    await station.certificate.request()
    await station.certificate.repeat()
    assert station.certificate.answers == ["Rejected", "Rejected"]
    (order,) = await orders(office.house, name)
    assert (order["stage"], order["reason"]) == ("denied", "another-station")
    assert "SOMEBODY-ELSE" in order["detail"]
    notices = (await office.house.http.get(f"/stations/{name}/notices")).json()["items"]
    (alarm,) = [one["review"] for one in notices if one["topic"] == "SignCertificate"]
    assert "SOMEBODY-ELSE" in alarm
    await station.stop()


@pytest.mark.covers("Q117", "SEC-45")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_requests_unasked_and_repeated_are_one_order(office: Office, version: str) -> None:
    name = f"EAGER-{version}"
    station = await connected(office, name, Signing.UNASKED, version)
    await order_at(office.house, name, "installed")
    await eventually(lambda: station.losses == 1 and station.connected.is_set())
    station.certificate.habit = Signing.REPEATS
    await station.certificate.request()
    await eventually(lambda: station.certificate.next is None)
    newest, _ = await orders(office.house, name)
    assert (newest["stage"], set(station.certificate.answers)) == ("installed", {"Accepted"})
    assert sum(action == "CertificateSigned" for action, _ in station.commands) == 2
    await station.stop()


@pytest.mark.covers("Q117", "SEC-44")
async def test_so_many_certificates_a_day_and_no_more(office: Office) -> None:
    name = "GREEDY"
    station = await connected(office, name, Signing.REFUSES)
    for expected in ("Accepted", "Accepted", "Rejected", "Rejected"):
        await station.certificate.request()
        assert station.certificate.answers[-1] == expected
        if expected == "Accepted":
            await order_at(office.house, name, "refused")
    found = await orders(office.house, name)
    assert [order["stage"] for order in found] == ["denied", "denied", "refused", "refused"]
    assert {order["reason"] for order in found[:2]} == {"too-many"}
    await station.stop()


@pytest.mark.covers("BOOT-05", "SEC-36", "Q117")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_pending_station_gets_a_certificate_when_it_is_asked_for_a_request(
    office: Office, version: str
) -> None:
    name = f"PENDING-{version}"
    csr = request_for(names(cn=name, o="Test"), new_key("EC"))
    await office.house.register(name, boot_policy="pending")
    async with RawStation(office.house, name, version) as station:
        assert await station.boot() == "Pending"
        if version == "2.0.1":
            assert (await station.say("SignCertificate", {"csr": csr}))[0] == 4, "unasked"
        asking = station.order(f"/stations/{name}/commands/request-certificate", {})
        await station.answer(await station.take(), {"status": "Accepted"})
        assert (await asking).status_code == 200
        assert await station.ask("SignCertificate", {"csr": csr}) == {"status": "Accepted"}
        command = await station.take()
        assert command[2] == "CertificateSigned"
        await station.answer(command, {"status": "Accepted"})
        await order_at(office.house, name, "installed")


async def test_what_is_over_before_its_station_is_back_is_not_brought(office: Office) -> None:
    await office.house.register("TOO-LATE")
    await office.house.node.pool.execute(
        """
        INSERT INTO certificate_orders (id, station_id, subject, stage, asked_at, changed_at, chain, due_at, not_after)
        VALUES ('late', 'TOO-LATE', '', 'issued', now(), now(), 'chain', now() + interval '1 day', now() - interval '1 second')
        """
    )
    await OrderQueue(office.house.node.pool).expire()
    order = await order_at(office.house, "TOO-LATE", "failed")
    assert order["reason"] == "expired"
