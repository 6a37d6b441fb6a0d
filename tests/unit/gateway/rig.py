"""Doors on real sockets with nothing behind them but memory, and a station that speaks in bytes."""

import asyncio
import base64
import json
import logging
import os
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from websockets.speedups import apply_mask

from csms.domain.station.commands import Registration
from csms.gateway.context import Context
from csms.gateway.credentials import PasswordCheck
from csms.gateway.doorman import Doorman
from csms.gateway.listener import StationListener
from csms.gateway.turnstile import Turnstile
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.ocpp.events import CallReceived, LinkEvent
from csms.ocpp.link import Limits
from csms.ports.frames import Frame
from csms.ports.journal import JournalUnavailable
from csms.ports.line import Line
from csms.ports.registry import RegisteredStation
from tests.eventually import eventually

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


class HandClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class MemoryRegistry:
    """Stations by their ids in small letters; `gate`, where it is set, holds every look-up."""

    def __init__(self) -> None:
        self.stations: dict[str, RegisteredStation] = {}
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None

    def add(self, station: str, **more: Any) -> None:
        given = {
            "security_profile": 0,
            "password_hash": None,
            "boot_policy": Registration.ACCEPTED,
            "subprotocol": None,
            "heartbeat_s": None,
            "call_timeout_s": None,
            **more,
        }
        self.stations[station.lower()] = RegisteredStation(id=station, **given)

    async def forget_old_password(self, station: str) -> None:
        known = self.stations[station.lower()]
        self.stations[station.lower()] = replace(known, old_password_hash=None)

    async def find(self, station: str) -> RegisteredStation | None:
        self.asked.append(station)
        if self.gate is not None:
            await self.gate.wait()
        return self.stations.get(station.lower())


class MemoryEars:
    """Answers every call with an empty object at once, unless it is told to wait."""

    def __init__(self, house: "MemoryHouse", line: Line) -> None:
        self.house = house
        self.line = line
        self.events: list[LinkEvent] = []
        self.is_lost = False

    def heard(self, event: LinkEvent) -> None:
        self.events.append(event)
        if isinstance(event, CallReceived) and not self.house.thinks:
            self.line.answer(event, self.house.reply)

    def lost(self) -> None:
        self.is_lost = True


class MemoryHouse:
    """Keeps the ears of every line; `thinks` leaves calls without an answer."""

    def __init__(self) -> None:
        self.ready = True
        self.thinks = False
        self.away = False
        self.reply = b"{}"
        self.guests: list[tuple[str, MemoryEars]] = []

    async def welcome(self, station: RegisteredStation, line: Line) -> MemoryEars:
        if self.away:
            raise JournalUnavailable("away")
        ears = MemoryEars(self, line)
        self.guests.append((station.id, ears))
        return ears

    @property
    def ears(self) -> MemoryEars:
        return self.guests[-1][1]


