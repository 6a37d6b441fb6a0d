"""What operators ask of stations about their certificates, and certificates that they bring themselves."""

from typing import Any

import httpx
import pytest

from simulators.behaviour import Behaviour
from tests.integration.signing import Office, office_of, order_at
from tests.integration.wire import RawStation
from tests.papers import EXPIRED, Authority, name, new_key, request_for, rsa_key

ACTION = "SignCertificate"


office = office_of(call_timeout_s=1)


@pytest.mark.covers("16-SEC-03")
async def test_many_are_asked_for_requests_at_once(office: Office) -> None:
    stations = []
    for called, version in (("MANY-16", "1.6"), ("MANY-20", "2.0.1")):
        stations.append(await office.started(called, version=version, behaviour=Behaviour(reconnect_s=0.05)))
    body = {"command": "request-certificate", "selection": {"ids": ["MANY-16", "MANY-20"]}}
    answer = await office.house.http.post("/operations", json=body)
    assert answer.status_code == 202, answer.text
    for station in stations:
        await order_at(office.house, station.station, "installed")
        await station.stop()
    metrics = office.house.node.metrics.registry
    assert metrics.get_sample_value("csms_certificate_orders", {"stage": "asked"}) is not None


async def delivered(office: Office, called: str, chain: str, **more: Any) -> httpx.Response:
    return await office.house.http.post(
        f"/stations/{called}/commands/certificate-signed", json={"chain": chain, **more}
    )


@pytest.mark.covers("SEC-42", "16-SEC-01")
async def test_what_is_no_certificate_of_the_station_is_refused_before_anything_is_sent(office: Office) -> None:
    called, key = "PICKY", new_key("EC")
    await office.house.register(called)
    root = Authority()
    middle = Authority(called="Middle", above=root)
    good = middle.issue(name(cn=called, o="Test"), key)
    bad = {
        "readable": "not PEM at all",
        "order": middle.pem + good.pem,
        "issued": good.pem + Authority(called="Middle").pem,
        "key": middle.issue(name(cn=called, o="Test")).chain,
        "ended": middle.issue(name(cn=called, o="Test"), key, **EXPIRED).chain,
        "bits": middle.issue(name(cn=called, o="Test"), rsa_key(1024)).chain,
        "long": good.pem + middle.pem * 30,
    }
    async with RawStation(office.house, called) as station:
        await station.boot()
        await station.ask(ACTION, {"csr": request_for(name(cn=called, o="Test"), key)})
        for what, chain in bad.items():
            answer = await delivered(office, called, chain)
            assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "/chain"), what
        assert (await delivered(office, called, good.chain, kind="v2g")).json()["errors"][0]["path"] == "/kind"


@pytest.mark.covers("16-SEC-03", "16-SEC-04", "SEC-42")
@pytest.mark.parametrize("door", ["command", "raw"])
async def test_a_certificate_that_an_operator_brings_is_that_of_the_order(office: Office, door: str) -> None:
    called, key = f"BY-HAND-{door}", new_key("EC")
    await office.house.register(called)
    paper = Authority().issue(name(cn=called, o="Test"), key)
    async with RawStation(office.house, called) as station:
        await station.boot()
        await station.ask(ACTION, {"csr": request_for(name(cn=called, o="Test"), key)})
        await station.refuse(await station.take(), "InternalError", "not now", {})
        await order_at(office.house, called, "refused")
        path, body = f"/stations/{called}/ocpp/CertificateSigned", {"certificateChain": paper.pem}
        if door == "command":
            path, body = f"/stations/{called}/commands/certificate-signed", {"chain": paper.pem.replace("\n", "\r\n")}
        asking = station.order(path, body)
        command = await station.take()
        assert command[3] == {"certificateChain": paper.pem}
        await station.answer(command, {"status": "Accepted"})
        assert (await asking).json()["verdict"] == "Accepted"
        order = await order_at(office.house, called, "installed")
        assert (order["serial"], order["chain"]) == (paper.serial, paper.pem)


async def test_one_certificate_is_not_brought_to_many(office: Office) -> None:
    await office.house.register("ONE-OF-MANY")
    body = {
        "command": "certificate-signed",
        "selection": {"ids": ["ONE-OF-MANY"]},
        "body": {"chain": Authority().station("X").pem},
    }
    answer = await office.house.http.post("/operations", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "/body/chain"), answer.text


@pytest.mark.covers("16-SEC-11", "SEC-31")
@pytest.mark.parametrize(("told", "path"), [("Test Ltd", None), ("Nobody", ""), ("", ""), (None, None)])
async def test_an_operator_is_warned_of_a_request_that_will_be_denied(
    office: Office, told: str | None, path: str | None
) -> None:
    called = f"WARNED-{told}".replace(" ", "-")
    await office.house.register(called)
    async with RawStation(office.house, called) as station:
        await station.boot()
        if told is not None:
            reading = station.order(f"/stations/{called}/commands/get-variables", {})
            key = {"key": "CpoName", "readonly": False, "value": told}
            await station.answer(await station.take(), {"configurationKey": [key]})
            await reading
        asking = station.order(f"/stations/{called}/commands/request-certificate", {})
        await station.answer(await station.take(), {"status": "Accepted"})
        warnings = (await asking).json()["warnings"]
        assert [one["path"] for one in warnings] == ([] if path is None else [path])
