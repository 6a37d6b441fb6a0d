"""Brings certificates to the stations that asked for them, when they are there (SEC-42, SEC-44)."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import structlog

from csms.domain import remote
from csms.domain.station.signing import Stage
from csms.features.certificate_orders.queue import OrderQueue, ToSend
from csms.kit.tasks import Tasks
from csms.ports.commands import CallOutcome, CallReport, CallRequest, Phrasebook, StationCalls, Unsupported
from csms.ports.journal import JournalUnavailable
from csms.ports.registry import StationRegistry
from csms.storage.engine import AWAY
from csms.web.desk import Fault

log = structlog.get_logger(__name__)

AT_ONCE = 50
MOST_DELIVERIES = 3
SOON_S, AGAIN_S = 5.0, 60.0
BY = "house"
OUTCOMES = {outcome.value: outcome for outcome in CallOutcome}
UNSENT = frozenset({CallOutcome.OFFLINE, CallOutcome.BUSY, CallOutcome.NOT_ALLOWED})
UNHEARD = frozenset({CallOutcome.TIMED_OUT, CallOutcome.DISCONNECTED})


class Courier:
    """Sends each certificate once, and again only where nobody knows whether it arrived: three times at the most."""

    def __init__(
        self,
        *,
        queue: OrderQueue,
        calls: StationCalls,
        phrasebook: Phrasebook,
        check: Callable[[str, str, bytes], Sequence[Fault]],
        registry: StationRegistry,
        tasks: Tasks,
        call_timeout_s: float,
    ) -> None:
        self._queue = queue
        self._calls = calls
        self._phrasebook = phrasebook
        self._check = check
        self._registry = registry
        self._tasks = tasks
        self._call_timeout_s = call_timeout_s
        self._under_way: set[asyncio.Task[None]] = set()

    async def look(self) -> int:
        """Send what can be sent, and return how much that is; ends are waited for elsewhere."""
        for lost, deliveries, outcome in await self._queue.lost():
            await self._end(lost, deliveries, OUTCOMES.get(outcome or "", CallOutcome.DISCONNECTED), None)
        room = AT_ONCE - len(self._under_way)
        taken = await self._queue.to_send(room) if room else []
        for order in taken:
            task = self._tasks.spawn(self._bring(order), name=f"certificate/{order.station_id}")
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(taken)

    async def _bring(self, order: ToSend) -> None:
        try:
            await self._send(order)
        except (JournalUnavailable, *AWAY) as error:  # whether it was sent is looked up later
            log.warning("certificate_orders_wait", error=str(error))

    async def _send(self, order: ToSend) -> None:
        protocol = await self._calls.protocol(order.station_id)
        if protocol is None:
            await self._queue.unsent(order.id, SOON_S)
            return
        try:
            action, payload = self._phrasebook.put(
                protocol,
                msgspec.convert(
                    {"chain": order.chain, "kind": order.kind, "request_id": order.request_id},
                    remote.DeliverCertificate,
                ),
            )
        except (Unsupported, msgspec.ValidationError) as unsayable:
            await self._give_up(order, "unsayable", str(unsayable))
            return
        raw = msgspec.json.encode(payload)
        if (why := await self._too_long(order)) or (faults := self._check(protocol, action, raw)):
            await self._give_up(order, "chain-too-long" if why else "unsayable", why or faults[0].message)
            return
        known = await self._registry.find(order.station_id)
        within_s = self._call_timeout_s if known is None else known.timeout(self._call_timeout_s)
        report = await self._calls.call(
            CallRequest(order.call_id, order.station_id, action, raw.decode(), within_s, BY)
        )
        await self._end(order.id, order.deliveries, report.outcome, report)

    async def _too_long(self, order: ToSend) -> str | None:
        room = await self._queue.room(order.station_id)
        if room is None or len(order.chain) <= room:
            return None
        return f"the chain has {len(order.chain)} characters, and the station takes {room}"

    async def _give_up(self, order: ToSend, reason: str, why: str) -> None:
        log.warning("certificate_not_sent", station=order.station_id, order=order.id, why=why)
        await self._queue.ended(order.id, Stage.FAILED, reason, why[:500])

    async def _end(self, order: str, deliveries: int, outcome: CallOutcome, report: CallReport | None) -> None:
        """Note how a delivery ended; what the station answered is on record by then, by whichever way it came."""
        if outcome in UNSENT:
            await self._queue.unsent(order, SOON_S)
        elif outcome in UNHEARD and deliveries < MOST_DELIVERIES:
            await self._queue.again(order, AGAIN_S * deliveries, outcome.value)
        elif outcome is CallOutcome.ERROR:
            told = None if report is None else f"{report.code}: {report.description}"[:500]
            await self._queue.ended(order, Stage.REFUSED, "error", told)
        else:
            await self._queue.ended(order, Stage.UNANSWERED, outcome.value)
