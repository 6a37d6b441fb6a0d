"""Commands that send a station to the depot: what it is told, what it fetches and brings, and what is kept of that."""

import asyncio
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.conftest import NO_TLS
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.depot import IMAGE, Ftp, brought, content, firmware, put
from tests.integration.rest.test_commands import at_work
from tests.integration.wire import RawStation


def asking(house: House, address: str, command: str, **body: Any) -> "asyncio.Task[httpx.Response]":
    return asyncio.create_task(house.http.post(f"{address}/commands/{command}", json=body))


def location_in(payload: dict[str, Any]) -> str:
    return str(
        payload.get("location") or payload.get("firmware", {}).get("location") or payload["log"]["remoteLocation"]
    )


async def sent(
    house: House, station: RawStation, address: str, command: str, answer: Any, **body: Any
) -> tuple[str, str]:
    """Give a command, answer it, and return its id and the location that was told."""
    task = asking(house, address, command, **body)
    call = await station.take()
    await station.answer(call, answer)
    told = await task
    assert told.status_code == 200, told.text
    return call[1], location_in(call[3])


ACCEPTED = {"status": "Accepted"}
SIGNED = {"signature": "c2lnbmVk", "signing_certificate": "-----BEGIN CERTIFICATE-----"}


@pytest.mark.covers("16-FW-01", "16-FW-06", "TC_044_1")
@pytest.mark.parametrize(("version", "answer"), [("1.6", {}), ("2.0.1", ACCEPTED)])
@pytest.mark.parametrize("transport", [None, "http", "ftp", "ftp-anonymous"])
async def test_a_station_is_sent_for_an_image_of_ours(
    shared_house: House, version: str, answer: Any, transport: str | None
) -> None:
    image = await firmware(shared_house, name="fw.bin")
    more = {} if transport is None else {"transport": transport}
    async with at_work(shared_house, version) as (station, address):
        errand, location = await sent(shared_house, station, address, "update-firmware", answer, image=image, **more)
        if location.startswith("ftp"):
            got: list[bytes] = []
            ftp = Ftp(location)
            await ftp.run(lambda connection: connection.retrbinary(f"RETR {ftp.folder}", got.append))
            assert b"".join(got) == IMAGE
        else:
            async with httpx.AsyncClient(verify=NO_TLS) as client:
                assert (await client.get(location)).content == IMAGE
        told = (await shared_house.http.get(f"/errands/{errand}")).json()
        assert (told["stage"], told["kind"]) == ("running", "firmware")
        assert "***" in told["location"]


@pytest.mark.covers("16-FW-04", "16-FW-06", "16-SEC-07", "TC_045_1", "TC_079", "Q126")
@pytest.mark.parametrize(
    ("version", "command", "answer"),
    [
        ("1.6", "get-diagnostics", {"fileName": "a.log"}),
        ("1.6", "get-log", ACCEPTED | {"filename": "a.log"}),
        ("2.1", "get-log", ACCEPTED),
    ],
)
async def test_what_a_station_brings_is_found_by_its_errand_and_its_key_nowhere(
    shared_house: House, version: str, command: str, answer: Any
) -> None:
    async with at_work(shared_house, version) as (station, address):
        errand, location = await sent(shared_house, station, address, command, answer)
        assert (await put(location + "a.log", b"what happened")).status_code == 200
        (file,) = await brought(shared_house, errand=errand)
        assert (file["station_id"], file["name"]) == (address.rpartition("/")[2], "a.log")
        assert await content(shared_house, file["id"]) == b"what happened"
        await shared_house.node.frames.write()
        key = urlsplit(location).path.strip("/").removeprefix("key-")
        for path in (f"{address}/frames", f"{address}/calls", f"/errands/{errand}", "/files"):
            assert key not in (await shared_house.http.get(path)).text, path
        tables = await shared_house.node.pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for row in tables:
            query = f'SELECT count(*) FROM "{row[0]}" AS t WHERE t::text LIKE $1'
            assert await shared_house.node.pool.fetchval(query, f"%{key}%") == 0, row[0]


@pytest.mark.covers("16-SEC-08", "16-SEC-12", "16-FW-07", "Q40")
@pytest.mark.parametrize("code", ["NotImplemented", "NotSupported"])
async def test_a_station_without_signed_updates_is_asked_again_only_if_the_operator_wants_it(
    shared_house: House, code: str
) -> None:
    image = await firmware(shared_house)
    async with at_work(shared_house, "1.6") as (station, address):
        for wanted in (False, True):
            task = asking(shared_house, address, "update-firmware", image=image, **SIGNED, unsigned_if_unknown=wanted)
            signed = await station.take()
            assert signed[2] == "SignedUpdateFirmware"
            await station.refuse(signed, code, "", {})
            if wanted:
                plain = await station.take()
                assert (plain[2], set(plain[3])) == ("UpdateFirmware", {"location", "retrieveDate"})
                await station.answer(plain, {})
            told = (await task).json()
            assert (told["action"], told["unsupported"]) == (
                ("UpdateFirmware", False) if wanted else ("SignedUpdateFirmware", True)
            )
            assert (await shared_house.http.get(f"/errands/{signed[1]}")).json()["status"] == code
            assert await station.unasked()


