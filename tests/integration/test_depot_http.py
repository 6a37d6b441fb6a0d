"""Files that stations fetch and bring over HTTP, however they go about it (Q111)."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from csms.ports.depot import NotOffered
from tests.conftest import NO_TLS
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.depot import brought, content, firmware, offer, place, put

LOG = b"2026-11-25T10:00:00Z everything is fine\n" * 5000
FORM = {"file": ("diag.zip", LOG, "application/zip")}


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=15, verify=NO_TLS) as one:
        yield one


@pytest.mark.covers("16-FW-06", "Q111")
@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("behind", ["", "diag.zip", "logs/2026/diag.zip"])
async def test_bytes_are_kept_as_they_came(house: House, client: httpx.AsyncClient, method: str, behind: str) -> None:
    address = await place(house)
    assert address.endswith("/")
    answer = await client.request(method, address + behind, content=LOG)
    assert (answer.status_code, answer.content) == (200, b"")
    (file,) = await brought(house, station="cp-1")
    assert (file["name"], file["status"], file["transport"]) == ("diag.zip" if behind else "file", "whole", "http")
    assert (file["size_bytes"], file["sha256"]) == (len(LOG), hashlib.sha256(LOG).hexdigest())
    assert file["remote"] == "127.0.0.1"
    assert await content(house, file["id"]) == LOG


@pytest.mark.covers("16-FW-06", "Q111")
async def test_a_form_brings_its_files_and_nothing_else(house: House, client: httpx.AsyncClient) -> None:
    address = await place(house)
    files = [("a", ("one.log", b"one")), ("b", ("two.log", LOG, "text/plain"))]
    assert (await client.post(address, files=files, data={"note": "no file"})).status_code == 200
    assert [(file["name"], file["size_bytes"]) for file in await brought(house)] == [
        ("one.log", 3),
        ("two.log", len(LOG)),
    ]
    assert (await client.post(address, data={"note": "x"}, files={"n": (None, "y")})).status_code == 404


@pytest.mark.covers("16-FW-06", "Q111")
async def test_a_name_glued_to_the_address_is_a_name(house: House, client: httpx.AsyncClient) -> None:
    address = await place(house)
    assert (await client.put(address.rstrip("/") + "SIM_logs.tar.gz", content=b"x")).status_code == 200
    assert [file["name"] for file in await brought(house)] == ["SIM_logs.tar.gz"]


NAMES = {
    "..%2F..%2Fetc%2Fpasswd": "passwd",
    "..%5C..%5Cboot.ini": "boot.ini",
    "%2E%2E": "file",
    "a%00b%0Ac.log": "abc.log",
    "x" * 400: "x" * 255,
    "Pr%C3%BCfung.log": "Prüfung.log",
    "%FF.log": "\ufffd.log",
}


@pytest.mark.covers("Q111")
@pytest.mark.parametrize("sent", NAMES)
async def test_a_name_leads_nowhere(house: House, sent: str) -> None:
    address = urlsplit(await place(house))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"PUT {address.path}{sent} HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx"
    writer.write(head.encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 200")
    writer.close()
    (file,) = await brought(house)
    assert file["name"] == NAMES[sent]
    told = await house.http.get(f"/files/{file['id']}/content")
    assert told.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''")
    assert (told.headers["X-Content-Type-Options"], told.headers["Content-Type"]) == (
        "nosniff",
        "application/octet-stream",
    )


@pytest.mark.covers("Q111")
async def test_repeated_uploads_are_kept_apart_and_bounded(house: House, client: httpx.AsyncClient) -> None:
    address = await place(house)
    answers = [(await client.put(address + "a.log", content=f"{n}".encode())).status_code for n in range(17)]
    assert answers == [200] * 16 + [409]
    files = await brought(house)
    assert [await content(house, file["id"]) for file in files] == [f"{n}".encode() for n in range(16)]


@pytest.mark.covers("16-FW-06", "Q111", "Q126")
async def test_nobody_gets_in_without_a_good_key(house: House, client: httpx.AsyncClient) -> None:
    old = await place(house)
    await house.node.pool.execute("UPDATE tickets SET expires_at = now()")
    good = await place(house)
    fetching = await offer(house, await firmware(house))
    key = urlsplit(good).path.strip("/")
    changed = good.replace(key, key[:-1] + ("a" if key[-1] != "a" else "b"))
    base = good.removesuffix(urlsplit(good).path)
    for address, status in (
        (changed, 404),
        (f"{base}/", 404),
        (f"{base}/key-short/x", 404),
        (old, 410),
        (fetching, 405),
    ):
        assert (await client.put(address, content=b"x")).status_code == status, address
    assert (await client.get(good)).status_code == 405
    assert (await client.delete(good)).status_code == 405
    assert await brought(house) == []


@pytest.mark.covers("Q126", "SEC-15")
async def test_keys_are_hashed_and_told_to_nobody(
    house: House, client: httpx.AsyncClient, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    address = await place(house)
    key = urlsplit(address).path.strip("/").removeprefix("key-")
    await client.put(address + "a.log", content=b"x")
    await client.put(address.replace(key, "z" * len(key)), content=b"x")
    tables = [
        row[0] for row in await house.node.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ]
    for table in tables:
        found = f'SELECT count(*) FROM "{table}" AS t WHERE t::text LIKE $1'
        assert await house.node.pool.fetchval(found, f"%{key}%") == 0
    answers = [(await house.http.get(path)).text for path in ("/files", "/errands", "/firmware")]
    assert key not in "".join((*capfd.readouterr(), *answers))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert key not in "".join(ours)


async def dripping(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.covers("Q111")
async def test_what_is_too_large_is_refused_and_nothing_of_it_kept(start_house: Any) -> None:
    house = await start_house(files_max_mb=1)
    large = b"x" * (1_048_576 + 1)
    declared, streamed = await place(house), await place(house)
    assert (await put(declared + "a", large)).status_code == 413
    assert (await put(streamed + "b", dripping(large[:600_000], large[600_000:]))).status_code == 413
    assert (await put(streamed + "c", large[:-1])).status_code == 200
    files = await brought(house)
    assert [(file["name"], file["status"]) for file in files] == [
        ("a", "too-large"),
        ("b", "too-large"),
        ("c", "whole"),
    ]
    assert (await house.http.get(f"/files/{files[1]['id']}/content")).status_code == 404
    assert len([one async for one in house.node.objects.list("brought/")]) == 1


@pytest.mark.covers("Q111")
async def test_who_falls_silent_is_sent_away_and_its_part_kept(start_house: Any) -> None:
    house = await start_house(files_stall_s=0.3)
    address = urlsplit(await place(house))
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"PUT {address.path}a.log HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n"
    writer.write(head.encode() + b"the first half")
    assert (await asyncio.wait_for(reader.read(), 10)).startswith(b"HTTP/1.1 408")
    writer.close()
    (file,) = await brought(house)
    assert (file["status"], file["size_bytes"]) == ("partial", 14)
    assert await content(house, file["id"]) == b"the first half"


@pytest.mark.covers("Q111")
@pytest.mark.parametrize("form", [False, True])
async def test_what_is_killed_in_the_middle_is_kept_as_a_part_beside_the_next_try(house: House, form: bool) -> None:
    address = await place(house)
    target = urlsplit(address)
    _, writer = await asyncio.open_connection(target.hostname, target.port)
    kind = "Content-Type: multipart/form-data; boundary=B\r\n" if form else ""
    head = f"POST {target.path}a.log HTTP/1.1\r\nHost: x\r\n{kind}Content-Length: 100000\r\n\r\n"
    part = '--B\r\nContent-Disposition: form-data; name="f"; filename="a.log"\r\n\r\n' if form else ""
    writer.write((head + part).encode() + LOG[:50_000])
    await writer.drain()
    await eventually(lambda: _is(house, lambda files: len(files) == 1))
    writer.transport.abort()
    (file,) = await eventually(lambda: _is(house, lambda files: files and files[0]["status"] == "partial"))
    assert LOG.startswith(await content(house, file["id"]))
    assert (await put(address + "a.log", LOG)).status_code == 200
    assert [one["status"] for one in await brought(house)] == ["partial", "whole"]


async def _is(house: House, look: Any) -> Any:
    files = await brought(house)
    return files if look(files) else None


@pytest.mark.covers("Q111", "16-FW-06")
async def test_a_part_of_a_file_is_no_file(house: House) -> None:
    answer = await put(await place(house), b"x", headers={"Content-Range": "bytes 0-0/10"})
    assert answer.status_code == 405
    assert await brought(house) == []


@pytest.mark.covers("Q126")
async def test_addresses_are_those_that_the_operator_set(start_house: Any) -> None:
    house = await start_house(files_urls="https://files.example/depot,ftp://files.example:2121")
    address = await place(house)
    assert address.startswith("https://files.example/depot/key-")
    assert (await place(house, transport="ftp")).endswith("@files.example:2121/")
    assert "/key-" in await place(house, transport="ftp-anonymous", name="a.log")
    with pytest.raises(NotOffered, match="no http here"):
        await place(house, transport="http")
    local = f"http://127.0.0.1:{house.node.file_ports['http']}{urlsplit(address).path}a.log"
    assert (await put(local, b"x")).status_code == 200


async def test_what_a_station_says_that_it_can_do_chooses_the_way(house: House) -> None:
    await house.register("CP-1")
    statement = """INSERT INTO station_variables (station_id, component, component_instance, evse, connector, variable,
        variable_instance, attribute, value, reported_at) VALUES ('CP-1', '', '', 0, 0, 'SupportedFileTransferProtocols',
        '', 'Actual', $1, now()) ON CONFLICT DO NOTHING"""
    assert (await place(house)).startswith("http://127.0.0.1:")
    await house.node.pool.execute(statement, "FTP,FTPS")
    assert (await place(house)).startswith("ftp://")


async def test_a_database_that_is_away_makes_stations_try_later(house: House, client: httpx.AsyncClient) -> None:
    address = await place(house)
    await house.node.pool.execute("ALTER TABLE tickets RENAME TO elsewhere")
    answer = await client.put(address, content=b"x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
