"""The rooms of the cluster on a real server, without a database, actors or lines."""

from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis

from csms.cluster import calls, directory, events
from csms.cluster.client import open_client
from csms.cluster.events import StreamPublisher
from csms.cluster.keys import Keys
from csms.kit import tasks as kit
from csms.kit.tasks import Tasks

OpenClient = Callable[..., Redis]


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (calls, directory, events):
        monkeypatch.setattr(module, "AGAIN_S", 0.02)
    monkeypatch.setattr(directory, "BEAT_S", 0.05)
    monkeypatch.setattr(calls, "GRACE_S", 0.2)
    monkeypatch.setattr(kit, "AGAIN_S", 0.02)


@pytest.fixture
def keys() -> Keys:
    return Keys("test")


@pytest.fixture
async def connect(redis_url: str) -> AsyncIterator[OpenClient]:
    """Opens clients, by default of the server itself."""
    opened: list[Redis] = []

    def connect_to(url: str = redis_url) -> Redis:
        opened.append(open_client(url))
        return opened[-1]

    yield connect_to
    for client in opened:
        await client.aclose()


@pytest.fixture
async def redis(connect: OpenClient) -> Redis:
    return connect()


@pytest.fixture
async def tasks(connect: OpenClient) -> AsyncIterator[Tasks]:
    """Ends before the clients do."""
    owner = Tasks()
    yield owner
    await owner.stop()


@pytest.fixture
def publisher(redis: Redis, keys: Keys) -> StreamPublisher:
    return StreamPublisher(client=redis, keys=keys)
