"""The opening handshake over real sockets: every refusal has an answer, a line and a count, and leaves nothing."""

import base64
from typing import Any

import pytest
from structlog.testing import capture_logs

from csms.kit.passwords import hash_password
from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenDoors
from tests.unit.gateway.peer import request
from tests.unit.gateway.rig import Doors

PASSWORD = b"correct-horse-battery"
HASHED = hash_password(PASSWORD)


def basic(user: bytes, password: bytes) -> str:
    return "Basic " + base64.b64encode(user + b":" + password).decode()


def guard(doors: Doors) -> None:
    """Register a station for each security profile but 3."""
    doors.registry.add("CP-BASIC", security_profile=1, password_hash=HASHED)
    doors.registry.add("CP-TLS", security_profile=2, password_hash=HASHED)
    doors.registry.add("a:b", security_profile=1, password_hash=HASHED)


REFUSALS: list[tuple[str, dict[str, Any], int, str]] = [
    ("/NOBODY", {}, 404, "unknown-station"),
    ("/", {}, 404, "bad-path"),
    ("", {}, 404, "bad-path"),
    ("/CP%252F1", {}, 404, "bad-path"),
    ("/CP%00", {}, 404, "bad-path"),
    ("/CP%0A1", {}, 404, "bad-path"),
    ("/" + "x" * 300, {}, 404, "bad-path"),
    ("/CP-1", {"offer": "ocpp0.1"}, 400, "subprotocol"),
    ("/CP-BASIC", {}, 401, "credentials"),
    ("/CP-BASIC", {"Authorization": basic(b"CP-BASIC", b"wrong")}, 401, "credentials"),
    ("/CP-BASIC", {"Authorization": basic(b"CP-BASICInvalid", PASSWORD)}, 401, "credentials"),
    ("/CP-BASIC", {"Authorization": "Basic !!!"}, 401, "credentials"),
    ("/CP-TLS", {"Authorization": basic(b"CP-TLS", PASSWORD)}, 403, "profile"),
    ("/CP-1", {"drop": "Upgrade"}, 426, "no-upgrade"),
    ("/CP-1", {"drop": "Connection"}, 426, "malformed"),
    ("/CP-1", {"Sec_WebSocket_Version": "8"}, 400, "malformed"),
    ("/CP-1", {"Sec_WebSocket_Key": "short"}, 400, "malformed"),
]


@pytest.mark.parametrize(("path", "headers", "status", "outcome"), REFUSALS)
@pytest.mark.covers("J-03", "J-10", "Q5", "Q6", "Q7", "Q19", "Q20", "L14")
async def test_a_refusal_is_answered_told_and_counted_and_leaves_nothing(
    doors: Doors, path: str, headers: dict[str, Any], status: int, outcome: str
) -> None:
    guard(doors)
    with capture_logs() as lines:
        peer = await doors.ask(path, **headers)
        await peer.ended()
    assert peer.status == status
    (line,) = [line for line in lines if line["event"] == "handshake_refused"]
    assert (line["outcome"], line["status"], line["remote"]) == (outcome, status, "127.0.0.1")
    assert line["path"] == path[:200]
    assert doors.outcome(outcome) == 1
    assert doors.outcome("accepted") == 0
    assert not doors.house.guests
    assert not doors.frames.frames
    assert doors.count("csms_connections") == 0
    peer.writer.close()
    await eventually(lambda: len(doors.listener) == 0)


async def test_a_refused_password_asks_for_one_and_an_upgrade_is_named(doors: Doors) -> None:
    guard(doors)
    assert (await doors.ask("/CP-BASIC")).headers["www-authenticate"].startswith("Basic")
    assert (await doors.ask(drop="Upgrade")).headers["upgrade"] == "websocket"


