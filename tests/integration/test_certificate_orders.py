"""Certificate orders: what becomes of them, whatever happens on the way."""

from typing import Any

import pytest

from simulators.behaviour import Behaviour
from simulators.identity import Signing
from tests.eventually import eventually
from tests.integration.signing import Office, office_of, order_at, orders
from tests.integration.wire import RawStation
from tests.papers import name, new_key, request_for

ACTION = "SignCertificate"


office = office_of(call_timeout_s=1)


def csr_of(called: str, organisation: str = "Test") -> str:
    return request_for(name(cn=called, o=organisation), new_key("EC"))


@pytest.mark.covers("SEC-40", "SEC-42", "V21-GEN-05")
@pytest.mark.parametrize(
    ("version", "said", "told"),
    [
        ("1.6", {}, {}),
        ("2.0.1", {"certificateType": "ChargingStationCertificate"}, {"certificateType": "ChargingStationCertificate"}),
        ("2.0.1", {}, {}),
        (
            "2.1",
            {"certificateType": "ChargingStationCertificate", "requestId": 77},
            {"certificateType": "ChargingStationCertificate", "requestId": 77},
        ),
    ],
)
async def test_what_a_request_named_comes_back_with_the_certificate(
    office: Office, version: str, said: dict[str, Any], told: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    called = f"ECHO-{version}-{len(said)}"
    await office.house.register(called)
    async with RawStation(office.house, called, version) as station:
        await station.boot()
        assert await station.ask(ACTION, {"csr": csr_of(called), **said}) == {"status": "Accepted"}
        assert station.commands == [], "it is answered first"
        command = await station.take()
        assert command[2] == "CertificateSigned"
        assert {key: value for key, value in command[3].items() if key != "certificateChain"} == told
        await station.answer(command, {"status": "Accepted"})
        order = await order_at(office.house, called, "installed")
        assert order["chain"] == command[3]["certificateChain"]


@pytest.mark.covers("TC_A_11", "SEC-42", "SEC-46")
@pytest.mark.parametrize("kind", ["RSA", "EC"])
async def test_a_station_of_2_0_1_comes_back_with_its_new_certificate(office: Office, kind: str) -> None:
    called = f"CS-A-11-{kind}"
    station = await office.started(called, kind=kind, version="2.0.1", behaviour=Behaviour(reconnect_s=0.05))
    answer = await office.house.http.post(f"/stations/{called}/commands/request-certificate", json={})
    assert answer.json()["verdict"] == "Accepted", answer.text
    order = await order_at(office.house, called, "installed")
    assert (order["kind"], order["key_kind"]) == ("station", kind)
    await eventually(lambda: (shown := office.shown_by(called)) is not None and shown.serial == order["serial"])
    await station.stop()


@pytest.mark.covers("TC_A_14", "SEC-44")
async def test_a_station_of_2_0_1_disputes_its_new_certificate(office: Office) -> None:
    called = "CS-A-14"
    station = await office.started(called, version="2.0.1", behaviour=Behaviour(signing=Signing.REFUSES))
    await station.certificate.request()

    async def disputed() -> bool:
        (order,) = await orders(office.house, called)
        return order["stage"] == "refused" and order["disputed_at"] is not None

    await eventually(disputed)
    assert station.losses == 0
    await station.stop()


@pytest.mark.covers("SEC-45")
async def test_the_same_request_is_signed_once_and_brought_again_only_where_nobody_knows(office: Office) -> None:
    called, csr = "SAME", csr_of("SAME")
    await office.house.register(called)
    async with RawStation(office.house, called) as station:
        await station.boot()
        for _ in range(3):
            assert await station.ask(ACTION, {"csr": csr}) == {"status": "Accepted"}
        first = await station.take()
        assert await station.ask(ACTION, {"csr": csr}) == {"status": "Accepted"}
        waiting = await order_at(office.house, called, "issued")
        assert (waiting["detail"], waiting["deliveries"]) == ("TimedOut", 1)
        assert await station.ask(ACTION, {"csr": csr}) == {"status": "Accepted"}
        second = await station.take()
        assert second[3] == first[3]
        await station.answer(second, {"status": "Accepted"})
        order = await order_at(office.house, called, "installed")
    assert (order["repeats"], len(await orders(office.house, called))) == (4, 1)


@pytest.mark.covers("SEC-44", "Q40")
async def test_a_certificate_that_a_station_does_not_know_what_to_do_with_is_not_sent_again(office: Office) -> None:
    called = "CLUELESS"
    await office.house.register(called)
    async with RawStation(office.house, called) as station:
        await station.boot()
        await station.ask(ACTION, {"csr": csr_of(called)})
        await station.refuse(await station.take(), "NotImplemented", "what?", {})
        order = await order_at(office.house, called, "refused")
        assert (order["reason"], order["detail"], order["deliveries"]) == ("error", "NotImplemented: what?", 1)


@pytest.mark.covers("SEC-42")
async def test_a_chain_that_is_longer_than_a_station_takes_is_not_sent(office: Office) -> None:
    called = "NARROW"
    await office.house.register(called)
    async with RawStation(office.house, called) as station:
        await station.boot()
        reading = station.order(f"/stations/{called}/commands/get-variables", {})
        key = {"key": "CertificateSignedMaxChainSize", "readonly": True, "value": "1000"}
        await station.answer(await station.take(), {"configurationKey": [key]})
        await reading
        await station.ask(ACTION, {"csr": csr_of(called)})
        order = await order_at(office.house, called, "failed")
        assert order["reason"] == "chain-too-long"
        assert await station.unasked()


@pytest.mark.covers("SEC-48", "Q117")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_station_that_asks_unasked_and_with_other_line_ends_is_served(office: Office, version: str) -> None:
    called = f"CRLF-{version}"
    await office.house.register(called)
    station = office.house.simulated(
        called, version=version, behaviour=Behaviour(reconnect_s=0.05, signing=Signing.CRLF)
    )
    station.certificate.organisation = "Test"
    await station.start()
    await eventually(station.connected.is_set)
    await station.certificate.request()
    await order_at(office.house, called, "installed")
    assert station.certificate.now is not None
    assert "\r\n" in station.certificate.now.csr
    await station.stop()


@pytest.mark.covers("SEC-37", "SEC-31")
async def test_where_the_subject_does_not_count_a_test_tool_gets_its_certificate(office: Office) -> None:
    for called, lenient in (("TOOL-1", False), ("TOOL-2", True)):
        await office.house.register(called, any_subject=lenient)
        async with RawStation(office.house, called) as station:
            await station.boot()
            assert await station.ask(ACTION, {"csr": "no request at all"}) == {"status": "Rejected"}
            status = (await station.ask(ACTION, {"csr": csr_of("OCTT", "Nobody")}))["status"]
            assert status == ("Accepted" if lenient else "Rejected")
            if lenient:
                await station.answer(await station.take(), {"status": "Accepted"})
                await order_at(office.house, called, "installed")


@pytest.mark.covers("SEC-44", "SEC-40")
@pytest.mark.parametrize(
    ("outcome", "deliveries", "stage"),
    [
        (None, 1, "issued"),
        (None, 3, "unanswered"),
        ("TimedOut", 2, "issued"),
        ("Offline", 3, "issued"),
        ("Error", 1, "refused"),
        ("Answered", 1, "unanswered"),
    ],
)
async def test_what_a_worker_was_sending_when_it_died_is_taken_up_by_another(
    office: Office, outcome: str | None, deliveries: int, stage: str
) -> None:
    called, pool = f"ORPHAN-{outcome}-{deliveries}", office.house.node.pool
    await office.house.register(called)
    await pool.execute(
        """
        INSERT INTO certificate_orders (id, station_id, subject, stage, asked_at, changed_at, chain, call_id, deliveries, held_until)
        VALUES ($1, $1, '', 'sent', now(), now(), 'chain', $1, $2, now() - interval '1 second')
        """,
        *(called, deliveries),
    )
    if outcome is not None:
        call = "INSERT INTO station_calls (id, station_id, action, payload, asked_at, outcome) VALUES ($1, $1, 'X', '{}', now(), $2)"
        await pool.execute(call, called, outcome)
    order = await order_at(office.house, called, stage)
    assert order["deliveries"] == deliveries - (outcome == "Offline")
