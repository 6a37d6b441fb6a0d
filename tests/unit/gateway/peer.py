"""A station that speaks in bytes."""

import asyncio
import base64
import json
import os
import struct
from typing import Any

from websockets.speedups import apply_mask

TEXT, BINARY, CLOSE, PING, PONG = 0x81, 0x82, 0x88, 0x89, 0x8A


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
