"""Firmware that stations fetch over HTTP, whole or in parts, and those that never ask or never take it (Q111)."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from csms.ports.depot import NotOffered
from tests.conftest import NO_TLS
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.depot import IMAGE, firmware, offer, place


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=15, verify=NO_TLS) as one:
        yield one


@pytest.mark.covers("16-FW-01")
async def test_a_firmware_is_fetched_whole_in_parts_and_not_at_all_if_it_is_known(
    house: House, client: httpx.AsyncClient
) -> None:
    address = await offer(house, await firmware(house))
    assert address.endswith("/fw%201.bin")
    whole = await client.get(address)
    assert (whole.status_code, whole.content) == (200, IMAGE)
    tag = hashlib.sha256(IMAGE).hexdigest()
    assert (whole.headers["ETag"], whole.headers["Accept-Ranges"]) == (f'"{tag}"', "bytes")
    head = await client.head(address)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(IMAGE)), b"")
    for asked, first, last in (
        ("bytes=0-0", 0, 0),
        ("bytes=1000-", 1000, len(IMAGE) - 1),
        ("bytes=-7", len(IMAGE) - 7, len(IMAGE) - 1),
        ("bytes=5-99999999", 5, len(IMAGE) - 1),
    ):
        part = await client.get(address, headers={"Range": asked})
        assert (part.status_code, part.content) == (206, IMAGE[first : last + 1]), asked
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{len(IMAGE)}"
    for asked in ("bytes=0-1,5-6", "items=0-1", "bytes=9-2", "bytes=-", "what?"):
        assert (await client.get(address, headers={"Range": asked})).status_code == 200, asked
    for asked in (f"bytes={len(IMAGE)}-", "bytes=-0"):
        answer = await client.get(address, headers={"Range": asked})
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(IMAGE)}")
    stale = await client.get(address, headers={"Range": "bytes=0-0", "If-Range": '"other"'})
    assert stale.status_code == 200


async def test_a_firmware_that_is_gone_or_not_whole_is_offered_to_nobody(
    house: House, client: httpx.AsyncClient
) -> None:
    image = await firmware(house)
    address = await offer(house, image)
    half = (await house.http.post("/firmware", json={"name": "half.bin"})).json()["id"]
    for nothing in (half, "none"):
        with pytest.raises(NotOffered) as refused:
            await offer(house, nothing)
        assert refused.value.member == "image"
    assert (await house.http.delete(f"/firmware/{image}")).status_code == 204
    assert (await client.get(address)).status_code == 404
    assert [one async for one in house.node.objects.list("firmware/")] == []


@pytest.mark.covers("Q111")
async def test_a_station_that_takes_nothing_in_is_cut_off(start_house: Any) -> None:
    house = await start_house(files_stall_s=0.3)
    address = urlsplit(await offer(house, await firmware(house, b"x" * 30_000_000)))
    reader, writer = await asyncio.open_connection(address.hostname, address.port, limit=1024)
    writer.write(f"GET {address.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    await eventually(lambda: "fetched" in _outcomes(house))
    writer.transport.abort()
    assert reader is not None


def _outcomes(house: House) -> set[str]:
    return {labels[0] for labels in house.node.metrics.station_files._metrics}


async def test_who_says_nothing_at_all_is_cut_off(start_house: Any) -> None:
    house = await start_house(handshake_timeout_s=0.2)
    address = urlsplit(await place(house))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"GET /key-")
    told = await asyncio.wait_for(asyncio.gather(reader.read(), return_exceptions=True), 10)
    assert told == [b""] or isinstance(told[0], ConnectionError)
    writer.close()
