"""Which stations are alive, which are only slow, and how a connection ends; time passes by hand."""

import asyncio
import json
import socket
import ssl
from pathlib import Path
from typing import cast

import pytest
from structlog.testing import capture_logs

from csms.gateway.connection import Connection
from csms.gateway.listener import StationListener
from simulators.bench.servers import make_certificate
from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenDoors
from tests.unit.gateway.rig import CLOSE, PING, PONG, Doors, Peer, client_frame, request


def line(doors: Doors) -> Connection:
    return cast("Connection", doors.house.ears.line)


def connected(doors: Doors) -> float:
    return doors.count("csms_connections")


async def heard(doors: Doors) -> None:
    """Wait until what the peer sent has come in, at the time it is now."""
    await eventually(lambda: line(doors).last_inbound == doors.clock.seconds)


SIGNS = {
    "a pong": client_frame(b"", first=PONG),
    "a ping": client_frame(b"", first=PING),
    "an empty text": client_frame(b""),
    "nonsense": client_frame(b"?"),
    "half a frame": client_frame(b'[2,"1","Heartbeat",{}]')[:9],
}


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.covers("Q12", "Q15", "Q24", "Q52")
async def test_any_byte_is_a_sign_of_life_and_only_silence_is_death(open_doors: OpenDoors, sign: str) -> None:
    doors = await open_doors(silence_s=150, heartbeat_s=50, ping_s=0)
    peer = await doors.station()
    doors.pass_time(149)
    peer.write(SIGNS[sign])
    await heard(doors)
    doors.pass_time(149)
    assert connected(doors) == 1
    with capture_logs() as lines:
        doors.pass_time(2)
        await eventually(lambda: connected(doors) == 0)
    assert [one["event"] for one in lines] == ["station_silent", "station_disconnected"]
    assert lines[1]["reason"] == "silent"
    assert doors.count("csms_closes_total", reason="silent") == 1
    assert doors.house.ears.is_lost
    await peer.ended()


@pytest.mark.covers("Q12", "Q15")
@pytest.mark.parametrize(("own", "limit"), [(None, 900), (600, 1800), (20, 150)])
async def test_a_station_that_ignores_pings_lives_by_its_heartbeats(
    open_doors: OpenDoors, own: int | None, limit: int
) -> None:
    doors = await open_doors()
    doors.registry.add("CP-1", heartbeat_s=own)
    peer = await doors.station()
    for _ in range(5):
        doors.pass_time(limit - 2)
        assert connected(doors) == 1
        assert (await peer.frame())[0] == PING
        assert await peer.call() == [3, "hb", {}]
    doors.pass_time(limit + 1)
    await eventually(lambda: connected(doors) == 0)


@pytest.mark.covers("Q12", "Q14", "Q15", "J-46")
async def test_an_idle_station_is_pinged_and_its_pongs_keep_it(doors: Doors) -> None:
    peer = await doors.station()
    for _ in range(40):
        doors.pass_time(28)
        assert await peer.frame() == (PING, b"")
        peer.send(b"", first=PONG)
        await heard(doors)
    assert connected(doors) == 1


@pytest.mark.covers("Q12")
async def test_pings_can_be_switched_off(open_doors: OpenDoors) -> None:
    doors = await open_doors(ping_s=0)
    peer = await doors.station()
    doors.pass_time(400)
    assert await peer.call() == [3, "hb", {}], "no ping came before the answer"


@pytest.mark.covers("Q15")
async def test_who_talks_is_not_pinged(doors: Doors) -> None:
    peer = await doors.station()
    for n in range(20):
        doors.pass_time(13)
        assert await peer.call(str(n)) == [3, str(n), {}]


@pytest.mark.covers("L16", "Q119")
async def test_stations_that_came_together_are_not_pinged_together(doors: Doors) -> None:
    for n in range(40):
        doors.registry.add(f"P-{n}")
        await doors.station(f"/P-{n}")
    lines = [cast("Connection", ears.line) for _, ears in doors.house.guests]
    pinged = []
    for _ in range(28):
        doors.pass_time(1)
        pinged.append(sum(one.last_outbound == doors.clock.seconds for one in lines))
    assert sum(pinged) == 40, "each was pinged once within the interval"
    assert max(pinged) <= 10, "and never many in the same second"


