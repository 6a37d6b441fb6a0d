"""Frames over real sockets: odd ones are read, wrong ones end the line with their reason, none is forgotten."""

import asyncio
import json
import random
import struct
import zlib
from typing import Any

import pytest
from structlog.testing import capture_logs
from websockets.speedups import apply_mask

from csms.ports.frames import Direction
from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenDoors
from tests.unit.gateway.peer import BINARY, CLOSE, PING, PONG, TEXT, client_frame
from tests.unit.gateway.rig import Doors

HEARTBEAT = '[2,"hb","Heartbeat",{}]'
ANSWER = [3, "hb", {}]
DEFLATE = {"offer": "ocpp2.0.1", "Sec_WebSocket_Extensions": "permessage-deflate"}


# Odd frames that are read.


@pytest.mark.parametrize(
    ("first", "payload"),
    [
        (TEXT, HEARTBEAT.encode()),
        (BINARY, HEARTBEAT.encode()),
        (TEXT, b"\xef\xbb\xbf" + HEARTBEAT.encode()),
        (TEXT, HEARTBEAT.encode() + b"\0"),
        (TEXT, b" \r\n" + HEARTBEAT.encode() + b"\n"),
        (BINARY, b'[2,"hb","Heartbeat",{"x":"\xe9"}]'),
        (TEXT, b'[2,"hb","Heartbeat",{"x":"\xe9"}]'),
        (TEXT, b'[2,"hb","Heartbeat",null]'),
        (TEXT, b'[2,"hb","Heartbeat"]'),
    ],
)
@pytest.mark.covers("Q38", "Q35", "L15")
async def test_a_call_in_any_wrapping_is_answered(doors: Doors, first: int, payload: bytes) -> None:
    peer = await doors.station()
    peer.send(payload, first=first)
    assert await peer.message() == ANSWER


@pytest.mark.covers("Q38")
async def test_two_calls_in_one_frame_are_two_calls(doors: Doors) -> None:
    peer = await doors.station()
    peer.send('[2,"1","Heartbeat",{}][2,"2","Heartbeat",{}]')
    assert [(await peer.message())[1] for _ in range(2)] == ["1", "2"]


@pytest.mark.covers("Q24")
async def test_empty_frames_are_counted_and_never_told_or_answered(doors: Doors) -> None:
    peer = await doors.station()
    with capture_logs() as lines:
        for first in (TEXT, BINARY, TEXT):
            peer.send(b"", first=first)
        peer.send(b"  ")
        assert await peer.call() == ANSWER
    assert lines == []
    assert doors.count("csms_odd_frames_total", reason="empty") == 4


@pytest.mark.parametrize("first", [TEXT, BINARY])
@pytest.mark.parametrize("cuts", [[1], [5, 5, 5], [0, 0, 22], list(range(1, 3)), [1] * 22])
@pytest.mark.covers("L15", "Q23")
async def test_a_message_in_pieces_is_read_when_it_is_whole(doors: Doors, first: int, cuts: list[int]) -> None:
    peer = await doors.station()
    pieces, rest = [], HEARTBEAT.encode()
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    pieces.append(rest)
    for n, piece in enumerate(pieces):
        last = n == len(pieces) - 1
        peer.send(piece, first=(first & 0x0F if n == 0 else 0x00) | (0x80 if last else 0x00))
        if not last:
            peer.send(b"", first=PING)
            assert (await peer.frame())[0] == PONG
    assert await peer.message() == ANSWER
    assert await peer.call("after") == [3, "after", {}]
    heard = [frame for frame in doors.frames.frames if frame.direction is Direction.IN]
    assert [frame.text for frame in heard if frame.message_id == "hb"] == [HEARTBEAT]


@pytest.mark.covers("L15", "Q43", "J-49")
async def test_pieces_count_together_against_the_limit(open_doors: OpenDoors) -> None:
    doors = await open_doors(max_frame=100_000)
    peer = await doors.station()
    peer.send(b'[2,"1"' + b" " * 60_000, first=0x01)
    peer.send(b" " * 60_000, first=0x80)
    assert await peer.close_code() == 1009


@pytest.mark.covers("L15")
async def test_a_hundred_thousand_empty_pieces_weigh_nothing(open_doors: OpenDoors) -> None:
    doors = await open_doors(frames_per_second=1e9)
    peer = await doors.station()
    peer.send(b"", first=0x01)
    peer.write(client_frame(b"", first=0x00) * 100_000)
    peer.send(HEARTBEAT, first=0x80)
    assert await peer.message() == ANSWER


async def test_frames_may_arrive_byte_by_byte(doors: Doors) -> None:
    peer = await doors.station()
    for byte in client_frame(HEARTBEAT.encode()) + client_frame(b"p", first=PING) + client_frame(HEARTBEAT.encode()):
        peer.write(bytes([byte]))
        await peer.writer.drain()
        await asyncio.sleep(0)
    assert await peer.message() == ANSWER
    assert await peer.frame() == (PONG, b"p")
    assert await peer.message() == ANSWER


