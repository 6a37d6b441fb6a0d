"""How a connection ends, and what one holds while it lasts; time passes by hand."""

import asyncio
import ssl
from pathlib import Path

import pytest

from csms.gateway.listener import StationListener
from csms.gateway.tunnel import Tunnel
from simulators.bench.servers import make_certificate
from tests.eventually import eventually
from tests.unit.gateway.peer import CLOSE, Peer, request
from tests.unit.gateway.rig import Doors


@pytest.mark.covers("L17", "Q8")
async def test_a_peer_that_does_not_say_goodbye_is_cut(doors: Doors) -> None:
    peer = await doors.station()
    doors.line.close(1000, "replaced")
    assert await peer.close_code() == 1000
    doors.pass_time(4.9)
    assert doors.connected == 1
    doors.pass_time(0.2)
    await eventually(lambda: doors.connected == 0)
    assert doors.count("csms_closes_total", reason="no-close") == 1


@pytest.mark.covers("L17")
async def test_a_close_is_answered_and_its_code_is_counted_by_a_bounded_name(doors: Doors) -> None:
    for code, reason in ((b"\x03\xe8", "received-1000"), (b"\x0f\x9f", "received-other")):
        peer = await doors.station()
        peer.send(code, first=CLOSE)
        assert await peer.frame() == (CLOSE, code)
        assert await peer.ended() == b""
        peer.writer.close()
        await eventually(lambda: doors.connected == 0)
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
    listener = StationListener(
        context=doors.listener._context, host="127.0.0.1", port=0, profiles={2, 3}, tls=lambda: tls
    )
    await listener.start()
    peer = Peer(*await asyncio.open_connection("127.0.0.1", listener.port, ssl=trust))
    peer.write(request())
    assert await peer.read_head() == 101
    assert await peer.call() == [3, "hb", {}]
    tunnel = doors.line._transport
    assert isinstance(tunnel, Tunnel)
    assert (tunnel._in.pending, tunnel._out.pending) == (0, 0), "what is decrypted waits nowhere"
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