class MemoryFrames:
    """The message log of a test."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def record(self, _station: str, frame: Frame) -> None:
        self.frames.append(frame)


class Doors:
    """A listener and all that it asks."""

    def __init__(
        self, *, per_minute: int = 6000, exempt: tuple[Any, ...] = (), gap_s: float = 0.0, **more: Any
    ) -> None:
        self.clock = HandClock()
        self.registry, self.house, self.frames = MemoryRegistry(), MemoryHouse(), MemoryFrames()
        self.metrics, self.tasks, self.executor = Metrics(), Tasks(), ThreadPoolExecutor(1)
        self.turnstile = Turnstile(per_minute=per_minute, clock=self.clock, exempt=exempt)
        doorman = Doorman(
            registry=self.registry,
            house=self.house,
            passwords=PasswordCheck(executor=self.executor, key=b"k" * 32),
            turnstile=self.turnstile,
            metrics=self.metrics,
            assume_16=bool(more.pop("assume_16", True)),
        )
        wire_log = logging.getLogger("csms.wire")
        wire_log.setLevel(logging.CRITICAL)
        context = Context(
            doorman=doorman,
            house=self.house,
            frames=self.frames,
            clock=self.clock,
            tasks=self.tasks,
            metrics=self.metrics,
            gate=asyncio.Semaphore(500),
            limits=Limits(gap_s=gap_s),
            max_frame=int(more.pop("max_frame", 1_048_576)),
            wire_log=wire_log,
            **more,
        )
        self.listener = StationListener(context=context, host="127.0.0.1", port=0)
        self.peers: list[Peer] = []

    async def __aenter__(self) -> Self:
        await self.listener.start()
        self.registry.add("CP-1")
        return self

    async def __aexit__(self, *_: object) -> None:
        for peer in self.peers:
            peer.writer.transport.abort()
        await self.listener.stop_accepting()
        self.clock.seconds += 1e6
        await self.listener.drain(batch=1000, pause_s=0)
        await self.tasks.stop()
        await eventually(lambda: not len(self.listener))
        await asyncio.gather(*(peer.writer.wait_closed() for peer in self.peers), return_exceptions=True)
        self.executor.shutdown()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the sweep come by."""
        self.clock.seconds += seconds
        self.listener.sweep(self.clock.seconds)

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def outcome(self, outcome: str) -> float:
        return self.count("csms_handshakes_total", outcome=outcome)

    async def dial(self, *, room: int | None = None) -> "Peer":
        """Connect; `room` is how many bytes the system of the peer takes in for it."""
        dialled = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        dialled.setblocking(False)  # the signature of the library
        if room is not None:
            dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        await asyncio.get_running_loop().sock_connect(dialled, ("127.0.0.1", self.listener.port))
        peer = Peer(*await asyncio.open_connection(sock=dialled))
        self.peers.append(peer)
        return peer

    async def ask(self, path: str = "/CP-1", **headers: Any) -> "Peer":
        """Dial and send an upgrade request; the peer knows the answer."""
        peer = await self.dial()
        peer.write(request(path, **headers))
        await peer.read_head()
        return peer

    async def station(self, path: str = "/CP-1", **headers: Any) -> "Peer":
        peer = await self.ask(path, **headers)
        assert peer.status == 101, peer.head
        return peer


class Peer:
    """A station that speaks in bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.head = ""
        self.headers: dict[str, str] = {}

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    async def read_head(self) -> int:
        """Read the answer to an upgrade request, body included, and return its status."""
        self.head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 5)).decode()
        first, *lines = self.head.strip().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        if "content-length" in self.headers:
            await self.reader.readexactly(int(self.headers["content-length"]))
        return self.status

    def send(self, payload: str | bytes, first: int = TEXT) -> None:
        self.write(client_frame(payload.encode() if isinstance(payload, str) else payload, first=first))

    async def frame(self, within: float = 5) -> tuple[int, bytes]:
        """Read one frame: its first byte and its payload."""
        first, size = await asyncio.wait_for(self.reader.readexactly(2), within)
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        return first, await self.reader.readexactly(size)

    async def message(self) -> list[Any]:
        first, payload = await self.frame()
        assert first == TEXT, (first, payload)
        return list(json.loads(payload))

    async def call(self, message_id: str = "hb", action: str = "Heartbeat") -> list[Any]:
        """Call, and return the next message."""
        self.send(json.dumps([2, message_id, action, {}]))
        return await self.message()

    async def close_code(self) -> int:
        """Read until the close frame and return its code."""
        while True:
            first, payload = await self.frame()
            if first == CLOSE:
                return int(struct.unpack("!H", payload[:2])[0])

    async def ended(self, within: float = 5) -> bytes:
        """Read to the end of the stream."""
        try:
            return await asyncio.wait_for(self.reader.read(), within)
        except ConnectionResetError:
            return b""


def request(path: str = "/CP-1", *, offer: str | list[str] | None = "ocpp1.6", drop: str = "", **more: str) -> bytes:
    """Return an upgrade request; `more` are further headers, `drop` one that is left out."""
    offers = [offer] if isinstance(offer, str) else offer or []
    headers = {
        "Host": "h",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    headers.pop(drop, None)
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    lines += [f"Sec-WebSocket-Protocol: {one}" for one in offers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def client_frame(payload: bytes, mask: bytes = b"\x01\x02\x03\x04", first: int = TEXT) -> bytes:
    """Return a frame as clients send it."""
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + mask + apply_mask(payload, mask)
