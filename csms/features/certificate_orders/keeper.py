"""Looks after certificate orders, beside all other workers."""

import asyncio

import structlog

from csms.features.certificate_orders.courier import Courier
from csms.features.certificate_orders.signer import Signer
from csms.ports.journal import JournalUnavailable
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 0.5


class OrderKeeper:
    """Has orders signed and brings certificates to stations; a house without an authority only brings them."""

    def __init__(self, *, signer: Signer | None, courier: Courier, every_s: float = LOOK_EVERY_S) -> None:
        self._signer = signer
        self._courier = courier
        self._every_s = every_s

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                if self._signer is not None:
                    await self._signer.look()
                await self._courier.look()
            except (JournalUnavailable, *AWAY) as error:
                log.warning("certificate_orders_wait", error=str(error))
            await asyncio.sleep(self._every_s)
