"""A whole node behind TLS: the same stations, at another port."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from simulators.bench.servers import make_certificate
from simulators.v16 import Station16
from tests.integration.conftest import House

StartHouse = Callable[..., Awaitable[House]]


@pytest.mark.covers("L12")
async def test_a_station_charges_over_tls_and_an_open_door_stays_beside_it(
    start_house: StartHouse, tmp_path: Path
) -> None:
    certificate, key = make_certificate(tmp_path)
    house = await start_house(tls_port=0, tls_certificate=certificate, tls_key=key)
    await house.token()
    await house.station("OPEN")
    await house.register("CLOSED", security_profile=2, password="0123456789abcdef")
    _, secure = house.node.listeners
    trust = ssl.create_default_context(cafile=certificate)
    url = f"wss://127.0.0.1:{secure.port}"
    station = Station16("CLOSED", url, password="0123456789abcdef", tls=trust)
    house.stations.append(station)
    await station.start()
    async with asyncio.timeout(10):
        await station.connected.wait()
        await house.stations[0].connected.wait()
        station.begin()
        station.charge(wh=700)
        station.end()
        await station.drained()
    (session,) = await house.sessions(station="CLOSED")
    assert (session["energy_wh"], session["active"]) == (700, False)


async def test_only_tls_of_today_is_spoken(start_house: StartHouse, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    house = await start_house(tls_port=0, tls_certificate=certificate, tls_key=key)
    _, secure = house.node.listeners
    trust = ssl.create_default_context(cafile=certificate)
    _, writer = await asyncio.open_connection("127.0.0.1", secure.port, ssl=trust)
    assert writer.get_extra_info("ssl_object").version() in {"TLSv1.2", "TLSv1.3"}
    writer.transport.abort()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.load_verify_locations(certificate)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    def dial() -> None:
        with socket.create_connection(("127.0.0.1", secure.port), 10) as raw:
            old.wrap_socket(raw, server_hostname="127.0.0.1")

    with pytest.raises(ssl.SSLError):
        await asyncio.to_thread(dial)
