"""Houses that sign certificates of stations, and stations that come in by what they are given."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from csms.kit.x509 import Certificate
from simulators.station import SimulatedStation
from tests.conftest import fresh_database
from tests.eventually import eventually
from tests.integration.conftest import House, open_house
from tests.papers import Authority, Paper

O_NAME = "Test"


@dataclass
class Office:
    """A house with an authority of its own (below `root`), an open door and a door for certificates."""

    house: House
    root: Authority
    authority: Authority
    folder: Path

    @property
    def url(self) -> str:
        return f"wss://localhost:{self.house.node.listeners[1].port}"

    def trust(self, paper: Paper | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context(cadata=self.root.pem)
        if paper is not None:
            context.load_cert_chain(*paper.files(self.folder, "client"))
        return context

    def secure(self, name: str, **more: Any) -> SimulatedStation:
        """Return a station of profile 3 with a certificate of the root's; it is neither registered nor started."""
        paper = self.root.station(name, o=O_NAME)
        station = self.house.simulated(name, tls=self.trust(paper), **more)
        station._url = self.url
        station.certificate.organisation = O_NAME
        return station

    async def started(self, name: str, *, kind: str = "EC", **more: Any) -> SimulatedStation:
        """Return a connected station of profile 3."""
        await self.house.register(name, security_profile=3)
        station = self.secure(name, **more)
        station.certificate.kind = kind
        await station.start()
        await eventually(station.connected.is_set)
        return station

    def shown_by(self, name: str) -> Certificate | None:
        """Return the certificate that a station came in by."""
        line = self.house.node.house._actors[name].line
        return None if line is None else line.proof.certificate


@asynccontextmanager
async def open_office(
    database: str, redis_url: str, folder: Path, *, kind: str = "EC", **settings: Any
) -> AsyncIterator[Office]:
    root = Authority(kind, called="Root")
    authority = Authority(kind, called="Issuing", above=root)
    server = root.server(kind).files(folder, "server")
    certificate, key = authority.paper.files(folder, "ca")
    (folder / "root.pem").write_text(root.pem)
    house = await open_house(
        database,
        redis_url,
        **{
            "node": "office",
            "listeners": [{"port": 0, "profiles": [0, 1]}, {"port": 0, "profiles": [2, 3]}],
            "tls_certificate": server[0],
            "tls_key": server[1],
            "tls_client_ca": folder / "root.pem",
            "ca_certificate": certificate,
            "ca_key": key,
            "cpo_names": [O_NAME],
            "call_gap_s": 0,
            "connects_per_minute": 100_000,
            **settings,
        },
    )
    yield Office(house, root, authority, folder)
    await house.stop()


def office_of(**settings: Any) -> Any:
    """Return a fixture: an office of these settings, for all tests of a module."""

    @pytest.fixture(scope="module")
    async def office(
        postgres: EmbeddedPostgres, valkey: EmbeddedValkey, tmp_path_factory: pytest.TempPathFactory
    ) -> AsyncIterator[Office]:
        folder = tmp_path_factory.mktemp("office")
        async with (
            fresh_database(postgres) as database,
            open_office(database, valkey.url, folder, **settings) as opened,
        ):
            yield opened

    return office


async def orders(house: House, station: str | None = None, **filters: Any) -> list[dict[str, Any]]:
    """Return the orders of one station, or of all, the youngest first."""
    path = "/certificate-orders" if station is None else f"/stations/{station}/certificate-orders"
    answer = await house.http.get(path, params=filters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def order_at(house: House, station: str, stage: str) -> dict[str, Any]:
    """Return the youngest order of a station once it is at a stage."""

    async def look() -> dict[str, Any] | None:
        found = await orders(house, station)
        return found[0] if found and found[0]["stage"] == stage else None

    found: dict[str, Any] = await eventually(look)
    return found
