"""Ways to the depot, as stations take them."""

import asyncio
import ftplib
import io
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from csms.node.files import porter_of
from csms.ports.depot import Purpose, Transport, Wish
from tests.conftest import NO_TLS
from tests.integration.conftest import House

IMAGE = bytes(range(256)) * 1500


async def place(house: House, station: str = "CP-1", *, transport: str | None = None, **more: Any) -> str:
    """Return an address at which a station may bring a file."""
    way = None if transport is None else Transport(transport)
    wish: dict[str, Any] = {"errand_id": str(uuid.uuid4()), "purpose": Purpose.BRING, "until": datetime.now(UTC)}
    return await porter_of(house.node).hand_out(Wish(station=station, transport=way, **wish | more))


async def firmware(house: House, body: bytes = IMAGE, **more: Any) -> str:
    """Keep a firmware and return its id."""
    made = await house.http.post("/firmware", json={"name": "fw 1.bin", "version": "2.0", **more})
    assert made.status_code == 201, made.text
    image = str(made.json()["id"])
    put = await house.http.put(f"/firmware/{image}/content", content=body)
    assert put.status_code == 200, put.text
    return image


async def offer(house: House, image: str, station: str = "CP-1", *, transport: str | None = None) -> str:
    """Return an address at which a station may fetch a firmware."""
    return await place(house, station, transport=transport, purpose=Purpose.FETCH, image_id=image)


async def brought(house: House, **filters: Any) -> list[dict[str, Any]]:
    """Return the files that were brought, the first one first."""
    answer = await house.http.get("/files", params=filters)
    assert answer.status_code == 200, answer.text
    return list(reversed(answer.json()["items"]))


async def content(house: House, file: str) -> bytes:
    answer = await house.http.get(f"/files/{file}/content")
    assert answer.status_code == 200, answer.text
    return answer.content


class Ftp:
    """An FTP client in a thread: one connection, closed in the end."""

    def __init__(self, address: str, *, passive: bool = True) -> None:
        self._address = urlsplit(address)
        self._passive = passive

    @property
    def folder(self) -> str:
        return self._address.path

    async def run(self, *steps: Any) -> list[Any]:
        """Take steps, each a function of the connection, after logging in."""
        return await asyncio.to_thread(self._run, steps)

    def _run(self, steps: Any) -> list[Any]:
        with ftplib.FTP(timeout=10) as ftp:
            ftp.connect(self._address.hostname or "", self._address.port or 21)
            ftp.login(self._address.username or "anonymous", self._address.password or "x@example.com")
            ftp.set_pasv(self._passive)
            return [step(ftp) for step in steps]

    async def store(self, name: str, body: bytes) -> None:
        await self.run(lambda ftp: ftp.storbinary(f"STOR {name}", io.BytesIO(body)))


async def put(address: str, body: Any, **more: Any) -> httpx.Response:
    async with httpx.AsyncClient(timeout=15, verify=NO_TLS) as client:
        return await client.put(address, content=body, **more)
