"""How real stacks knock, prove who they are and keep their lines: each of these habits was seen on the wire."""

import asyncio
import base64
import socket
import ssl
from typing import Any

import pytest

from csms.kit.passwords import hash_password
from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenSecure
from tests.unit.gateway.peer import PING, PONG, Peer, request
from tests.unit.gateway.rig import Doors

KEY = bytes(range(190, 210))
DEFLATE = "permessage-deflate; client_max_window_bits"


@pytest.mark.covers("W26")
@pytest.mark.parametrize(
    ("offer", "echoed", "version"),
    [
        ("ocpp2.1, ocpp2.0.1", "ocpp2.1", "2.1"),
        ("ocpp2.1, ocpp2.0.1, ocpp1.6", "ocpp2.1", "2.1"),
        (["ocpp2.1", "ocpp2.0.1", "ocpp1.6"], "ocpp2.1", "2.1"),
        ("ocpp2.0.1,ocpp1.6", "ocpp2.0.1", "2.0.1"),
        ("ocpp3.0, ocpp2.0.1, ocpp1.6", "ocpp2.0.1", "2.0.1"),
    ],
)
async def test_of_several_versions_the_favourite_that_we_know_is_echoed_alone(
    doors: Doors, offer: str | list[str], echoed: str, version: str
) -> None:
    peer = await doors.station(offer=offer)
    assert peer.head.lower().count("sec-websocket-protocol:") == 1
    assert peer.headers["sec-websocket-protocol"] == echoed
    assert doors.house.ears.line.version.value.removeprefix("ocpp") == version


@pytest.mark.covers("W27")
@pytest.mark.parametrize("header", ["Authorization", "authorization"])
@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (KEY.hex().encode(), KEY),
        (KEY.hex().encode(), KEY.hex().encode()),
        (KEY.hex().encode(), KEY.hex().upper().encode()),
        (KEY.hex().upper().encode(), KEY),
        (b"only-a-plain-text-it-is", b"only-a-plain-text-it-is"),
    ],
    ids=["bytes", "hex", "large hex", "bytes of large hex", "text"],
)
async def test_a_key_is_good_in_every_form_whatever_letters_its_header_has(
    doors: Doors, header: str, kept: bytes, said: bytes
) -> None:
    doors.registry.add("CP-KEY", security_profile=1, password_hash=hash_password(kept))
    for password, status in ((said, 101), (said[:-1], 401)):
        proof = "Basic " + base64.b64encode(b"CP-KEY:" + password).decode()
        assert (await doors.ask("/CP-KEY", **{header: proof})).status == status


@pytest.mark.covers("W28")
@pytest.mark.parametrize("offer", ["ocpp1.6", "ocpp2.0.1"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "127.0.0.1"},
        {"Host": "central.example.com", "Origin": "http://central.example.com"},
        {"Sec_WebSocket_Extensions": DEFLATE},
        {"Host": "h", "Origin": "null", "Sec_WebSocket_Extensions": f"{DEFLATE}, x-webkit-deflate-frame"},
    ],
    ids=["no port", "origin", "deflate", "all"],
)
async def test_whatever_a_library_adds_to_its_request_the_station_comes_in_and_its_pings_are_answered(
    doors: Doors, headers: dict[str, Any], offer: str
) -> None:
    peer = await doors.station("//CP-1", offer=offer, **headers)
    assert [name for name, _ in doors.house.guests] == ["CP-1"]
    for seconds in range(0, 60, 5):
        doors.pass_time(5)
        peer.send(f"{seconds}", first=PING)
        while (answer := await peer.frame()) == (PING, b""):  # one of ours
            pass
        assert answer == (PONG, f"{seconds}".encode())
    assert await peer.call() == [3, "hb", {}]


@pytest.mark.covers("W29", "Q11")
@pytest.mark.parametrize("delay_s", [1, 3, 20, 30, 60])
async def test_a_station_is_let_in_again_after_whatever_delay_and_as_often_as_it_comes(
    doors: Doors, delay_s: int
) -> None:
    for _ in range(20):
        peer = await doors.station()
        assert await peer.call() == [3, "hb", {}]
        peer.writer.transport.abort()
        await eventually(lambda: len(doors.listener) == 0)
        doors.pass_time(delay_s)
    assert doors.outcome("accepted") == 20


@pytest.mark.covers("W30")
@pytest.mark.parametrize("checks", [True, False])
async def test_a_station_that_knows_our_root_and_one_that_checks_nothing_come_in(
    open_secure: OpenSecure, *, checks: bool
) -> None:
    secure = await open_secure()
    trust = secure.client()
    if not checks:
        trust = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    peer = await secure.dial(trust)
    peer.write(request())
    assert await peer.read_head() == 101
    assert await peer.call() == [3, "hb", {}]


@pytest.mark.covers("W30")
async def test_a_station_that_checks_and_does_not_know_our_root_stays_away_and_may_come_once_it_does(
    open_secure: OpenSecure,
) -> None:
    secure = await open_secure()

    def dial() -> None:
        trust = ssl.create_default_context(cadata=secure.strangers.pem)
        with socket.create_connection(("127.0.0.1", secure.listener.port)) as dialled:
            trust.wrap_socket(dialled, server_hostname="localhost")

    for n in range(1, 4):
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(dial)
        await eventually(lambda n=n: secure.doors.outcome("we-are-not-trusted") == n)
    assert secure.doors.house.guests == []
    peer: Peer = await secure.ask()
    assert peer.status == 101