# Wrong frames.


WRONG: dict[str, tuple[bytes, int]] = {
    "not masked": (b"\x81\x05hello", 1002),
    "a long ping": (client_frame(b"x" * 126, first=PING), 1002),
    "a ping in pieces": (client_frame(b"x", first=0x09), 1002),
    "an unknown opcode": (client_frame(b"x", first=0x83), 1002),
    "an unknown control opcode": (client_frame(b"x", first=0x8B), 1002),
    "compressed without agreement": (client_frame(b"x", first=0xC1), 1002),
    "another reserved bit": (client_frame(b"x", first=0xA1), 1002),
    "a piece of nothing": (client_frame(b"x", first=0x80), 1002),
    "a close code of one byte": (client_frame(b"x", first=CLOSE), 1002),
    "a close code that nobody may send": (client_frame(struct.pack("!H", 1005), first=CLOSE), 1002),
    "a close code of 0": (client_frame(struct.pack("!H", 0), first=CLOSE), 1002),
    "a close reason that is no UTF-8": (client_frame(b"\x03\xe8\xff", first=CLOSE), 1007),
    "too large": (client_frame(b"x" * 1_048_577), 1009),
    "an endless length": (b"\x81\xff" + b"\x7f" * 8 + b"mask", 1009),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.covers("Q16", "Q23", "Q43", "L15")
async def test_a_frame_against_the_standard_ends_the_line_with_its_reason(doors: Doors, what: str) -> None:
    data, code = WRONG[what]
    peer = await doors.station()
    assert await peer.call() == ANSWER
    with capture_logs() as lines:
        peer.write(data)
        assert await peer.close_code() == code
        assert await peer.ended() == b""
        peer.writer.close()
        await eventually(lambda: doors.count("csms_connections") == 0)
    (end,) = [one for one in lines if one["event"] == "station_disconnected"]
    assert end["station"] == "CP-1"
    assert end["reason"] in {f"sent-{code}", "received-other"}
    assert end["detail"]
    assert doors.house.ears.is_lost


@pytest.mark.covers("Q43", "J-49")
async def test_a_frame_just_below_the_limit_is_read_in_however_many_packets(doors: Doors) -> None:
    peer = await doors.station()
    text = json.dumps([2, "hb", "DataTransfer", {"vendorId": "V", "data": "x" * 1_048_000}])
    data = client_frame(text.encode())
    for start in range(0, len(data), 50_000):
        peer.write(data[start : start + 50_000])
        await peer.writer.drain()
    assert await peer.message() == ANSWER
    assert doors.line._cutter.rest() == b""


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
@pytest.mark.parametrize("depth", [40, 5_000, 100_000])
@pytest.mark.covers("L7", "L12b")
async def test_a_deep_frame_is_refused_and_the_line_stays(doors: Doors, opening: str, depth: int) -> None:
    peer = await doors.station()
    peer.send('[2,"deep","DataTransfer",' + opening * depth)
    assert (await peer.message())[:3] == [4, "deep", "FormationViolation"]
    assert await peer.call() == ANSWER


# Compression.


def packed(text: str, **more: Any) -> bytes:
    work = zlib.compressobj(wbits=-15, **more)
    return (work.compress(text.encode()) + work.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\x00\x00\xff\xff")


@pytest.mark.covers("Q16", "J-09")
async def test_a_thousand_compressed_messages_are_answered(doors: Doors) -> None:
    peer = await doors.station(**DEFLATE)
    for n in range(1000):
        peer.send(packed(json.dumps([2, str(n), "Heartbeat", {}])), first=0xC1)
    assert [(await peer.message())[1] for _ in range(1000)] == [str(n) for n in range(1000)]


@pytest.mark.covers("Q16", "L12")
async def test_a_bomb_ends_the_line_before_it_goes_off(doors: Doors) -> None:
    peer = await doors.station(**DEFLATE)
    peer.send(packed("x" * 200_000_000, level=9), first=0xC1)
    assert await peer.close_code() == 1009


@pytest.mark.covers("Q16")
async def test_a_broken_compression_ends_the_line_and_no_more(doors: Doors) -> None:
    peer = await doors.station(**DEFLATE)
    peer.send(b"\xff\xff\xff\xff", first=0xC1)
    assert await peer.close_code() in {1002, 1007, 1011}
    other = await doors.station(**DEFLATE)
    assert await other.call() == ANSWER


# Anything.


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.covers("L7", "Q125")
async def test_any_bytes_after_the_handshake_end_at_worst_this_line(doors: Doors, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(100):
        peer = await doors.station()
        peer.write(chance.randbytes(chance.randrange(1, 400)))
        peer.write(client_frame(apply_mask(chance.randbytes(64), b"abcd"), first=chance.randrange(256)))
        peer.writer.close()
    await eventually(lambda: doors.count("csms_connections") == 0)
    assert await (await doors.station()).call() == ANSWER
