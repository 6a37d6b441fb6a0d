"""A process with one role: what it serves of itself, and nothing else."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from csms.kit.failures import StartFailed
from csms.node import Node, Servers
from csms.settings import Settings
from tests.conftest import NO_TLS
from tests.eventually import eventually
from tests.integration.conftest import KEY
from tests.integration.strait import strait_to
from tests.integration.test_cli import unused_port

Start = Callable[..., Awaitable[Node]]


@pytest.fixture
async def start(database: str, redis_url: str) -> AsyncIterator[Start]:
    nodes: list[Node] = []

    async def begin(role: str, *, dsn: str = database, **settings: object) -> Node:
        given = {"ocpp_host": "127.0.0.1", "ocpp_port": 0, "web_port": 0, "health_port": 0, "bootstrap_api_key": KEY}
        node = Node(Settings(roles=frozenset({role}), node=role, **given | settings), Servers(dsn, redis_url))
        await node.start()
        nodes.append(node)
        return node

    yield begin
    for node in reversed(nodes):
        await node.stop()


def anybody(node: Node) -> httpx.AsyncClient:
    assert node.web is not None
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{node.web.port}", timeout=15, verify=NO_TLS)


@pytest.mark.parametrize("role", ["gateway", "worker", "api"])
async def test_every_process_says_whether_it_is_well_and_gives_its_metrics_to_who_has_a_key(
    start: Start, role: str
) -> None:
    async with anybody(await start(role)) as http:
        assert (await http.get("/healthz")).json() == {"status": "alive"}
        assert (await http.get("/readyz")).json()["parts"] == {"database": True, "redis": True}
        assert (await http.get("/metrics")).status_code == 401
        assert "csms_connections" in (await http.get("/metrics", headers={"X-API-Key": KEY})).text


@pytest.mark.parametrize("role", ["gateway", "worker"])
async def test_a_process_without_the_role_for_it_serves_nothing_of_the_platform(start: Start, role: str) -> None:
    async with anybody(await start(role)) as http:
        for path in ("/api/v1/stations", "/api/v1/events/stream"):
            assert (await http.get(path, headers={"X-API-Key": KEY})).status_code == 404


@pytest.mark.parametrize("role", ["worker", "api"])
async def test_a_process_that_writes_nothing_for_stations_notices_too_that_the_database_is_silent(
    start: Start, role: str, database: str
) -> None:
    async with strait_to(database) as strait, anybody(await start(role, dsn=strait.url)) as http:
        assert (await http.get("/readyz")).status_code == 200
        strait.mute()

        async def state() -> tuple[int, bool]:
            answer = await http.get("/readyz")
            return answer.status_code, answer.json()["parts"]["database"]

        assert await eventually(lambda: _is(state, (503, False)))
        strait.unmute()
        assert await eventually(lambda: _is(state, (200, True)))


async def _is(state: Callable[[], Awaitable[tuple[int, bool]]], wanted: tuple[int, bool]) -> bool:
    return await state() == wanted


async def test_a_port_for_health_that_is_taken_is_named(start: Start) -> None:
    port = unused_port()
    await start("worker", health_port=port)
    with pytest.raises(StartFailed, match=f"CSMS_HEALTH_PORT: cannot listen at 127.0.0.1:{port}: Address already in"):
        await start("gateway", health_port=port)
