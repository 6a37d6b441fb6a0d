"""The depot behind TLS, and over a store that speaks S3: whole nodes, and what a station sees of it."""

import asyncio
import hashlib
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulators.bench.servers import make_certificate
from tests.integration.conftest import House
from tests.integration.depot import IMAGE, Ftp, brought, content, firmware, offer, place, put
from tests.s3 import S3Server


@pytest.mark.covers("16-FW-06", "SEC-64")
async def test_files_go_over_tls_where_there_is_a_certificate_and_a_renewed_one_is_shown_at_once(
    start_house: Any, tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path)
    house: House = await start_house(tls_port=0, tls_certificate=certificate, tls_key=key)
    address = await place(house)
    assert address.startswith(f"https://127.0.0.1:{house.node.file_ports['https']}/key-")
    trust = ssl.create_default_context(cafile=certificate)
    async with httpx.AsyncClient(verify=trust) as client:
        assert (await client.put(address + "a.log", content=b"over TLS")).status_code == 200
        assert (await client.get(await offer(house, await firmware(house)))).content == IMAGE
    (file,) = await brought(house)
    assert (file["transport"], await content(house, file["id"])) == ("https", b"over TLS")
    before = await shown(house)
    make_certificate(tmp_path)
    house.node.reload()
    assert await shown(house) != before


async def shown(house: House) -> bytes:
    """Return the hash of the certificate that the depot shows."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname, anybody.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", house.node.file_ports["https"], ssl=anybody)
    raw = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return hashlib.sha256(raw).digest()


@pytest.mark.covers("16-FW-06", "Q111")
async def test_files_lie_in_a_bucket_where_there_is_one(start_house: Any, tmp_path: Path) -> None:
    large = IMAGE * 30  # more than one part of an upload
    async with S3Server(tmp_path / "s3") as server:
        house: House = await start_house(
            S3_BUCKET="files",
            S3_ENDPOINT=server.endpoint,
            S3_ACCESS_KEY=server.access_key,
            S3_SECRET_KEY=server.secret_key,
        )
        address = await offer(house, await firmware(house, large, name="fw.bin"))
        async with httpx.AsyncClient(timeout=15) as client:
            assert (await client.get(address)).content == large
            part = await client.get(address, headers={"Range": "bytes=9000000-9000099"})
        assert (part.status_code, part.content) == (206, large[9_000_000:9_000_100])
        assert (await put(await place(house) + "a.log", large)).status_code == 200
        ftp = Ftp(await place(house, transport="ftp"))
        await ftp.store("b.log", large)
        assert [await content(house, file["id"]) for file in await brought(house)] == [large, large]
        assert not (house.node.settings.data_folder / "objects").exists()


@pytest.mark.covers("Q111")
async def test_a_bucket_that_goes_away_makes_stations_try_again(start_house: Any, tmp_path: Path) -> None:
    async with S3Server(tmp_path / "s3") as server:
        house: House = await start_house(
            S3_BUCKET="files",
            S3_ENDPOINT=server.endpoint,
            S3_ACCESS_KEY=server.access_key,
            S3_SECRET_KEY=server.secret_key,
        )
        image = await firmware(house)
        address = await offer(house, image)
        await place(house)
    answer = await put(await place(house) + "a.log", b"x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
    async with httpx.AsyncClient(timeout=15) as client:
        assert (await client.get(address)).status_code == 503
    assert (await house.http.get(f"/firmware/{image}/content")).status_code == 503
    assert [file["status"] for file in await brought(house)] == ["lost"]