@pytest.mark.parametrize(
    ("sent", "status", "outcome"),
    [
        (b"POST\r\n\r\n", 400, "malformed"),
        (b"GET /CP-1\r\n\r\n", 400, "malformed"),
        (b"GET /CP-1 HTTP/2.0\r\nHost: h\r\n\r\n", 400, "malformed"),
        (b"GET /CP-1 HTTP/1.1\r\nno colon\r\n\r\n", 400, "malformed"),
        (b"GET /CP-1 HTTP/1.1\r\nHost: \x00\r\n\r\n", 400, "malformed"),
        (request().replace(b"Host: h", b"Content-Length: 5"), 400, "malformed"),
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n", 400, "malformed"),
        (b"GET /CP-1 HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 400, "malformed"),
        (b"GET /CP-1 HTTP/1.1\r\n" + b"X: y\r\n" * 4000, 431, "head-too-long"),
        (b"\x00" * 17_000, 431, "head-too-long"),
        (request().replace(b"HTTP/1.1", b"HTTP/1.0"), 505, "malformed"),
        (request().replace(b"GET", b"get"), 405, "malformed"),
    ],
)
@pytest.mark.covers("Q19", "L14")
async def test_what_is_no_request_is_answered_told_and_counted(
    doors: Doors, sent: bytes, status: int, outcome: str
) -> None:
    with capture_logs() as lines:
        peer = await doors.dial()
        peer.write(sent)
        assert await peer.read_head() == status
    assert [line["outcome"] for line in lines if line["event"] == "handshake_refused"] == [outcome]
    assert doors.outcome(outcome) == 1
    assert doors.house.guests == []


@pytest.mark.parametrize(
    "sent",
    [
        request().replace(b"\r\n", b"\n"),
        b"\r\n" + request(),
        request().replace(b"Host: h", b"Host:\r\n  h"),
        request().replace(b"Host: h", b"Host : h"),
        request().replace(b"Host: h", b"Content-Length: 0"),
        request(Origin="file://"),
        request().replace(b"Host: h\r\n", b""),
        request(Connection="keep-alive, Upgrade", Upgrade="WebSocket"),
    ],
)
@pytest.mark.covers("Q19", "L14")
async def test_sloppy_requests_come_in(doors: Doors, sent: bytes) -> None:
    peer = await doors.dial()
    peer.write(sent)
    assert await peer.read_head() == 101
    assert await peer.call() == [3, "hb", {}]


@pytest.mark.parametrize(
    ("path", "station"),
    [
        ("///CP-1", "CP-1"),
        ("/CP-1/", "CP-1"),
        ("/central/oakhurst/cp-1?x=1", "CP-1"),
        ("ws://host:9000/ocpp/CP-1", "CP-1"),
        ("/CP%2D1", "CP-1"),
        ("/CP 2", "CP 2"),
        ("/CP%202", "CP 2"),
        ("/RDAM%7C123", "RDAM|123"),
        ("/CP\xc3\xa4", "CP\u00e4"),
        ("/cp%C3%A4", "CP\u00e4"),
    ],
)
@pytest.mark.covers("Q5", "Q6", "J-01")
async def test_every_shape_of_path_finds_the_station_in_the_spelling_of_the_registry(
    doors: Doors, path: str, station: str
) -> None:
    doors.registry.add("CP 2")
    doors.registry.add("RDAM|123")
    doors.registry.add("CP\u00e4")
    await doors.station(path)
    assert [name for name, _ in doors.house.guests] == [station]


@pytest.mark.parametrize(
    ("offer", "echoed", "version"),
    [
        (None, None, "1.6"),
        ("", None, "1.6"),
        ("ocpp1.6", "ocpp1.6", "1.6"),
        ("OCPP1.6", "OCPP1.6", "1.6"),
        ("ocpp1.6j", "ocpp1.6j", "1.6"),
        ("ocpp1.6, ocpp1.5", "ocpp1.6", "1.6"),
        ("ocpp1.6,", "ocpp1.6", "1.6"),
        ("ocpp1.5 ocpp1.6", "ocpp1.6", "1.6"),
        ("ocpp1.6;q=1", "ocpp1.6", "1.6"),
        ("ocpp1.6,ocpp2.0.1", "ocpp1.6", "1.6"),
        ("ocpp2.0.1, ocpp1.6", "ocpp2.0.1", "2.0.1"),
        ("ocpp2.1, ocpp2.0.1", "ocpp2.1", "2.1"),
        (["ocpp0.1", "ocpp2.0.1"], "ocpp2.0.1", "2.0.1"),
    ],
)
@pytest.mark.covers("Q1", "Q2", "J-05", "J-06", "J-08")
async def test_the_token_of_the_station_comes_back_and_says_the_version(
    doors: Doors, offer: str | list[str] | None, echoed: str | None, version: str
) -> None:
    peer = await doors.station(offer=offer)
    assert peer.headers.get("sec-websocket-protocol") == echoed
    assert doors.house.ears.line.version.value.removeprefix("ocpp") == version
    assert await peer.call() == [3, "hb", {}]


@pytest.mark.covers("Q1", "J-08")
async def test_silence_about_the_version_may_be_refused(open_doors: OpenDoors) -> None:
    strict = await open_doors(assume_16=False)
    peer = await strict.ask(offer=None)
    assert peer.status == 400
    assert strict.outcome("subprotocol") == 1


@pytest.mark.covers("Q3")
async def test_the_version_belongs_to_the_connection(doors: Doors) -> None:
    first = await doors.station(offer="ocpp1.6")
    first.writer.close()
    await doors.station(offer="ocpp2.0.1")
    await doors.station(offer="ocpp1.6")
    versions = [ears.line.version.value for _, ears in doors.house.guests]
    assert [version.removeprefix("ocpp") for version in versions] == ["1.6", "2.0.1", "1.6"]


@pytest.mark.parametrize(
    ("user", "password", "path"),
    [
        (b"CP-BASIC", PASSWORD, "/CP-BASIC"),
        (b"cp-basic", PASSWORD, "/CP-BASIC"),
        (b"CP-BASIC", PASSWORD, "/cp-basic"),
        (b"a:b", PASSWORD, "/a:b"),
    ],
)
@pytest.mark.covers("Q20", "J-10")
async def test_the_name_may_have_colons_and_any_letter_case(
    doors: Doors, user: bytes, password: bytes, path: str
) -> None:
    guard(doors)
    await doors.station(path, Authorization=basic(user, password))
    await doors.station(path, authorization=basic(user, password).rstrip("="))


@pytest.mark.covers("Q20")
async def test_a_password_may_be_any_bytes_and_two_headers_are_none(doors: Doors) -> None:
    secret = bytes(range(256))
    doors.registry.add("CP-BYTES", security_profile=1, password_hash=hash_password(secret))
    await doors.station("/CP-BYTES", Authorization=basic(b"CP-BYTES", secret))
    twice = await doors.ask(
        "/CP-BYTES", Authorization=basic(b"CP-BYTES", secret), authorization=basic(b"CP-BYTES", secret)
    )
    assert twice.status == 401


@pytest.mark.covers("Q21")
async def test_a_key_comes_in_as_bytes_and_as_hex_of_either_case(doors: Doors) -> None:
    key = bytes(range(200, 220))
    doors.registry.add("CP-KEY", security_profile=1, password_hash=hash_password(key.hex().encode()))
    for form in (key, key.hex().encode(), key.hex().upper().encode()):
        await doors.station("/CP-KEY", Authorization=basic(b"CP-KEY", form))


@pytest.mark.covers("Q16", "J-09")
async def test_compression_is_for_2_x_alone_and_without_memory(doors: Doors) -> None:
    offer = "permessage-deflate; client_max_window_bits"
    plain = await doors.station(offer="ocpp1.6", Sec_WebSocket_Extensions=offer)
    assert "sec-websocket-extensions" not in plain.headers
    packed = await doors.station(offer="ocpp2.0.1", Sec_WebSocket_Extensions=offer)
    assert "server_no_context_takeover" in packed.headers["sec-websocket-extensions"]
    assert await packed.call() == [3, "hb", {}], "who negotiates it need not compress"
    odd = await doors.station(offer="ocpp2.0.1", Sec_WebSocket_Extensions="x-webkit-deflate-frame")
    assert "sec-websocket-extensions" not in odd.headers


async def test_a_frame_that_came_with_the_request_is_answered_after_it(doors: Doors) -> None:
    peer = await doors.dial()
    peer.write(request())
    peer.send('[2,"early","Heartbeat",{}]')
    peer.send('[2,"late","Heartbeat",{}]' + " " * 40)
    assert await peer.read_head() == 101
    assert [(await peer.message())[1] for _ in range(2)] == ["early", "late"]


async def test_a_house_that_cannot_answer_refuses_until_it_can(doors: Doors) -> None:
    doors.house.ready = False
    peer = await doors.ask()
    assert (peer.status, peer.headers["retry-after"]) == (503, "10")
    doors.house.ready, doors.house.away = True, True
    assert (await doors.ask()).status == 503
    assert doors.outcome("not-ready") == 2
    doors.house.away = False
    await doors.station()
