"""A certificate is renewed under a server that runs."""

import asyncio
import signal
import ssl
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.e2e.conftest import Program, free_port
from tests.eventually import eventually
from tests.papers import Authority


@pytest.mark.covers("SEC-25")
async def test_a_hangup_signal_makes_the_server_show_its_new_certificate_and_cuts_nobody(tmp_path: Path) -> None:
    authority, port = Authority(), free_port()
    certificate, key = authority.server().files(tmp_path, "server")
    program = Program(tmp_path, CSMS_TLS_PORT=str(port), CSMS_TLS_CERTIFICATE=str(certificate), CSMS_TLS_KEY=str(key))
    trust = ssl.create_default_context(cadata=authority.pem)

    async def shown() -> int:
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust)
        serial = writer.get_extra_info("ssl_object").getpeercert()["serialNumber"]
        writer.transport.abort()
        return int(serial, 16)

    async def is_new() -> bool:
        return await shown() == renewed.certificate.serial_number

    await program.start()
    try:
        await program.post("/stations", id="S")
        url, spoken = f"wss://127.0.0.1:{port}/S", [Subprotocol("ocpp1.6")]
        async with connect(url, subprotocols=spoken, ssl=trust) as station:
            before = await shown()
            renewed = authority.server()
            renewed.files(tmp_path, "server")
            assert program.process is not None
            program.process.send_signal(signal.SIGHUP)
            await eventually(is_new, within=3)
            assert before != renewed.certificate.serial_number
            await station.send('[2,"1","Heartbeat",{}]')
            assert str(await station.recv()).startswith('[3,"1",')
    finally:
        await program.stop()
    assert program.process.returncode == 0
    assert "tls_reloaded" in (tmp_path / "program.log").read_text()
