"""How much of the past the stream of facts keeps."""

import pytest
from redis.asyncio import Redis

from csms.cluster import events
from csms.cluster.events import StreamPublisher
from csms.cluster.keys import Keys


async def test_the_oldest_entries_are_dropped_in_time(
    redis: Redis, keys: Keys, publisher: StreamPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEPT_ENTRIES", 100)
    for _ in range(10):
        await publisher.publish(["[]"] * 100)
    assert 100 <= await redis.xlen(keys.events) <= 300


async def test_the_stream_keeps_the_fewer_entries_the_larger_they_are(
    redis: Redis, keys: Keys, publisher: StreamPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "KEPT_BYTES", 2**20)
    large = "x" * 2**12
    for _ in range(20):
        await publisher.publish([large] * 100)
    entries = await redis.xlen(keys.events)
    assert events.FEWEST_KEPT <= entries < 2 * 2**20 / len(large), "trimmed by whole nodes of the stream, and no later"