@pytest.mark.covers("Q14")
async def test_the_kernel_looks_for_dead_peers_too(doors: Doors) -> None:
    await doors.station()
    accepted = line(doors)._transport.get_extra_info("socket")  # type: ignore[union-attr]
    assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


@pytest.mark.covers("L13", "Q30")
async def test_a_station_whose_answers_take_long_is_never_cut_for_its_silence(open_doors: OpenDoors) -> None:
    doors = await open_doors(ping_s=2, silence_s=5, heartbeat_s=1)
    doors.house.thinks = True
    peer = await doors.station()
    for n in range(60):
        peer.send(json.dumps([2, str(n), "StatusNotification", {}]))
    await eventually(lambda: len(doors.house.ears.events) == 60)
    line(doors).pause()
    for _ in range(30):
        doors.pass_time(3)
    assert connected(doors) == 1, "we do not listen: its silence is ours"
    line(doors).resume()
    for event in doors.house.ears.events:
        line(doors).answer(event, b"{}")  # type: ignore[arg-type]
    answers: list[str] = []
    while len(answers) < 60:
        first, payload = await peer.frame()
        if first != PING:
            answers.append(json.loads(payload)[1])
    assert answers == [str(n) for n in range(60)]


@pytest.mark.covers("Q58", "L12b")
async def test_a_flood_of_frames_is_slowed_down_and_answered_all_the_same(open_doors: OpenDoors) -> None:
    doors = await open_doors(frames_per_second=100)
    peer = await doors.station()
    for n in range(400):
        peer.send(json.dumps([2, str(n), "Heartbeat", {}]))
    await eventually(lambda: line(doors).frames_in_second > 100)
    assert not line(doors)._transport.is_reading()  # type: ignore[union-attr]
    doors.pass_time(1)
    assert line(doors)._transport.is_reading()  # type: ignore[union-attr]
    answers: list[str] = []
    while len(answers) < 400:
        doors.pass_time(1)
        answers.append((await peer.message())[1])
    assert answers == [str(n) for n in range(400)]


# Slow readers.


