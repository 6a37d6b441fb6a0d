"""Many stations that charge, at their own pace."""

import asyncio
import random
import sys
from collections.abc import Sequence

from simulators.station import SimulatedStation
from simulators.v16 import Station16
from simulators.v201 import Station201

TELL_S = 3.0
TOKENS = ("DEMO-TAG-1", "DEMO-TAG-2", "DEMO-TAG-3")
DEMO_STATIONS = tuple(f"DEMO-{n:03d}" for n in range(1, 25))


def make_station(
    station: str, url: str, *, version: str, password: str | None = None, evses: int = 2
) -> SimulatedStation:
    """Return a station that speaks `version` (`1.6` or `2.0.1`)."""
    kind = Station16 if version == "1.6" else Station201
    return kind(station, url, password=password, evses=evses)


class Fleet:
    """Stations that boot one after the other, and then charge again and again."""

    def __init__(self, stations: Sequence[SimulatedStation], *, pace: float = 1.0, seed: int = 1) -> None:
        self._stations = stations
        self._pace = pace
        self._randomness = random.Random(seed)  # a simulation that can be repeated

    async def run(self, *, sessions: int | None = None) -> None:
        """Let the fleet live: for ever, or for so many sessions at each EVSE."""
        telling = asyncio.create_task(self._tell(), name="tell")
        try:
            async with asyncio.TaskGroup() as tasks:
                for station in self._stations:
                    await station.start()
                    for evse in station.evses:
                        tasks.create_task(self._charge(station, evse, sessions), name=f"{station.station}/{evse}")
                    await asyncio.sleep(0.05 * self._pace)
        finally:
            telling.cancel()
            await asyncio.gather(*(station.stop() for station in self._stations))

    async def _tell(self) -> None:
        """Tell people how many stations are connected whenever that has changed, and why others are not."""
        told = ""
        while True:
            await asyncio.sleep(TELL_S)
            away = [station for station in self._stations if not station.connected.is_set()]
            text = f"{len(self._stations) - len(away)} of {len(self._stations)} stations connected"
            if away:
                text += f"; {away[0].station}: {away[0].last_loss or 'not accepted yet'}"
            if text != told:
                print(f"simulators: {text}", file=sys.stderr, flush=True)
            told = text

    async def _charge(self, station: SimulatedStation, evse: int, sessions: int | None) -> None:
        done = 0
        while sessions is None or done < sessions:
            await station.connected.wait()
            await self._rest(1, 6)
            if station.is_free(evse):
                await station.plug_in(evse)
                station.begin(evse, self._randomness.choice(TOKENS))
                await station.change_status(evse, "Charging")
            await self._charge_on(station, evse)
            await self._rest(1, 3)
            if station.is_free(evse):
                await station.unplug(evse)
            done += 1
        await station.drained()

    async def _charge_on(self, station: SimulatedStation, evse: int) -> None:
        """Let the session at an EVSE take its course, unless an operator ends it first."""
        session = station.evses[evse].session
        for _ in range(self._randomness.randint(3, 8)):
            await self._rest(1, 3)
            if station.evses[evse].session != session:
                return
            station.draw(evse, self._randomness.randint(60, 300))
        station.end(evse)
        await station.change_status(evse, "Finishing")

    async def _rest(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self._randomness.uniform(least_s, most_s) * self._pace)
