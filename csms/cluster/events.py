"""Facts to Redis Streams, and from there to whoever follows live."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis

from csms.cluster.client import AGAIN_S, AWAY
from csms.cluster.keys import Keys
from csms.ports.events import Fact, facts_decoder
from csms.ports.live import LiveFact

log = structlog.get_logger(__name__)

KEPT_ENTRIES = 50_000
KEPT_BYTES = 64 * 2**20
FEWEST_KEPT = 64
BLOCK_MS = 5_000
PAGE = 200


class StreamPublisher:
    """One entry of the stream for each group commit; the oldest are dropped in time, the sooner the larger they are."""

    def __init__(self, *, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._usual_size = 1.0

    async def publish(self, batches: Sequence[str]) -> None:
        """Add the batches in order; an error may leave some of them added."""
        pipe = self._client.pipeline(transaction=False)
        for batch in batches:
            self._usual_size += (len(batch) - self._usual_size) / FEWEST_KEPT
            kept = min(KEPT_ENTRIES, max(FEWEST_KEPT, int(KEPT_BYTES / self._usual_size)))
            pipe.xadd(self._keys.events, {"facts": batch}, maxlen=kept, approximate=True)
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
    """One reader a process, however many follow; it reads nothing while nobody does."""

    def __init__(self, *, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._followers: set[Subscription] = set()
        self._wanted = asyncio.Event()
        self._placed = asyncio.Event()
        self._position = ""

    async def run(self) -> None:
        """Read until cancelled; outages are waited out, and what came meanwhile is read after them."""
        while True:
            await self._wanted.wait()
            try:
                await self._read()
            except AWAY:
                await asyncio.sleep(AGAIN_S)

    async def _read(self) -> None:
        """Read from the end of the stream on, until nobody follows any more."""
        if not self._placed.is_set():
            newest: Any = await self._client.xrevrange(self._keys.events, count=1)
            self._position = str(newest[0][0]) if newest else "0-0"
            self._placed.set()
        while self._followers:
            found: Any = await self._client.xread({self._keys.events: self._position}, count=PAGE, block=BLOCK_MS)
            for _, entries in found or ():
                for entry, fields in entries:
                    self._position = entry
                    for live in _facts_in(entry, fields):
                        for follower in self._followers:
                            follower.offer(live)
        self._wanted.clear()
        self._placed.clear()

    async def follow(
        self, *, accepts: Callable[[Fact], bool], after: str | None, room: int = 1000, quiet_s: float = 15.0
    ) -> AsyncIterator[LiveFact | None]:
        """Yield facts as they come, those after the id `after` first; None after each `quiet_s` of silence.

        Facts that the stream has dropped since are left out; an id that is none comes before all.
        Ends when the follower falls too far behind.
        """
        follower = Subscription(accepts=accepts, room=room)
        self._followers.add(follower)
        self._wanted.set()
        try:
            while not await self._is_placed(quiet_s):
                yield None
            seen = (0, 0, 0)
            if after is not None:
                known = _place(after)
                async for live in self._read_from(known):
                    seen = _place(live.id)
                    if seen > known and accepts(live.fact):
                        yield live
            while not follower.lagged:
                live_now = await follower.next(within_s=quiet_s)
                if live_now is None or _place(live_now.id) > seen:
                    yield live_now
        finally:
            self._followers.discard(follower)

    async def _is_placed(self, within_s: float) -> bool:
        """Whether the reader knows, in time, from where it reads: what comes after that is not missed."""
        try:
            async with asyncio.timeout(within_s):
                return await self._placed.wait()
        except TimeoutError:
            return False

    async def _read_from(self, place: "Place") -> AsyncIterator[LiveFact]:
        """Yield all facts of the entry at a place, and of those after it."""
        begin = f"{min(place[0], LARGEST)}-{min(place[1], LARGEST)}"
        while True:
            try:
                page: Any = await self._client.xrange(self._keys.events, min=begin, count=PAGE)
            except AWAY:
                await asyncio.sleep(AGAIN_S)
                continue
            for entry, fields in page:
                for live in _facts_in(entry, fields):
                    yield live
            if len(page) < PAGE:
                return
            begin = f"({page[-1][0]}"


Place = tuple[int, int, int]
"""What live ids are ordered by: time and number of the entry, and the turn of the fact in it."""
LARGEST = 2**64 - 1


def _facts_in(entry: str, fields: Mapping[str, str]) -> list[LiveFact]:
    try:
        facts = facts_decoder.decode(fields.get("facts", ""))
    except msgspec.MsgspecError as error:  # of another version of the program, or none of ours
        log.warning("facts_not_read", entry=entry, error=str(error))
        return []
    return [LiveFact(f"{entry}.{n}", fact) for n, fact in enumerate(facts)]


def _place(live_id: str) -> Place:
    """Return the place of a live id; anything else comes before all."""
    try:
        entry, _, turn = live_id.partition(".")
        time, _, number = entry.partition("-")
        return (int(time), int(number or 0), int(turn or 0))
    except ValueError:
        return (0, 0, 0)