async def stuff(doors: Doors, peer: Peer, size: int) -> None:
    """Make the doors send more than the peer, which does not read, lets through."""
    doors.house.reply = json.dumps({"x": "y" * 60_000}).encode()
    for n in range(size // 60_000):
        peer.send(json.dumps([2, str(n), "Heartbeat", {}]))
    await peer.writer.drain()


async def deaf(doors: Doors) -> Peer:
    """A station that takes little in."""
    peer = await doors.dial(room=4096)
    peer.write(request())
    assert await peer.read_head() == 101
    peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
    return peer


@pytest.mark.covers("L18", "Q14")
async def test_a_peer_that_reads_nothing_is_cut_when_too_much_waits_for_it(open_doors: OpenDoors) -> None:
    doors = await open_doors(max_unsent=500_000)
    peer = await deaf(doors)
    await stuff(doors, peer, 30_000_000)
    await eventually(lambda: connected(doors) == 0)
    assert doors.count("csms_closes_total", reason="unread") == 1


@pytest.mark.covers("L18")
async def test_a_peer_that_reads_nothing_for_long_is_cut_however_little_waits(open_doors: OpenDoors) -> None:
    doors = await open_doors(max_unsent=100_000_000, stall_s=10)
    peer = await deaf(doors)
    await stuff(doors, peer, 30_000_000)
    await eventually(lambda: line(doors)._stalled_at is not None)
    doors.pass_time(9)
    assert connected(doors) == 1
    doors.pass_time(2)
    await eventually(lambda: connected(doors) == 0)
    assert doors.count("csms_closes_total", reason="stalled") == 1


@pytest.mark.covers("L18")
async def test_a_flood_of_pings_fills_no_memory(open_doors: OpenDoors) -> None:
    doors = await open_doors(max_unsent=100_000, frames_per_second=1e9)
    peer = await deaf(doors)
    pings = client_frame(b"x" * 125, first=PING) * 1000
    for _ in range(100):
        peer.write(pings)
    await eventually(lambda: connected(doors) == 0)
    assert doors.count("csms_closes_total", reason="unread") == 1


@pytest.mark.covers("L18")
async def test_a_flood_of_pings_is_slowed_down_like_any_other(open_doors: OpenDoors) -> None:
    doors = await open_doors(frames_per_second=50)
    peer = await doors.station()
    peer.write(client_frame(b"", first=PING) * 60)
    await eventually(lambda: line(doors).frames_in_second == 60)
    assert not line(doors)._transport.is_reading()  # type: ignore[union-attr]


# The end.


@pytest.mark.covers("L17", "Q8")
async def test_a_peer_that_does_not_say_goodbye_is_cut(doors: Doors) -> None:
    peer = await doors.station()
    line(doors).close(1000, "replaced")
    assert await peer.close_code() == 1000
    doors.pass_time(4.9)
    assert connected(doors) == 1
    doors.pass_time(0.2)
    await eventually(lambda: connected(doors) == 0)
    assert doors.count("csms_closes_total", reason="no-close") == 1


@pytest.mark.covers("L17")
async def test_a_close_is_answered_and_its_code_is_counted_by_a_bounded_name(doors: Doors) -> None:
    for code, reason in ((b"\x03\xe8", "received-1000"), (b"\x0f\x9f", "received-other")):
        peer = await doors.station()
        peer.send(code, first=CLOSE)
        assert await peer.frame() == (CLOSE, code)
        assert await peer.ended() == b""
        peer.writer.close()
        await eventually(lambda: connected(doors) == 0)
        assert doors.count("csms_closes_total", reason=reason) == 1


@pytest.mark.covers("L17", "Q11")
async def test_a_drain_closes_all_in_batches_and_waits_once_for_all_the_dead(doors: Doors) -> None:
    alive = [await doors.station() for _ in range(6)]
    stranger = await doors.dial()
    await eventually(lambda: len(doors.listener) == 7)
    await doors.listener.stop_accepting()
    draining = asyncio.create_task(doors.listener.drain(batch=3, pause_s=0.01))
    assert [await peer.close_code() for peer in alive] == [1012] * 6
    await stranger.ended()
    assert not draining.done()
    doors.clock.seconds += 6
    await asyncio.wait_for(draining, 5)
    await eventually(lambda: len(doors.listener) == 0)


@pytest.mark.covers("L12")
async def test_a_tls_connection_holds_no_more_than_a_record(doors: Doors, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    tls, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=certificate)
    tls.load_cert_chain(certificate, key)
    listener = StationListener(context=doors.listener._context, host="127.0.0.1", port=0, tls=tls)
    await listener.start()
    peer = Peer(*await asyncio.open_connection("127.0.0.1", listener.port, ssl=trust))
    peer.write(request())
    assert await peer.read_head() == 101
    assert await peer.call() == [3, "hb", {}]
    assert len(line(doors)._transport._ssl_protocol._ssl_buffer) <= 16_384  # type: ignore[union-attr]
    refused = Peer(*await asyncio.open_connection("127.0.0.1", listener.port, ssl=trust))
    refused.write(request("/NOBODY"))
    assert await refused.read_head() == 404
    assert await refused.ended() == b"", "a connection that was refused over TLS is closed by us"
    peer.writer.transport.abort()
    await listener.stop_accepting()
    await listener.drain(batch=10, pause_s=0)


@pytest.mark.covers("L16", "L12")
async def test_an_idle_connection_holds_no_task_and_no_timer(doors: Doors) -> None:
    before = len(asyncio.all_tasks())
    for n in range(50):
        doors.registry.add(f"IDLE-{n}")
        await doors.station(f"/IDLE-{n}")
    assert len(doors.tasks) == 1
    assert len(asyncio.all_tasks()) == before