@pytest.mark.covers("16-SEC-12", "16-FW-07", "Q40")
async def test_a_station_is_asked_again_though_nobody_waits_for_its_answer(shared_house: House) -> None:
    image = await firmware(shared_house)
    async with at_work(shared_house, "1.6") as (station, address):
        body = {"image": image, **SIGNED, "unsigned_if_unknown": True}
        promised = await shared_house.http.post(
            f"{address}/commands/update-firmware", json=body, headers={"Prefer": "respond-async"}
        )
        assert promised.status_code == 202
        await station.refuse(await station.take(), "NotImplemented", "", {})
        plain = await station.take()
        assert plain[2] == "UpdateFirmware"
        await station.answer(plain, {})
        second = f"{address}/calls/{plain[1]}"
        await eventually(lambda: _has_outcome(shared_house, second, "Answered"), within=30)
        assert (await shared_house.http.get(f"{address}/calls/{promised.json()['call_id']}")).json()[
            "outcome"
        ] == "Error"
        assert (await shared_house.http.get(f"/errands/{plain[1]}")).json()["stage"] == "running"


async def _has_outcome(house: House, call: str, outcome: str) -> bool:
    return bool((await house.http.get(call)).json().get("outcome") == outcome)


@pytest.mark.covers("16-SEC-12", "16-FW-04", "Q40")
async def test_a_station_without_logs_is_asked_for_its_diagnostics_only_if_the_operator_wants_it(
    shared_house: House,
) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        task = asking(shared_house, address, "get-log", diagnostics_if_unknown=True, retries=2)
        await station.refuse(await station.take(), "NotSupported", "", {})
        second = await station.take()
        assert (second[2], second[3]["retries"]) == ("GetDiagnostics", 2)
        await station.answer(second, {"fileName": "a.log"})
        assert (await task).json()["verdict"] is not None
        task = asking(shared_house, address, "get-log")
        await station.refuse(await station.take(), "NotSupported", "", {})
        assert (await task).json()["unsupported"] is True
        assert await station.unasked()


@pytest.mark.covers("16-SEC-08", "SEC-64")
@pytest.mark.parametrize("unsigned", [False, True])
async def test_an_image_is_sent_for_with_its_signature(shared_house: House, unsigned: bool) -> None:
    image = await firmware(shared_house)
    statement = "UPDATE firmware_images SET signature = $2, signing_certificate = $3 WHERE id = $1"
    await shared_house.node.pool.execute(statement, image, *SIGNED.values())
    async with at_work(shared_house, "1.6") as (station, address):
        task = asking(shared_house, address, "update-firmware", image=image, unsigned=unsigned)
        call = await station.take()
        await station.answer(call, {} if unsigned else ACCEPTED)
        await task
        assert call[2] == ("UpdateFirmware" if unsigned else "SignedUpdateFirmware")
        if not unsigned:
            assert call[3]["firmware"]["signature"] == SIGNED["signature"]


@pytest.mark.covers("16-FW-01")
@pytest.mark.parametrize(
    ("command", "body", "path"),
    [
        ("update-firmware", {}, "/location"),
        ("update-firmware", {"image": "none"}, "/image"),
        ("update-firmware", {"image": "none", "location": "http://files.example/x"}, "/image"),
        ("update-firmware", {"location": "http://files.example/x", "transport": "ftp"}, "/transport"),
        ("get-log", {"transport": "https"}, "/transport"),
        ("get-log", {"transport": "pigeon"}, "/transport"),
        ("get-log", {"kind": "security", "diagnostics_if_unknown": True}, "/diagnostics_if_unknown"),
        ("get-diagnostics", {"location": "http://files.example/x", "transport": "http"}, "/transport"),
    ],
)
async def test_a_place_that_makes_no_sense_is_refused_and_nothing_sent(
    shared_house: House, command: str, body: Any, path: str
) -> None:
    async with at_work(shared_house, "1.6") as (station, address):
        answer = await asking(shared_house, address, command, **body)
        assert answer.status_code == 422, answer.text
        assert [error["path"] for error in answer.json()["errors"]] == [path]
        assert await station.unasked()
