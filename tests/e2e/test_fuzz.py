"""Ten thousand frames of every kind over one socket: what is readable is answered, and nothing grows."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest

from tests.e2e.conftest import Program
from tests.eventually import eventually
from tests.unit.gateway.peer import BINARY, TEXT, Peer, request

FRAMES = 10_000
WARM_UP = 4_000
MIB = 1_048_576

AT = "@"
"""Stands in the seeds for a time; a frame has one of a clock that is right, behind or ahead."""

CLOCKS_S = (-172_800, -3_600, 0, 0, 3_600, 172_800)
SEEDS: list[tuple[str, dict[str, Any]]] = [
    ("Heartbeat", {}),
    ("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "1.0"}),
    ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": AT}),
    ("Authorize", {"idTag": "TAG-1"}),
    ("StartTransaction", {"connectorId": 1, "idTag": "TAG-1", "meterStart": 10, "timestamp": AT}),
    ("StopTransaction", {"transactionId": 1, "meterStop": 20, "timestamp": AT, "idTag": "TAG-1"}),
    ("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": AT, "sampledValue": [{"value": "12"}]}]}),
    ("DataTransfer", {"vendorId": "V", "messageId": "m", "data": '{"a": [1, 2]}'}),
    ("FirmwareStatusNotification", {"status": "Installed"}),
    ("NoSuchAction", {"a": None}),
]
PIECES = [
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b",",
    b":",
    b"\\",
    b"null",
    b"-1",
    b"1e999",
    b"\\ud800",
    b"\x00",
    b"\xff",
    b"[[[[",
]


class Fuzzer:
    """Frames out of one seed: whole ones, spoilt ones, nonsense."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def frame(self, n: int) -> bytes:
        action, payload = self.chance.choice(SEEDS)
        kind = self.chance.random()
        if kind < 0.1:
            return self.chance.randbytes(self.chance.randrange(200))
        if kind < 0.2:
            foreign = [[3, f"x{n}", {}], [4, f"x{n}", "GenericError", "", {}], [n, f"x{n}", action, payload], [2], {}]
            return json.dumps(self.chance.choice(foreign)).encode()
        told = datetime.now(UTC) + timedelta(seconds=self.chance.choice(CLOCKS_S))
        at = told.replace(minute=0, second=0, microsecond=0).isoformat()
        text = bytearray(json.dumps([2, f"m{n}", action, payload]).replace(f'"{AT}"', f'"{at}"').encode())
        if kind > 0.3:
            for _ in range(self.chance.randrange(1, 5)):
                self.spoil(text)
        return bytes(text)

    def spoil(self, text: bytearray) -> None:
        at = self.chance.randrange(len(text) + 1)
        match self.chance.randrange(5):
            case 0:
                text[at : at + 1] = self.chance.choice(PIECES)
            case 1:
                text[at:at] = self.chance.choice(PIECES)
            case 2:
                del text[at : at + self.chance.randrange(1, 20)]
            case 3:
                text[at:at] = text[max(0, at - 15) : at] * self.chance.randrange(1, 4)
            case _:
                del text[at:]


def id_of(frame: bytes) -> str | None:
    """Return the id of a call that anybody can read; None for all else."""
    try:
        call = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    readable = isinstance(call, list) and len(call) == 4 and call[0] == 2 and type(call[0]) is int
    if readable and isinstance(call[1], str) and isinstance(call[2], str) and isinstance(call[3], dict):
        return str(call[1])
    return None


class Talker:
    """A station that sends whatever it is given and notes which ids were answered."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.answered: set[str] = set()
        self.reading = asyncio.create_task(self.read())

    async def read(self) -> None:
        while True:
            first, payload = await self.peer.frame(within=60)
            assert first in {TEXT, 0x89}, (first, payload)
            if first == TEXT:
                message = json.loads(payload)
                assert message[0] in {3, 4}
                self.answered.add(str(message[1]))

    async def send(self, fuzzer: Fuzzer, numbers: range) -> set[str]:
        """Send frames, a heartbeat after every hundred; return the ids that must be answered."""
        due: set[str] = set()
        for n in numbers:
            frame = fuzzer.frame(n)
            self.peer.send(frame, first=TEXT if fuzzer.chance.random() < 0.9 else BINARY)
            if (known := id_of(frame)) is not None:
                due.add(known)
            if n % 100 == 99:
                beat = f"beat-{n}"
                self.peer.send(json.dumps([2, beat, "Heartbeat", {}]))
                await eventually(lambda beat=beat: beat in self.answered or self.reading.done(), within=30)  # type: ignore[misc]
                assert not self.reading.done(), self.reading
        return due


@pytest.mark.covers("L7", "Q25", "Q28", "Q125", "L12b", "J-61")
async def test_ten_thousand_frames_leave_the_line_alive_every_call_answered_and_memory_flat(program: Program) -> None:
    await program.post("/stations", id="FUZZ")
    await program.post("/tokens", value="TAG-1")
    peer = Peer(*await asyncio.open_connection("127.0.0.1", program.ocpp))
    peer.write(request("/FUZZ"))
    assert await peer.read_head() == 101
    assert program.process is not None
    process = psutil.Process(program.process.pid)
    talker, fuzzer = Talker(peer), Fuzzer(20261124)
    due = await talker.send(fuzzer, range(WARM_UP))
    warm = process.memory_info().rss
    due |= await talker.send(fuzzer, range(WARM_UP, FRAMES))
    assert due <= talker.answered, due - talker.answered
    assert len(due) > FRAMES / 10
    grown = process.memory_info().rss - warm
    assert grown < 8 * MIB, f"{grown / MIB:.1f} MiB more than after {WARM_UP} frames"
    assert not talker.reading.done()
    talker.reading.cancel()
    peer.writer.close()
    await eventually(lambda: _is_offline(program))


async def _is_offline(program: Program) -> bool:
    return (await program.http.get("/api/v1/stations/FUZZ")).json()["online"] is False
