"""Ask the owner of a station to call it, whichever node that is."""

import asyncio
import contextlib
from collections import OrderedDict
from typing import Any, Protocol

import msgspec
import structlog
from redis.asyncio import Redis

from csms.cluster.client import AGAIN_S, AWAY
from csms.cluster.directory import RedisDirectory
from csms.cluster.keys import Keys
from csms.kit.clock import Clock
from csms.kit.tasks import Tasks
from csms.ports.commands import CallOutcome, CallReport, CallRequest

log = structlog.get_logger(__name__)

GRACE_S = 2.0
MAX_STREAM = 10_000
REMEMBERED = 10_000
BLOCK_MS = 5_000
UNREAD_FOR_S = 3_600
"""How long a stream stays that nobody adds to: its node may be gone for good, and a call may hold a password."""


class LocalDoor(Protocol):
    """The stations that are connected here."""

    async def call(self, request: CallRequest) -> CallReport:
        """Call a station; `OFFLINE` if it is not connected here."""

    async def protocol(self, station: str) -> str | None:
        """Return the subprotocol of a station's connection here."""


class Envelope(msgspec.Struct, frozen=True):
    """A call on its way to another node. `expires_at` is in seconds of the epoch."""

    request: CallRequest
    reply_to: str
    expires_at: float


class ClusterCalls:
    """`StationCalls` over Redis. A call that was handed to a node is never handed to another."""

    def __init__(  # the parts of a node
        self,
        *,
        client: Redis,
        keys: Keys,
        node: str,
        directory: RedisDirectory,
        local: LocalDoor,
        clock: Clock,
        tasks: Tasks,
    ) -> None:
        self._client = client
        self._keys = keys
        self._node = node
        self._directory = directory
        self._local = local
        self._clock = clock
        self._tasks = tasks
        self._awaited: dict[str, asyncio.Future[CallReport]] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def call(self, request: CallRequest) -> CallReport:
        """Store the call, send it once, and return how it ended."""
        if await self._local.protocol(request.station) is not None:
            return await self._local.call(request)
        try:
            owner = await self._directory.lookup(request.station)
            if owner is None or owner.node == self._node:
                return CallReport(request.call_id, CallOutcome.OFFLINE)
            return await self._hand_over(request, owner.node)
        except AWAY as error:
            log.warning("call_not_handed_over", call=request.call_id, error=str(error))
            return CallReport(request.call_id, CallOutcome.BUSY)

    async def protocol(self, station: str) -> str | None:
        """Return the subprotocol of the station's connection; None while it is offline."""
        if (here := await self._local.protocol(station)) is not None:
            return here
        try:
            owner = await self._directory.lookup(station)
        except AWAY:
            return None
        return None if owner is None or owner.node == self._node else owner.protocol

    async def take_calls(self) -> None:
        """Carry out calls for stations here, until cancelled."""
        await self._read(self._keys.inbox(self._node), self._take_call)

    async def take_reports(self) -> None:
        """Pass on reports on calls from here, until cancelled."""
        await self._read(self._keys.replies(self._node), self._take_reply)

    async def _hand_over(self, request: CallRequest, node: str) -> CallReport:
        report: asyncio.Future[CallReport] = asyncio.get_running_loop().create_future()
        self._awaited[request.call_id] = report
        expires_at = self._clock.now().timestamp() + request.within_s
        envelope = Envelope(request, self._node, expires_at)
        try:
            with contextlib.suppress(*AWAY):  # it may be there all the same: only a report can tell
                await self._post(self._keys.inbox(node), envelope)
            async with asyncio.timeout(request.within_s + GRACE_S):
                return await report
        except TimeoutError:
            return CallReport(request.call_id, CallOutcome.TIMED_OUT)
        finally:
            self._awaited.pop(request.call_id, None)

    async def _post(self, stream: str, message: msgspec.Struct) -> None:
        body = msgspec.json.encode(message).decode()
        pipe = self._client.pipeline(transaction=False)
        pipe.xadd(stream, {"body": body}, maxlen=MAX_STREAM, approximate=True)
        pipe.expire(stream, UNREAD_FOR_S)
        await pipe.execute()

    async def _read(self, stream: str, take: Any) -> None:
        position: str | None = None
        while True:
            try:
                position = position or await self._forget_earlier(stream)
                found: Any = await self._client.xread({stream: position}, count=100, block=BLOCK_MS)
            except AWAY:
                await asyncio.sleep(AGAIN_S)
                continue
            for _, entries in found or ():
                for entry, fields in entries:
                    position = entry
                    try:
                        take(fields.get("body", ""))
                    except msgspec.MsgspecError as error:  # of another version of the program, or none of ours
                        log.warning("message_not_read", stream=stream, entry=entry, error=str(error))
                await self._remove(stream, [entry for entry, _ in entries])

    async def _remove(self, stream: str, entries: list[str]) -> None:
        """Keep nothing of what was taken: it may hold a password."""
        with contextlib.suppress(*AWAY):
            await self._client.xdel(stream, *entries)

    async def _forget_earlier(self, stream: str) -> str:
        """Remove what was for an earlier life of this node, and return where to read from."""
        await self._client.delete(stream)
        return "0-0"

    def _take_call(self, body: str) -> None:
        envelope = msgspec.json.decode(body, type=Envelope)
        call_id = envelope.request.call_id
        if call_id in self._seen or envelope.expires_at < self._clock.now().timestamp():
            return
        self._seen[call_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._tasks.spawn(self._carry_out(envelope), name=f"call/{call_id}")

    async def _carry_out(self, envelope: Envelope) -> None:
        report = await self._local.call(envelope.request)
        try:
            await self._post(self._keys.replies(envelope.reply_to), report)
        except AWAY as error:
            log.warning("reply_lost", call=report.call_id, error=str(error))

    def _take_reply(self, body: str) -> None:
        report = msgspec.json.decode(body, type=CallReport)
        awaited = self._awaited.get(report.call_id)
        if awaited is not None and not awaited.done():
            awaited.set_result(report)
