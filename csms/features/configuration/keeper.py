"""After a boot a station is set right, if anything is wanted of it (Q135), and restarted for that where it was said."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

import structlog

from csms.domain.fleet.configuration import Pending, may_restart_for, wanted_of
from csms.features.configuration.repository import Begin, Configurations, as_rules
from csms.kit.clock import Clock
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)


class ConfigurationKeeper:
    """Has stations set right that booted and have stood for a while; nothing is sent where nothing is wanted.

    `begin` sets stations right, `restart` has them restarted.
    """

    def __init__(
        self, *, configurations: Configurations, settle_s: float, begin: Begin, restart: Begin, clock: Clock
    ) -> None:
        self._configurations = configurations
        self._settle = timedelta(seconds=settle_s)
        self._begin = begin
        self._restart = restart
        self._clock = clock

    async def run(self, every_s: float = 10.0) -> None:
        """Look after boots again and again, until cancelled; of several workers one does it at a time."""
        while True:
            try:
                await self._configurations.after_boots(self._settle, self.look_after)
                await self._configurations.before_restarts(self.to_restart, self._restart)
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

    async def to_restart(self, pending: Sequence[Pending]) -> Sequence[str]:
        """Return the stations that may be restarted now for what waits for that."""
        rules, now = as_rules(await self._configurations.all()), self._clock.now()
        of_station = attrgetter("station")
        meant = []
        for station, waiting in groupby(sorted(pending, key=of_station), key=of_station):
            traits = await self._configurations.traits(station=station)
            if traits and may_restart_for(waiting, wanted_of(rules, traits[0]), now):
                meant.append(station)
        return meant
