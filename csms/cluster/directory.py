"""Who owns a station, for all nodes to look up; a hint, for the epoch in Postgres is the truth."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from redis.asyncio import Redis

from csms.cluster.client import AGAIN_S, AWAY
from csms.cluster.keys import Keys

log = structlog.get_logger(__name__)

NODE_TTL_S = 15
NOBODY = "*"
"""Who claims a station that may have no line any more; no node can be called so."""
EXPELLED = ""
BEAT_S = 4.0
ANNOUNCE = """
local known = redis.call('HGET', KEYS[1], 'epoch')
if known and tonumber(known) > tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'node', ARGV[1], 'epoch', ARGV[2], 'protocol', ARGV[3])
redis.call('PUBLISH', ARGV[4], ARGV[5])
return 1
"""
WITHDRAW = """
local known = redis.call('HGET', KEYS[1], 'epoch')
if known and tonumber(known) <= tonumber(ARGV[1]) then return redis.call('DEL', KEYS[1]) end
return 0
"""


@dataclass(frozen=True, slots=True)
class Owner:
    """Where a station is connected."""

    node: str
    epoch: int
    protocol: str


class RedisDirectory:
    """Announces in the background, so that charging never waits for Redis.

    While Redis is away the wishes pile up, one a station; afterwards, and whenever Redis was
    emptied, everything that this node owns is announced again (`owned` tells what that is).
    """

    def __init__(
        self, *, client: Redis, keys: Keys, node: str, owned: Callable[[], Mapping[str, tuple[int, str]]]
    ) -> None:
        self._client = client
        self._keys = keys
        self._node = node
        self._owned = owned
        self._wishes: dict[str, tuple[int, str | None]] = {}
        self._wished = asyncio.Event()
        self.available = True

    def announce(self, station: str, epoch: int, protocol: str) -> None:
        """Tell all nodes that this one owns the station."""
        self._wish(station, epoch, protocol)

    def withdraw(self, station: str, epoch: int) -> None:
        """Tell all nodes that the station left, unless a newer epoch was announced."""
        self._wish(station, epoch, None)

    def expel(self, station: str, epoch: int) -> None:
        """Have the line of the station closed, whichever node it stands on, unless a newer epoch was announced."""
        self._wish(station, epoch, EXPELLED)

    async def lookup(self, station: str) -> Owner | None:
        """Return the living owner of a station; raises what the client raises."""
        found: Any = await self._client.hgetall(self._keys.owner(station))
        if not found or not await self._client.exists(self._keys.node(found["node"])):
            return None
        return Owner(found["node"], int(found["epoch"]), found["protocol"])

    async def leave(self) -> None:
        """Take down the node's sign of life."""
        try:
            await self._client.delete(self._keys.node(self._node))
        except AWAY as error:
            log.info("directory_not_left", error=str(error))

    def _wish(self, station: str, epoch: int, protocol: str | None) -> None:
        """Note a wish; the late leave of an older line does not undo the welcome of a newer one (Q9)."""
        known = self._wishes.get(station)
        if known is None or known[0] <= epoch:
            self._wishes[station] = (epoch, protocol)
        self._wished.set()

    async def carry_out(self) -> None:
        """Carry out wishes as they come, until cancelled."""
        while True:
            await self._wished.wait()
            self._wished.clear()
            wishes, self._wishes = self._wishes, {}
            try:
                await self._write(wishes)
            except AWAY as error:
                self._note(available=False, error=str(error))
                newer, self._wishes = self._wishes, wishes
                for station, (epoch, protocol) in newer.items():
                    self._wish(station, epoch, protocol)
                self._wished.set()
                await asyncio.sleep(AGAIN_S)
            else:
                self._note(available=True)

    async def _write(self, wishes: Mapping[str, tuple[int, str | None]]) -> None:
        pipe = self._client.pipeline(transaction=False)
        for station, (epoch, protocol) in wishes.items():
            key = self._keys.owner(station)
            if protocol:
                notice = f"{epoch} {self._node} {station}"
                pipe.eval(ANNOUNCE, 1, key, self._node, str(epoch), protocol, self._keys.claims, notice)
                continue
            pipe.eval(WITHDRAW, 1, key, str(epoch))
            if protocol == EXPELLED:
                pipe.publish(self._keys.claims, f"{epoch} {NOBODY} {station}")
        await pipe.execute()

    async def beat(self) -> None:
        """Keep the node's sign of life, until cancelled."""
        while True:
            try:
                fresh = await self._client.set(self._keys.node(self._node), "alive", ex=NODE_TTL_S, get=True) is None
            except AWAY as error:
                self._note(available=False, error=str(error))
            else:
                self._note(available=True)
                if fresh:
                    self._announce_all()
            await asyncio.sleep(BEAT_S if self.available else AGAIN_S)

    def _announce_all(self) -> None:
        for station, (epoch, protocol) in self._owned().items():
            self._wish(station, epoch, protocol)

    def _note(self, *, available: bool, error: str = "") -> None:
        if self.available and not available:
            log.warning("redis_unavailable", error=error)
        elif available and not self.available:
            log.warning("redis_available")
            self._announce_all()
        self.available = available


class Claims(Protocol):
    """Who is told what others claim."""

    def superseded(self, station: str, epoch: int) -> None:
        """Another node has a line of the station."""

    def expelled(self, station: str, epoch: int) -> None:
        """Nobody may have the line any more that the station had."""

    async def catch_up(self) -> None:
        """Find out what was claimed before now: nobody could tell."""


async def listen_for_claims(client: Redis, keys: Keys, node: str, claims: Claims) -> None:
    """Tell of every station that others claim, until cancelled; outages are waited out."""
    while True:
        try:
            async with client.pubsub() as channel:
                await channel.subscribe(keys.claims)
                while True:
                    message = await channel.get_message(timeout=10)
                    if message is not None and message["type"] == "message":
                        _hear(str(message["data"]), node, claims)
                    elif message is not None:  # the server listens for us from now on
                        await claims.catch_up()
        except AWAY:
            await asyncio.sleep(AGAIN_S)


def _hear(notice: str, node: str, claims: Claims) -> None:
    try:
        epoch, claimer, station = notice.split(" ", 2)
        if claimer == NOBODY:
            claims.expelled(station, int(epoch))
        elif claimer != node:
            claims.superseded(station, int(epoch))
    except ValueError:  # of another version of the program, or none of ours
        log.warning("claim_not_read", notice=notice)
