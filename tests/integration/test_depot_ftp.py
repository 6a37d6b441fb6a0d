"""Files that stations fetch and bring over FTP, for they know nothing else (Q111)."""

import asyncio
import contextlib
import ftplib
import io
import logging
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

import pytest

from csms.depot.ftp import Channel
from csms.ports.depot import NotOffered
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.depot import IMAGE, Ftp, brought, content, firmware, offer, place

LOG = b"line one\r\nline two\n" * 40_000


@pytest.mark.covers("16-FW-06", "Q111")
@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
@pytest.mark.parametrize("transport", ["ftp", "ftp-anonymous"])
async def test_a_file_is_stored_by_name_and_password_or_by_the_key_in_its_path(
    house: House, transport: str, passive: bool
) -> None:
    address = await place(house, transport=transport)
    ftp = Ftp(address, passive=passive)
    assert (transport == "ftp") == ("@" in address)
    await ftp.store(f"{ftp.folder}logs/diag.tar.gz", LOG)
    (file,) = await brought(house)
    assert (file["name"], file["status"], file["transport"]) == ("diag.tar.gz", "whole", transport)
    assert (file["size_bytes"], file["remote"]) == (len(LOG), "127.0.0.1")
    assert await content(house, file["id"]) == LOG


@pytest.mark.covers("Q111", "W24")
@pytest.mark.parametrize("transport", ["ftp", "ftp-anonymous"])
async def test_folders_are_there_whatever_they_are_called_and_a_glued_name_is_a_name(
    house: House, transport: str
) -> None:
    address = await place(house, transport=transport)
    ftp = Ftp(address)

    def walk(connection: ftplib.FTP) -> str:
        connection.cwd(ftp.folder)
        connection.mkd("CP-1")
        connection.cwd("CP-1")
        assert connection.nlst() == []
        connection.storlines("STOR a.log", io.BytesIO(b"one\r\ntwo\n"))
        connection.storbinary(f"STOR {ftp.folder.rstrip('/') or '/'}upSAP16_logs.tar.gz", io.BytesIO(b""))
        return connection.pwd()

    (where,) = await ftp.run(walk)
    assert where.endswith("/CP-1")
    files = await brought(house)
    assert [(file["name"], file["size_bytes"]) for file in files] == [("a.log", 10), ("upSAP16_logs.tar.gz", 0)]
    assert await content(house, files[0]["id"]) == b"one\r\ntwo\r\n", (
        "what a station sends in ASCII mode is kept as sent"
    )


@pytest.mark.covers("16-FW-01", "Q111")
@pytest.mark.parametrize("passive", [True, False], ids=["passive", "active"])
@pytest.mark.parametrize("transport", ["ftp", "ftp-anonymous"])
async def test_a_firmware_is_retrieved_whole_or_from_where_it_broke_off(
    house: House, transport: str, passive: bool
) -> None:
    ftp = Ftp(await offer(house, await firmware(house, name="fw.bin"), transport=transport), passive=passive)

    def retrieve(connection: ftplib.FTP, rest: int | None = None) -> bytes:
        got = io.BytesIO()
        connection.retrbinary(f"RETR {ftp.folder}", got.write, rest=rest)
        return got.getvalue()

    def listed(connection: ftplib.FTP) -> Any:
        lines: list[str] = []
        folder, _, _ = ftp.folder.rpartition("/")
        connection.dir(folder or "/", lines.append)
        return connection.size(ftp.folder), lines[0].split()[4]

    whole, rest, sizes = await ftp.run(retrieve, lambda connection: retrieve(connection, 1000), listed)
    assert (whole, rest) == (IMAGE, IMAGE[1000:])
    assert sizes == (len(IMAGE), str(len(IMAGE)))


@pytest.mark.covers("Q111", "Q126")
async def test_nobody_gets_in_without_a_good_key(house: House) -> None:
    old = await place(house, transport="ftp")
    await house.node.pool.execute("UPDATE tickets SET expires_at = now()")
    good = await place(house, transport="ftp")
    fetching = await offer(house, await firmware(house), transport="ftp")
    user, secret = urlsplit(good).username or "", urlsplit(good).password or ""
    wrong = (good.replace(secret, "x" * 32), good.replace(user, "somebody"), old)
    answers = await asyncio.gather(*(Ftp(one).store("a", b"x") for one in wrong), return_exceptions=True)
    assert [(type(answer), str(answer)[:3]) for answer in answers] == [(ftplib.error_perm, "530")] * len(wrong)
    anonymous = good.replace(f"{user}:{secret}@", "")
    for address, name in ((anonymous, "a"), (anonymous, "key-short/a"), (fetching, "a")):
        with pytest.raises(ftplib.error_perm, match="550"):
            await Ftp(address).store(name, b"x")
    with pytest.raises(ftplib.error_perm, match="550"):
        await Ftp(good).run(lambda ftp: ftp.retrbinary("RETR /etc/passwd", lambda _: None))
    for command in ("DELE a", "RNFR a", "RMD a", "APPE a", "SITE CHMOD 777 a", "STOU"):
        with pytest.raises(ftplib.error_perm, match="50"):
            await Ftp(good).run(lambda ftp, said=command: ftp.sendcmd(said))
    assert await brought(house) == []


@pytest.mark.covers("Q111")
@pytest.mark.parametrize("command", ["PORT 10,0,0,1,8,1", "PORT 127,0,0,1,0,22", "EPRT |1|10.0.0.1|2049|"])
async def test_nobody_is_bounced_to_a_third_machine(house: House, command: str) -> None:
    ftp = Ftp(await place(house, transport="ftp"))
    with pytest.raises(ftplib.error_perm, match="50"):
        await ftp.run(lambda connection: connection.sendcmd(command))


