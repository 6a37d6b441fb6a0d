"""TLS at the doors: what is refused is told, counted and over in time; what is let in is like any other line."""

import asyncio
import socket
import ssl
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from csms.gateway.tls import Asking
from tests.eventually import eventually
from tests.papers import EXPIRED, NOT_YET, Paper
from tests.unit.gateway.conftest import OpenSecure
from tests.unit.gateway.peer import CLOSE, Peer, request
from tests.unit.gateway.secure import Secure


@pytest.mark.covers("SEC-30", "SEC-32", "A_07")
async def test_a_station_comes_in_by_its_own_certificate(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    secure.doors.registry.add("CP-3", security_profile=3)
    paper = secure.authority.station("CP-3")
    peer = await secure.ask("/CP-3", paper)
    assert peer.status == 101
    assert await peer.call() == [3, "hb", {}]
    proof = secure.doors.line.proof
    assert proof.certificate is not None
    assert (proof.profile, proof.certificate.serial) == (3, paper.serial)


@pytest.mark.covers("SEC-37", "OCTT-02")
async def test_of_the_certificate_of_a_station_that_need_not_name_it_only_the_issuer_counts(
    open_secure: OpenSecure,
) -> None:
    secure = await open_secure()
    secure.doors.registry.add("CP-3", security_profile=3, any_subject=True)
    odd = secure.authority.station("SOMEBODY ELSE")
    assert (await secure.ask("/CP-3", odd)).status == 101
    nobody = await secure.ask("/CP-3", None)
    await nobody.ended()
    assert (nobody.status, secure.doors.outcome("no-client-certificate")) == (403, 1)
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await secure.ask("/CP-3", secure.strangers.station("CP-3"))


WRONG_ONES: dict[str, tuple[Callable[[Secure], Paper | None], str]] = {
    "of another station": (lambda door: door.authority.station("CP-33"), "client-certificate"),
    "none": (lambda door: None, "no-client-certificate"),
}
BAD_ONES: dict[str, tuple[Callable[[Secure], Paper], str]] = {
    "of another authority": (lambda door: door.strangers.station("CP-3"), "issuer"),
    "expired": (lambda door: door.authority.station("CP-3", **EXPIRED), "expired"),
    "not valid yet": (lambda door: door.authority.station("CP-3", **NOT_YET), "not yet valid"),
}


@pytest.mark.covers("SEC-02", "SEC-30", "SEC-32", "Q123")
@pytest.mark.parametrize("which", WRONG_ONES)
async def test_a_good_certificate_that_is_not_the_stations_is_refused_over_http(
    open_secure: OpenSecure, which: str
) -> None:
    secure = await open_secure()
    secure.doors.registry.add("CP-3", security_profile=3)
    paper, outcome = WRONG_ONES[which]
    with capture_logs() as lines:
        peer = await secure.ask("/CP-3", paper(secure))
        await peer.ended()
    assert peer.status == 403
    assert secure.doors.outcome(outcome) == 1
    assert [line["outcome"] for line in lines if line["event"] == "handshake_refused"] == [outcome]
    assert secure.doors.house.guests == []


@pytest.mark.covers("SEC-30", "SEC-61", "TC_A_08", "Q17")
@pytest.mark.parametrize("which", BAD_ONES)
async def test_a_bad_certificate_ends_the_handshake_with_a_line_that_tells_why(
    open_secure: OpenSecure, which: str
) -> None:
    secure = await open_secure()
    secure.doors.registry.add("CP-3", security_profile=3)
    make, why = BAD_ONES[which]
    with capture_logs() as lines:
        with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
            await secure.ask("/CP-3", make(secure))
        await eventually(lambda: secure.doors.outcome("client-certificate") == 1)
    (told,) = [line for line in lines if line["event"] == "handshake_refused"]
    assert why in told["detail"]
    assert told["remote"] == "127.0.0.1"
    assert secure.doors.house.guests == []


@pytest.mark.covers("SEC-03")
async def test_a_door_for_certificates_alone_takes_nobody_without_one(open_secure: OpenSecure) -> None:
    secure = await open_secure(Asking.ALWAYS, {3})
    with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
        await secure.ask("/CP-1")
    await eventually(lambda: secure.doors.outcome("no-client-certificate") == 1)


@pytest.mark.covers("Q18", "Q19")
async def test_plain_http_on_the_tls_port_and_a_client_without_a_server_name(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    plain = await secure.dial()
    plain.write(request())
    await plain.ended()
    assert secure.doors.outcome("plain-on-tls-port") == 1
    nameless = secure.client()
    nameless.check_hostname = False
    peer = Peer(*await asyncio.open_connection("127.0.0.1", secure.listener.port, ssl=nameless, server_hostname=""))
    secure.doors.peers.append(peer)
    peer.write(request())
    assert await peer.read_head() == 101


@pytest.mark.covers("Q17")
async def test_a_station_that_does_not_trust_us_is_told_apart(open_secure: OpenSecure) -> None:
    secure = await open_secure()

    def look() -> None:
        trust = ssl.create_default_context(cadata=secure.strangers.pem)
        with (
            socket.create_connection(("127.0.0.1", secure.listener.port)) as dialled,
            trust.wrap_socket(dialled, server_hostname="localhost"),
        ):
            pass

    with pytest.raises(ssl.SSLCertVerificationError):
        await asyncio.to_thread(look)
    await eventually(lambda: secure.doors.outcome("we-are-not-trusted") == 1)
    silent = await secure.dial()
    silent.write(b"\x16\x03\x01")
    silent.writer.close()
    await eventually(lambda: secure.doors.outcome("tls-abandoned") == 1)


@pytest.mark.covers("Q18", "Q124", "L14")
async def test_a_handshake_that_is_slow_is_over_in_time_and_counted(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    silent, slow = await secure.dial(), await secure.dial()
    slow.write(b"\x16\x03\x01")
    await eventually(lambda: len(secure.listener) == 2)
    secure.doors.clock.seconds += 6
    secure.listener.sweep(secure.doors.clock.seconds)
    assert await silent.ended() == await slow.ended() == b""
    assert secure.doors.outcome("slow-handshake") == 2
    await eventually(lambda: not len(secure.listener))


@pytest.mark.covers("Q124")
async def test_a_probe_that_says_nothing_costs_its_address_nothing(open_secure: OpenSecure) -> None:
    secure = await open_secure(per_minute=1)
    for _ in range(3):
        probe = await secure.dial()
        probe.writer.close()
    await eventually(lambda: secure.doors.outcome("no-request") == 3)
    assert (await secure.ask()).status == 101


@pytest.mark.covers("Q124")
async def test_an_address_that_failed_too_often_gets_no_handshake_any_more(open_secure: OpenSecure) -> None:
    secure = await open_secure(per_minute=3)
    for n in range(3):
        peer = await secure.dial()
        peer.write(b"\x16\x03\x01\x00\x05hello")
        await peer.ended()
        assert secure.doors.outcome("tls-broken") + secure.doors.outcome("tls-version") == n + 1
    turned_away = await secure.dial()
    assert await turned_away.ended() == b""
    assert secure.doors.outcome("throttled") == 1
    secure.doors.clock.seconds += 60
    assert (await secure.ask()).status == 101


@pytest.mark.covers("Q124")
async def test_where_a_station_is_known_strangers_do_not_shut_it_out(open_secure: OpenSecure) -> None:
    secure = await open_secure(per_minute=2)
    first = await secure.ask()
    for _ in range(3):
        peer = await secure.dial()
        peer.write(b"\x16\x03\x01\x00\x05hello")
        await peer.ended()
    assert first.status == (await secure.ask()).status == 101


@pytest.mark.covers("L14")
async def test_where_too_many_wait_the_longest_goes_in_a_handshake_too(open_secure: OpenSecure) -> None:
    secure = await open_secure(pending=2)
    peers = [await secure.dial() for _ in range(3)]
    assert await peers[0].ended() == b""
    assert secure.doors.outcome("crowded") == 1
    assert (await secure.ask()).status == 101


async def test_a_garbled_record_ends_the_line(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    peer = await secure.ask()
    with capture_logs() as lines:
        raw: socket.socket = peer.writer.get_extra_info("socket")
        peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
        with socket.socket(fileno=socket.dup(raw.fileno())) as beneath:
            beneath.send(b"no record at all, and that for long enough")
        await eventually(lambda: not len(secure.listener))
    (told,) = [line for line in lines if line["event"] == "station_disconnected"]
    assert told["reason"] == "SSLError"


async def test_a_goodbye_and_a_loss_of_the_station_end_the_line(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    polite, rude = await secure.ask(), await secure.ask()
    polite.writer.close()
    rude.writer.transport.abort()
    await eventually(lambda: not len(secure.listener))
    assert secure.doors.connected == 0


@pytest.mark.covers("L17")
@pytest.mark.parametrize("house_first", [False, True])
async def test_after_both_have_said_goodbye_the_house_closes_and_keeps_nobody_waiting(
    open_secure: OpenSecure, house_first: bool
) -> None:
    secure = await open_secure()
    peer = await secure.ask()
    if house_first:
        secure.doors.line.close(1000, "replaced")
        assert await peer.close_code() == 1000
    peer.send(b"\x03\xe8", first=CLOSE)
    if not house_first:
        assert await peer.close_code() == 1000
    assert await peer.ended() == b""
    await eventually(lambda: not len(secure.listener))


async def test_what_is_long_goes_through_in_both_directions(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    peer = await secure.ask()
    secure.doors.house.reply = b'{"x":"' + b"y" * 200_000 + b'"}'
    peer.send(b'[2,"long","Heartbeat",{"x":"' + b"z" * 300_000 + b'"}]')
    first, payload = await peer.frame()
    secure.doors.house.reply = b"{}"
    assert (first, len(payload)) == (0x81, 200_000 + len('[3,"long",{"x":""}]'))
    for n in range(50):
        peer.send(f'[2,"{n}","Heartbeat",{{}}]')
    assert [(await peer.message())[1] for _ in range(50)] == [str(n) for n in range(50)]


async def test_the_house_closes_lines_over_tls_with_a_word(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    peer, stranger = await secure.ask(), await secure.dial()
    await secure.listener.stop_accepting()
    draining = asyncio.create_task(secure.listener.drain(batch=10, pause_s=0))
    assert await peer.close_code() == 1012
    assert await stranger.ended() == b""
    secure.doors.clock.seconds += 6
    await asyncio.wait_for(draining, 5)
