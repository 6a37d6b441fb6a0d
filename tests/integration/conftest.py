"""Whole nodes inside the test's process, on real servers and real sockets."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from csms.embedded.postgres import EmbeddedPostgres
from csms.embedded.valkey import EmbeddedValkey
from csms.node import Node, Servers
from csms.settings import Settings
from simulators.behaviour import Behaviour
from simulators.station import SimulatedStation
from simulators.v16 import Station16
from simulators.v201 import Station201
from tests.conftest import NO_TLS, fresh_database

KEY = "test-key-of-the-suite"
SETTINGS = {
    "ocpp_host": "127.0.0.1",
    "ocpp_port": 0,
    "web_port": 0,
    "files_port": 0,
    "files_tls_port": 0,
    "ftp_port": 0,
    "bootstrap_api_key": KEY,
    "call_timeout_s": 5.0,
    "call_gap_s": 0.0,
    "database_pool": 3,
    "drain_pause_s": 0.0,
}
"""What a house of the suite is told; it does not rest between two calls to a station, which only few tests are about."""


class House:
    """A node, its REST client, and stations that are stopped with it."""

    def __init__(self, node: Node, http: httpx.AsyncClient) -> None:
        self.node = node
        self.http = http
        self.stations: list[SimulatedStation] = []

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.node.listeners[0].port}"

    async def register(self, station: str, **more: Any) -> dict[str, Any]:
        answer = await self.http.post("/stations", json={"id": station, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def token(self, value: str = "TAG-1", **more: Any) -> dict[str, Any]:
        answer = await self.http.post("/tokens", json={"value": value, **more})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def station(
        self,
        station: str,
        *,
        version: str = "1.6",
        register: bool = True,
        behaviour: Behaviour | None = None,
        **more: Any,
    ) -> SimulatedStation:
        if register:
            await self.register(station)
        simulated = self.simulated(station, version=version, behaviour=behaviour, **more)
        await simulated.start()
        return simulated

    def simulated(self, station: str, *, version: str = "1.6", **more: Any) -> SimulatedStation:
        """Return a station that is stopped with the house; whoever asked for it starts it."""
        kind = Station16 if version == "1.6" else Station201
        simulated = kind(station, self.url, **more)
        self.stations.append(simulated)
        return simulated

    async def sessions(self, **filters: Any) -> list[dict[str, Any]]:
        answer = await self.http.get("/sessions", params=filters)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def stop(self) -> None:
        for station in self.stations:
            await station.stop()
        await self.http.aclose()
        await self.node.stop()
        shutil.rmtree(self.node.settings.data_folder)


async def open_house(database: str, redis_url: str, **settings: Any) -> House:
    data_folder = Path(tempfile.mkdtemp(prefix="csms-"))
    given = Settings(**SETTINGS | {"data_folder": data_folder} | settings)
    node = Node(given, Servers(database, redis_url))
    await node.start()
    assert node.web is not None
    http = httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{node.web.port}/api/v1", headers={"X-API-Key": KEY}, timeout=15, verify=NO_TLS
    )
    return House(node, http)


@pytest.fixture
async def start_house(database: str, redis_url: str) -> AsyncIterator[Callable[..., Awaitable[House]]]:
    houses: list[House] = []

    async def start(**settings: Any) -> House:
        redis = settings.pop("redis", redis_url)
        house = await open_house(database, redis, **{"node": f"node-{len(houses)}", **settings})
        houses.append(house)
        return house

    yield start
    for house in reversed(houses):
        await house.stop()


@pytest.fixture
async def house(start_house: Callable[..., Awaitable[House]]) -> House:
    return await start_house()


@pytest.fixture(scope="module")
async def shared_house(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> AsyncIterator[House]:
    """A house for tests that come in large families and use a station each; nothing else may be told apart in it."""
    async with fresh_database(postgres) as database:
        house = await open_house(database, valkey.url, node="shared", connects_per_minute=100_000)
        yield house
        await house.stop()
