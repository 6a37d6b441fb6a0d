"""The live stream: what happens comes at once, and what was missed comes first."""

import asyncio
import json
from typing import Any

import httpx

from tests.eventually import eventually
from tests.integration.conftest import House


class Follower:
    """Reads a stream of server-sent events in the background."""

    def __init__(self, http: httpx.AsyncClient, **params: str) -> None:
        self._http = http
        self._params = params
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def start(self, last_id: str | None = None) -> "Follower":
        self._task = asyncio.create_task(self._read({} if last_id is None else {"Last-Event-ID": last_id}))
        await asyncio.wait_for(self.connected.wait(), 10)
        return self

    async def _read(self, headers: dict[str, str]) -> None:
        async with self._http.stream("GET", "/events/stream", params=self._params, headers=headers, timeout=60) as got:
            assert got.headers["content-type"].startswith("text/event-stream")
            place = ""
            async for line in got.aiter_lines():
                self.connected.set()
                if line.startswith("id:"):
                    place = line[3:].strip()
                elif line.startswith("data:"):
                    self.events.append((place, json.loads(line[5:])))

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def types(self) -> list[str]:
        return [event["type"] for _, event in self.events]


async def test_facts_come_live_in_order_and_a_stream_goes_on_where_it_was_cut(house: House) -> None:
    await house.token("TAG-1")
    follower = await Follower(house.http, station="A").start()
    station = await house.station("A")
    await station.connected.wait()
    station.begin()
    station.charge(wh=100)
    await station.drained()
    await eventually(lambda: "SessionUpdated" in follower.types)
    await follower.stop()
    cut = follower.events[follower.types.index("SessionBegan")][0]

    station.end()
    await station.drained()
    again = await Follower(house.http, station="A").start(last_id=cut)
    await eventually(lambda: "SessionEnded" in again.types)
    await again.stop()
    told = {(event["entity"], event["key"], event["sequence"]) for _, event in (*follower.events, *again.events)}
    sessions = sorted(sequence for entity, _, sequence in told if entity == "session")
    assert sessions == list(range(1, len(sessions) + 1))
    assert again.events[0][0] > cut
    assert len({place for place, _ in again.events}) == len(again.events)


async def test_filters_keep_out_what_is_not_asked_for(house: House) -> None:
    only_statuses = await Follower(house.http, type="StatusChanged").start()
    everything = await Follower(house.http).start()
    for name in ("A", "B"):
        station = await house.station(name)
        await station.connected.wait()
    await eventually(lambda: {event["station"] for _, event in only_statuses.events} == {"A", "B"})
    await eventually(lambda: "StationBooted" in everything.types)
    assert set(only_statuses.types) == {"StatusChanged"}
    await only_statuses.stop()
    await everything.stop()
