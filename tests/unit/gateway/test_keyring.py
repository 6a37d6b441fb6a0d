"""Certificates that are renewed under doors that stand open."""

import asyncio
import ssl

import pytest
from structlog.testing import capture_logs

from tests.eventually import eventually
from tests.unit.gateway.conftest import OpenSecure


@pytest.mark.covers("SEC-25")
async def test_renewed_files_hold_for_the_next_station_and_cut_nobody(open_secure: OpenSecure) -> None:
    secure = await open_secure()
    before = await secure.ask()
    renewed = secure.authority.server()
    renewed.files(secure.folder, "server")
    with capture_logs() as lines:
        assert secure.keyring.reload()
    assert [line["event"] for line in lines if line["log_level"] == "info"] == ["tls_reloaded"]
    after = await secure.dial(secure.client())
    shown = after.writer.get_extra_info("ssl_object").getpeercert()
    assert int(shown["serialNumber"], 16) == renewed.certificate.serial_number
    assert await before.call() == [3, "hb", {}]


@pytest.mark.parametrize("spoil", ["missing", "garbled", "of another key"])
async def test_files_that_do_not_serve_leave_the_old_ones_in_use(open_secure: OpenSecure, spoil: str) -> None:
    secure = await open_secure()
    certificate, key = secure.server
    match spoil:
        case "missing":
            certificate.unlink()
        case "garbled":
            certificate.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        case _:
            key.write_text(secure.authority.server().key_pem)
    with capture_logs() as lines:
        assert not secure.keyring.reload()
    (told,) = lines
    assert (told["event"], told["log_level"]) == ("tls_not_reloaded", "error")
    assert str(certificate) in told["reason"]
    assert (await secure.ask()).status == 101


async def test_changed_files_are_found_without_being_told(
    open_secure: OpenSecure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("csms.gateway.keyring.LOOK_EVERY_S", 0.01)
    secure = await open_secure()
    watching = secure.doors.tasks.spawn(secure.keyring.watch(), name="watch")
    roots = secure.folder / "roots.pem"
    roots.write_text(secure.authority.pem + secure.strangers.pem)
    secure.doors.registry.add("CP-3", security_profile=3)

    async def let_in() -> bool:
        try:
            return (await secure.ask("/CP-3", secure.strangers.station("CP-3"))).status == 101
        except (ssl.SSLError, ConnectionError, asyncio.IncompleteReadError):
            return False

    await eventually(let_in)
    watching.cancel()
