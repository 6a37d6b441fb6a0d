"""Looks after certificate orders, beside all other workers."""

import asyncio

import structlog

from csms.features.certificate_orders.courier import Courier
from csms.features.certificate_orders.queue import OrderQueue
from csms.features.certificate_orders.signer import Signer
from csms.kit.metrics import Metrics
from csms.ports.journal import JournalUnavailable
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

LOOK_EVERY_S, COUNT_EVERY = 0.5, 20
REST_S = 5.0
"""How long a database is left alone that is away."""


class OrderKeeper:
    """Has orders signed and brings certificates to stations; a house without an authority only brings them."""

    def __init__(
        self,
        *,
        queue: OrderQueue,
        signer: Signer | None,
        courier: Courier,
        metrics: Metrics,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._queue = queue
        self._signer = signer
        self._courier = courier
        self._metrics = metrics
        self._every_s = every_s

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        looks = 0
        while True:
            try:
                if looks % COUNT_EVERY == 0:
                    await self.count()
                if self._signer is not None:
                    await self._signer.look()
                await self._courier.look()
            except (JournalUnavailable, *AWAY) as error:
                log.warning("certificate_orders_wait", error=str(error))
                await asyncio.sleep(REST_S)
            looks += 1
            await asyncio.sleep(self._every_s)

    async def count(self) -> None:
        """Tell how many stations wait for certificates; what is over by now is not brought any more."""
        await self._queue.expire()
        for stage, count in (await self._queue.waiting()).items():
            self._metrics.certificate_orders.labels(stage).set(count)
