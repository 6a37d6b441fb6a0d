"""After a boot a station is set right, if anything is wanted of it (Q135)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog

from csms.domain.fleet.configuration import wanted_of
from csms.features.configuration.repository import Configurations, as_rules
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

Begin = Callable[[Sequence[str]], Awaitable[None]]


class ConfigurationKeeper:
    """Has stations set right that booted and have stood for a while; nothing is sent where nothing is wanted."""

    def __init__(self, *, configurations: Configurations, settle_s: float, begin: Begin) -> None:
        self._configurations = configurations
        self._settle = timedelta(seconds=settle_s)
        self._begin = begin

    async def run(self, every_s: float = 10.0) -> None:
        """Look after boots again and again, until cancelled; of several workers one does it at a time."""
        while True:
            try:
                await self._configurations.after_boots(self._settle, self.look_after)
            except AWAY as error:
                log.warning("configurations_wait", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(every_s)

    async def look_after(self, stations: Sequence[str]) -> None:
        """Begin a round for those of which something is wanted."""
        rules = as_rules(await self._configurations.all())
        meant = []
        for station in stations:
            traits = await self._configurations.traits(station=station)
            if traits and wanted_of(rules, traits[0]):
                meant.append(station)
        if meant:
            await self._begin(meant)
