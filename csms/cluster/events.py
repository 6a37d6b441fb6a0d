"""Facts to Redis Streams, and from there to whoever follows live."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis

from csms.cluster.client import AWAY
from csms.cluster.keys import Keys
from csms.ports.events import Fact, facts_decoder
from csms.ports.live import LiveFact

log = structlog.get_logger(__name__)

KEPT_ENTRIES = 50_000
BLOCK_MS = 5_000
PAGE = 200


class StreamPublisher:
    """One entry of the stream for each group commit; the oldest entries are dropped in time."""

    def __init__(self, *, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys

    async def publish(self, batches: Sequence[str]) -> None:
        """Add the batches in order; an error may leave some of them added."""
        pipe = self._client.pipeline(transaction=False)
        for batch in batches:
            pipe.xadd(self._keys.events, {"facts": batch}, maxlen=KEPT_ENTRIES, approximate=True)
        await pipe.execute()


class Subscription:
    """One follower: a bounded queue. One that is full is cut off, and its client resumes by id."""

    def __init__(self, *, accepts: Callable[[Fact], bool], room: int) -> None:
        self._accepts = accepts
        self._room = room
        self._facts: deque[LiveFact] = deque()
        self._changed = asyncio.Event()
        self.lagged = False

    def offer(self, live: LiveFact) -> None:
        """Queue a fact that the follower wants."""
        if self.lagged or not self._accepts(live.fact):
            return
        if len(self._facts) >= self._room:
            self.lagged = True
        else:
            self._facts.append(live)
        self._changed.set()

    async def next(self, *, within_s: float) -> LiveFact | None:
        """Return the next fact; None if there is none in time. Check `lagged` after it."""
        if not self._facts and not self.lagged:
            self._changed.clear()
            try:
                async with asyncio.timeout(within_s):
                    await self._changed.wait()
            except TimeoutError:
                return None
        return self._facts.popleft() if self._facts else None


class EventReader:
    """One reader a process, however many follow."""

    def __init__(self, *, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._followers: set[Subscription] = set()

    async def run(self) -> None:
        """Read until cancelled; outages are waited out."""
        position = "$"
        while True:
            try:
                found: Any = await self._client.xread({self._keys.events: position}, count=PAGE, block=BLOCK_MS)
            except AWAY:
                await asyncio.sleep(0.5)
                continue
            for _, entries in found or ():
                for entry, fields in entries:
                    position = entry
                    for live in _facts_in(entry, fields["facts"]) if self._followers else ():
                        for follower in self._followers:
                            follower.offer(live)

    async def follow(
        self, *, accepts: Callable[[Fact], bool], after: str | None, room: int = 1000, quiet_s: float = 15.0
    ) -> AsyncIterator[LiveFact | None]:
        """Yield facts as they come, those after the id `after` first; None after each `quiet_s` of silence.

        Ends when the follower falls too far behind.
        """
        follower = Subscription(accepts=accepts, room=room)
        self._followers.add(follower)
        try:
            last = after or ""
            if after is not None:
                async for live in self._missed(after, accepts):
                    last = live.id
                    yield live
            while not follower.lagged:
                live_now = await follower.next(within_s=quiet_s)
                if live_now is None or _place(live_now.id) > _place(last):
                    yield live_now
        finally:
            self._followers.discard(follower)

    async def _missed(self, after: str, accepts: Callable[[Fact], bool]) -> AsyncIterator[LiveFact]:
        entry = after.partition(".")[0]
        while True:
            page: Any = await self._client.xrange(self._keys.events, min=entry, count=PAGE)
            for name, fields in page:
                for live in _facts_in(name, fields["facts"]):
                    if _place(live.id) > _place(after) and accepts(live.fact):
                        yield live
            if len(page) < PAGE:
                return
            after, entry = f"{page[-1][0]}.999999", f"({page[-1][0]}"


def _facts_in(entry: str, text: str) -> list[LiveFact]:
    return [LiveFact(f"{entry}.{n}", fact) for n, fact in enumerate(facts_decoder.decode(text))]


def _place(live_id: str) -> tuple[int, int, int]:
    """Return what live ids are ordered by; anything else comes before all."""
    try:
        entry, _, turn = live_id.partition(".")
        time, _, number = entry.partition("-")
        return (int(time), int(number or 0), int(turn or 0))
    except ValueError:
        return (0, 0, 0)