@pytest.mark.covers("Q111")
async def test_a_restarted_upload_is_refused_and_a_repeated_one_kept_apart(house: House) -> None:
    ftp = Ftp(await place(house, transport="ftp"))
    await ftp.store("a.log", b"first")
    with pytest.raises(ftplib.error_perm, match="550"):
        await ftp.run(lambda connection: connection.storbinary("STOR a.log", io.BytesIO(b"x"), rest=3))
    await ftp.store("a.log", b"second")
    assert [await content(house, file["id"]) for file in await brought(house)] == [b"first", b"second"]


@pytest.mark.covers("Q111")
async def test_what_is_too_large_is_not_taken(start_house: Any) -> None:
    house = await start_house(files_max_mb=1)
    ftp = Ftp(await place(house, transport="ftp"))
    with pytest.raises((ftplib.Error, OSError)):
        await ftp.store("a", b"x" * 20_000_000)
    (file,) = await eventually(lambda: _done(house))
    assert file["status"] == "too-large"
    assert [one async for one in house.node.objects.list("brought/")] == []


async def _done(house: House) -> list[dict[str, Any]] | None:
    files = await brought(house)
    return files if files and files[0]["status"] != "coming" else None


def reset(data: socket.socket) -> None:
    data.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    data.close()


def cut_off(connection: ftplib.FTP) -> None:
    """Reset the data connection in the midst of a file."""
    data = connection.transfercmd("STOR a.log")
    data.sendall(LOG[:50_000])
    reset(data)
    with contextlib.suppress(ftplib.Error, EOFError, OSError):
        connection.voidresp()


@pytest.mark.covers("Q111")
async def test_what_is_killed_in_the_middle_is_kept_as_a_part_beside_the_next_try(house: House) -> None:
    ftp = Ftp(await place(house, transport="ftp"))
    await ftp.run(cut_off)
    (file,) = await eventually(lambda: _done(house))
    assert file["status"] == "partial"
    assert LOG.startswith(await content(house, file["id"]))
    await ftp.store("a.log", LOG)
    assert [one["status"] for one in await brought(house)] == ["partial", "whole"]


@pytest.mark.covers("Q111")
async def test_what_is_killed_before_its_connection_is_accepted_is_a_part_too_and_its_station_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed, accept = threading.Event(), Channel.passive_dtp.handle_accept
    monkeypatch.setattr(
        Channel.passive_dtp, "handle_accept", lambda acceptor: accept(acceptor) if killed.is_set() else None
    )

    def cut_off_early(connection: ftplib.FTP) -> None:
        data = connection.transfercmd("STOR a.log")
        data.sendall(b"half")
        reset(data)
        killed.set()
        with pytest.raises(ftplib.error_temp, match="426"):
            connection.voidresp()
        connection.storbinary("STOR a.log", io.BytesIO(b"whole"))

    await Ftp(await place(house, transport="ftp")).run(cut_off_early)
    assert [(one["status"], one["size_bytes"]) for one in await brought(house)] == [("partial", 4), ("whole", 5)]


@pytest.mark.covers("Q111")
async def test_who_falls_silent_is_cut_off_and_its_part_kept(start_house: Any) -> None:
    house = await start_house(files_stall_s=0.3)
    ftp = Ftp(await place(house, transport="ftp"))

    def fall_silent(connection: ftplib.FTP) -> None:
        data = connection.transfercmd("STOR a.log")
        data.sendall(b"half")
        with contextlib.suppress(ftplib.Error, EOFError, OSError):
            connection.voidresp()
        data.close()

    await ftp.run(fall_silent)
    (file,) = await eventually(lambda: _done(house))
    assert (file["status"], file["size_bytes"]) == ("partial", 4)


@pytest.mark.covers("Q111", "Q126")
async def test_nothing_of_a_key_is_logged(
    house: House, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    named = await place(house, transport="ftp")
    hidden = await place(house, transport="ftp-anonymous")
    for address in (named, hidden):
        ftp = Ftp(address)
        await ftp.store(f"{ftp.folder}a.log", b"x")
    told = "".join((*capfd.readouterr(), *(record.getMessage() for record in caplog.records)))
    assert str(urlsplit(named).password) not in told
    assert urlsplit(hidden).path.strip("/") not in told


async def test_a_store_that_fails_makes_the_station_keep_its_file(house: House) -> None:
    ftp = Ftp(await place(house, transport="ftp"))
    folder = house.node.settings.data_folder / "objects" / ".incoming"
    folder.rmdir()
    folder.write_bytes(b"in the way")
    with pytest.raises(ftplib.error_temp, match="451"):
        await ftp.store("a.log", b"x")
    assert [file["status"] for file in await brought(house)] == ["lost"]
    folder.unlink()


async def test_without_the_setting_there_is_no_ftp(start_house: Any) -> None:
    house = await start_house(ftp=False)
    assert "ftp" not in house.node.file_ports
    with pytest.raises(NotOffered) as refused:
        await place(house, transport="ftp")
    assert refused.value.member == "transport"


async def test_passive_ports_are_those_that_the_operator_set(start_house: Any) -> None:
    house = await start_house(ftp_passive_ports="40100-40120", ftp_address="127.0.0.9")
    ftp = Ftp(await place(house, transport="ftp"))
    (answer,) = await ftp.run(lambda connection: connection.sendcmd("PASV"))
    numbers = [int(number) for number in answer.partition("(")[2].partition(")")[0].split(",")]
    assert numbers[:4] == [127, 0, 0, 9]
    assert 40100 <= numbers[4] * 256 + numbers[5] <= 40120
