"""Peers that take in nothing, and floods that would fill our memory; time passes by hand."""

import json

import pytest

from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenDoors
from tests.unit.gateway.peer import PING, Peer, client_frame, request
from tests.unit.gateway.rig import Doors


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
    await eventually(lambda: doors.connected == 0)
    assert doors.count("csms_closes_total", reason="unread") == 1


@pytest.mark.covers("L18")
async def test_a_peer_that_reads_nothing_for_long_is_cut_however_little_waits(open_doors: OpenDoors) -> None:
    doors = await open_doors(max_unsent=100_000_000, stall_s=10)
    peer = await deaf(doors)
    await stuff(doors, peer, 30_000_000)
    await eventually(lambda: doors.line._watch.stalled_at is not None)
    doors.pass_time(9)
    assert doors.connected == 1
    doors.pass_time(2)
    await eventually(lambda: doors.connected == 0)
    assert doors.count("csms_closes_total", reason="stalled") == 1


@pytest.mark.covers("L18")
async def test_a_flood_of_pings_fills_no_memory(open_doors: OpenDoors) -> None:
    doors = await open_doors(max_unsent=100_000, frames_per_second=1e9)
    peer = await deaf(doors)
    pings = client_frame(b"x" * 125, first=PING) * 1000
    for _ in range(100):
        peer.write(pings)
    await eventually(lambda: doors.connected == 0)
    assert doors.count("csms_closes_total", reason="unread") == 1


@pytest.mark.covers("L18")
async def test_a_flood_of_pings_is_slowed_down_like_any_other(open_doors: OpenDoors) -> None:
    doors = await open_doors(frames_per_second=50)
    peer = await doors.station()
    peer.write(client_frame(b"", first=PING) * 60)
    await eventually(lambda: doors.line.frames_in_second == 60)
    assert not doors.line._transport.is_reading()  # type: ignore[union-attr]
