"""Who signs certificates of stations: nobody, somebody who was away, somebody elsewhere; and what a crash costs."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from csms.kit.x509 import load_request, read_certificates
from tests.est import est_server
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.signing import order_at, orders
from tests.integration.wire import RawStation
from tests.papers import Authority, name, new_key, request_for

ACTION = "SignCertificate"
StartHouse = Callable[..., Awaitable[House]]


def csr_of(called: str, organisation: str = "Test") -> str:
    return request_for(name(cn=called, o=organisation), new_key("EC"))


@pytest.mark.covers("SEC-40")
async def test_where_nobody_signs_requests_are_rejected(shared_house: House) -> None:
    await shared_house.register("NO-CA")
    async with RawStation(shared_house, "NO-CA") as station:
        await station.boot()
        assert await station.ask(ACTION, {"csr": csr_of("NO-CA")}) == {"status": "Rejected"}
        (order,) = await orders(shared_house, "no-ca")
        assert (order["stage"], order["reason"]) == ("denied", "no-authority")
    await shared_house.register("NO-CA-2")
    async with RawStation(shared_house, "NO-CA-2", "2.0.1") as station:
        await station.boot()
        said = await station.ask(ACTION, {"csr": csr_of("NO-CA-2"), "certificateType": "V2GCertificate"})
        assert said == {"status": "Rejected", "statusInfo": {"reasonCode": "NoAuthority"}}
    assert (await shared_house.http.get("/stations/NOBODY/certificate-orders")).status_code == 404


@pytest.mark.covers("SEC-40", "Q126")
async def test_what_was_accepted_is_signed_after_a_crash_and_brought_when_the_station_is_back(
    start_house: StartHouse, tmp_path: Path
) -> None:
    """The node that accepts does not sign; it is gone before one that does is there, and so is the station."""
    authority = Authority()
    certificate, key = authority.paper.files(tmp_path, "ca")
    first = await start_house(roles=["gateway", "api"], ca_certificate=certificate)
    await first.register("LATER")
    station = RawStation(first, "LATER")
    async with station:
        await station.boot()
        assert await station.ask(ACTION, {"csr": csr_of("LATER")}) == {"status": "Accepted"}
    await first.node.stop()
    second = await start_house(ca_certificate=certificate, ca_key=key)
    issued = await order_at(second, "LATER", "issued")
    assert issued["deliveries"] == 0
    async with RawStation(second, "LATER") as back:
        command = await back.take()
        assert command[3] == {"certificateChain": issued["chain"]}
        await back.answer(command, {"status": "Accepted"})
        assert (await order_at(second, "LATER", "installed"))["deliveries"] == 1
    secret = key.read_text().splitlines()[1]
    for table in ("journal", "certificate_orders", "outbox", "frames"):
        assert not [row for row in await second.node.pool.fetch(f"SELECT t::text FROM {table} t") if secret in row[0]]


@pytest.mark.covers("SEC-41")
async def test_an_authority_that_is_away_is_asked_again_and_everybody_can_see_why(
    start_house: StartHouse, tmp_path: Path
) -> None:
    authority = Authority()
    certificate, key = authority.paper.files(tmp_path, "ca")
    house = await start_house(ca_certificate=certificate, ca_key=key)
    key.rename(key.with_suffix(".away"))
    await house.register("PATIENT")
    async with RawStation(house, "PATIENT") as station:
        await station.boot()
        await station.ask(ACTION, {"csr": csr_of("PATIENT")})

        async def waits() -> bool:
            (order,) = await orders(house, "PATIENT")
            return order["stage"] == "asked" and "ca.key" in (order["detail"] or "")

        await eventually(waits)
        key.with_suffix(".away").rename(key)
        command = await asyncio.wait_for(station.take(), 15)
        assert command[2] == "CertificateSigned"
        await station.answer(command, {"status": "Accepted"})
        assert (await order_at(house, "PATIENT", "installed"))["tries"] >= 2


@pytest.mark.covers("SEC-41", "SEC-40")
async def test_an_authority_elsewhere_may_take_its_time(start_house: StartHouse, tmp_path: Path) -> None:
    with est_server(tmp_path) as est:
        house = await start_house(est_url=est.url, est_ca=tmp_path / "est-root.pem", est_user="we", est_password="x")
        answers = [(202, {"Retry-After": "1"}, b"")]
        est.enroll = lambda body: answers.pop() if answers else est.sign(body)
        for called in ("SLOW", "TWISTED"):
            await house.register(called)
            async with RawStation(house, called) as station:
                await station.boot()
                await station.ask(ACTION, {"csr": csr_of(called)})
                if called == "TWISTED":
                    break
                command = await asyncio.wait_for(station.take(), 15)
                leaf, above = read_certificates(command[3]["certificateChain"])
                assert (leaf.subject.common_names, above.subject.common_names) == (("SLOW",), ("Est",))
                await station.answer(command, {"status": "Accepted"})
                assert (await order_at(house, called, "installed"))["tries"] == 2
            other = request_for(name(cn="SLOW"), new_key("EC"))
            est.enroll = lambda _: est.sign(base64.b64encode(der_of(other)))  # noqa: B023
        failed = await order_at(house, "TWISTED", "failed")
        assert (failed["reason"], failed["chain"]) == ("doubtful", None)


def der_of(csr: str) -> bytes:
    return load_request(csr).public_bytes(serialization.Encoding.DER)


@pytest.mark.covers("SEC-41", "SEC-40")
async def test_only_who_signs_has_the_key_and_the_certificate_finds_its_station(
    start_house: StartHouse, tmp_path: Path
) -> None:
    certificate, key = Authority().paper.files(tmp_path, "ca")
    gateway = await start_house(roles=["gateway", "api"], ca_certificate=certificate)
    await start_house(roles=["worker", "api"], ca_certificate=certificate, ca_key=key)
    await gateway.register("APART")
    async with RawStation(gateway, "APART") as station:
        await station.boot()
        await station.ask(ACTION, {"csr": csr_of("APART")})
        command = await station.take()
        assert command[2] == "CertificateSigned"
        await station.answer(command, {"status": "Accepted"})
        await order_at(gateway, "APART", "installed")
