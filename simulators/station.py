"""The life of a simulated station, whichever version it speaks."""

import logging
import ssl
from abc import abstractmethod
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import ocpp.messages

from simulators import clocks
from simulators.behaviour import Behaviour, Boot, Commands, Meter, Reservations, Statuses
from simulators.configuration import Configuration
from simulators.errands import Errands
from simulators.evse import Evse
from simulators.keys import is_password
from simulators.ledger import Entry, Ledger
from simulators.life import Life
from simulators.limits import Going, Limits
from simulators.listed import TokenList
from simulators.meter import EnergyMeter
from simulators.outbox import Message, Outbox, RetryPolicy
from simulators.promises import Promises
from simulators.truststore import TrustStore

ocpp.messages.ASYNC_VALIDATION = False
QUIET = logging.getLogger("simulators.ocpp")
QUIET.setLevel(logging.CRITICAL)
STALE = timedelta(hours=2)
IDLE = frozenset({Commands.REJECT, Commands.ACCEPT_NO_EFFECT, Commands.MUTE})
"""Habits with which nothing comes of a command."""
SESSION_NAME = "SAME-AS-EVER"


class SimulatedStation(Life):
    """Connects, boots, keeps its promises to drivers and comes back after every loss."""

    heartbeat_key: str
    firmware: str

    def __init__(  # what makes one station differ from another
        self,
        station: str,
        url: str,
        *,
        password: str | None = None,
        evses: int = 1,
        behaviour: Behaviour | None = None,
        retry: RetryPolicy | None = None,
        ledger: Ledger | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        habits = behaviour or Behaviour()
        self.ledger = ledger or Ledger()
        outbox = Outbox(policy=retry or RetryPolicy(), ledger=self.ledger, lost_answers=habits.lost_answers)
        super().__init__(station=station, url=url, password=password, behaviour=habits, tls=tls, outbox=outbox)
        self.evses = {n: Evse(n, EnergyMeter(habits.meter)) for n in range(1, evses + 1)}
        self.clock = clock
        self.promises = Promises(
            habit=habits.reservations,
            statuses=lambda: {evse.number: evse.status for evse in self.evses.values()},
            clock=clock,
        )
        self.local_list = TokenList(habit=habits.lists, clock=clock)
        self.trust = TrustStore(habits.trust)
        in_16 = self.subprotocol == "ocpp1.6"
        self.limits = Limits(habits=habits.sc, evses=self.evses, exclusive=in_16, going=self._going, clock=clock)
        self.errands = Errands(self)
        self.groups: dict[str, str] = {}
        self._powered_on = clock()
        self._charged = 0
        self.configuration = Configuration(*self.settings(), habit=habits.config, odd_key=habits.odd_key or None)

    def take_interval(self, seconds: float) -> None:
        """Beat as the central system says, and have it in the configuration."""
        super().take_interval(seconds)
        self.configuration.set(self.heartbeat_key, str(int(seconds)))

    def change(self, name: str, value: str) -> str:
        """Change the configuration and return the status that is answered."""
        if is_password(name):
            self.password.change(value)
            return "Accepted"
        status = self.configuration.write(name, value)
        if name.casefold() == self.heartbeat_key.casefold() and (seconds := self.configuration[name]).isdigit():
            self.heartbeat_s = float(seconds)
        return status

    async def stop(self) -> None:
        await self.errands.stop()
        await super().stop()

    async def reboot(self) -> None:
        """Restart, with the configuration that waited for it."""
        self.configuration.restart()
        self.local_list.restart()
        self.limits.restart()
        if self.doors:
            self._url = self.doors[self.configuration["SecurityProfile"]]
        await super().reboot()

    # What a version says.

    @abstractmethod
    def settings(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the configuration out of the box: what can be changed, and what cannot."""

    @abstractmethod
    async def say_status(self, evse: int, status: str, at: str) -> None:
        """Send the status of an EVSE; 0 is the station."""

    @abstractmethod
    async def authorize(self, token: str) -> str:
        """Send Authorize and return the status."""

    async def say_reservation_over(self, number: int, how: str) -> None:
        """Say that a reservation was `Expired` or `Removed`, where the version has a message for it."""

    @abstractmethod
    def begin_message(self, evse: Evse, token: str, **extra: Any) -> Message:
        """Return the message that a session began."""

    @abstractmethod
    def meter_message(self, evse: Evse) -> Message:
        """Return the message with the present meter value."""

    @abstractmethod
    def aligned_message(self, evse: Evse) -> Message:
        """Return the present meter value as a message of the clock, which knows no session."""

    @abstractmethod
    def end_message(self, evse: Evse, reason: str) -> Message:
        """Return the message that a session ended."""

    @abstractmethod
    def poison_message(self, evse: Evse) -> Message:
        """Return a message about a session that nobody can read."""

    # What drivers do.

    async def plug_in(self, evse: int = 1, status: str = "Preparing") -> None:
        """A cable is plugged in."""
        await self.change_status(evse, status)

    async def unplug(self, evse: int = 1) -> None:
        """A cable is taken out."""
        await self.change_status(evse, "Available")

    async def change_status(self, evse: int, status: str) -> None:
        """Report another status, if there is a connection."""
        self.evses[evse].status = status
        if self.connected.is_set():
            for _ in range(1 + self.behaviour.status_storm):
                await self.unless_lost(self.report(evse))
        for lost in self.promises.lose(evse) if status in {"Faulted", "Unavailable"} else ():
            await self.unless_lost(self.say_reservation_over(lost.number, "Removed"))

    async def say_statuses(self) -> None:
        """Report all statuses."""
        for evse in self.evses:
            await self.report(evse)

    async def report(self, evse: int) -> None:
        """Report the status of an EVSE, in the station's way."""
        status, at = self.evses[evse].status, self.now()
        match self.behaviour.statuses:
            case Statuses.ZERO_ONLY:
                await self.say_status(0, status, at)
            case Statuses.ONE_ONLY:
                await self.say_status(1, status, at)
            case Statuses.PERMUTE:
                words = self._randomness.sample(["Available", "Preparing", "Charging", "Finishing", status], 5)
                for word in words:
                    await self.say_status(evse, word, at)
            case Statuses.FLAP:
                for word in ("Available", "SuspendedEV", status):
                    await self.say_status(evse, word, at)
            case Statuses.STALE:
                await self.say_status(evse, status, self._told(self.clock() - STALE))
            case Statuses.LIES:
                await self.say_status(evse, "Available", at)
            case _:
                await self.say_status(evse, status, at)

    def begin(self, evse: int = 1, token: str = "TAG-1", **extra: Any) -> None:  # noqa: S107  # a token of the demo
        """Start a session; its message goes into the queue."""
        outlet = self.evses[evse]
        outlet.session = f"{self.station}-{evse}-{self.clock().isoformat()}"
        outlet.token, outlet.transaction, outlet.seq_no = token, None, 0
        outlet.began_at = self.clock()
        outlet.readings = [outlet.meter.begin()]
        extra |= self.promises.use(evse, token, self.groups.get(token))
        message = self.begin_message(outlet, token, **extra)
        if self.behaviour.poison:
            self._put(self.poison_message(outlet))
        if not self.behaviour.lost_start:
            self._put(message)

    def charge(self, evse: int = 1, wh: int = 100) -> None:
        """Let energy flow and queue a meter value."""
        outlet = self.evses[evse]
        outlet.meter.flow(wh)
        self._charged += 1
        message = self.meter_message(outlet)
        if not self.behaviour.drop_half or self._charged % 2:
            self._put(message)
        if self.behaviour.meter is Meter.ALIGNED:
            self._put(self.aligned_message(outlet))
        if self.behaviour.boot is Boot.MID_SESSION and self._charged % 3 == 2:
            self._booted = False
            self._leaving.set()

    def draw(self, evse: int = 1, seconds: float = 60, wanted_w: float = 11_000) -> None:
        """Let a car draw what it wants and may for a time, and queue a meter value with the power."""
        outlet = self.evses[evse]
        outlet.meter.power_w = int(self.limits.watts(evse, wanted_w))
        self.charge(evse, int(outlet.meter.power_w * seconds / 3600))

    def _going(self) -> list[Going]:
        return [
            Going(evse.number, evse.session, evse.transaction, evse.began_at)
            for evse in self.evses.values()
            if evse.session is not None and evse.began_at is not None
        ]

    def is_free(self, evse: int) -> bool:
        """Whether there is such an EVSE, and no session at it."""
        return evse in self.evses and self.evses[evse].session is None

    def end(self, evse: int = 1, reason: str = "Local") -> None:
        """End the session; its message goes into the queue."""
        outlet = self.evses[evse]
        if not self.behaviour.lost_stop:
            self._put(self.end_message(outlet, reason))
        for _ in range(self.behaviour.values_after_stop):
            self._put(self.meter_message(outlet))
        self.limits.over(outlet.session)
        outlet.session, outlet.meter.power_w = None, None

    async def present(self, evse: int = 1, token: str = "TAG-1") -> bool:  # noqa: S107  # a token of the demo
        """A driver holds a card to the reader of an outlet; return whether a session began."""
        if not await self._admits(token) or not self.promises.lets_in(evse, token, self.groups.get(token)):
            return False
        await self.plug_in(evse)
        self.begin(evse, token)
        await self.change_status(evse, "Charging")
        return True

    async def _admits(self, token: str) -> bool:
        """Whether a driver is let in: by the local list, else by the central system if it is there."""
        if (listed := self.local_list[token]) is not None and listed.group is not None:
            self.groups[token] = listed.group
        if self.local_list.admits(token):
            return True
        return self.connected.is_set() and await self.authorize(token) == "Accepted"

    async def show_promises(self) -> None:
        """Show as reserved what is promised, and what is not any more as free."""
        reserved = {promise.evse for promise in self.promises}
        anywhere = sum(not promise.evse for promise in self.promises)
        free = [n for n, evse in self.evses.items() if evse.status in {"Available", "Reserved"} and n not in reserved]
        reserved |= set(free if len(free) <= anywhere else ())
        for n, evse in self.evses.items():
            if (n in reserved, evse.status) in {(True, "Available"), (False, "Reserved")}:
                await self.change_status(n, "Reserved" if n in reserved else "Available")

    async def watch(self) -> None:
        """Look after reservations whose time is over."""
        while True:
            promise = await self.promises.expired()
            if self.behaviour.reservations is not Reservations.STUCK:
                await self.show_promises()
                await self.unless_lost(self.say_reservation_over(promise.number, "Expired"))

    def entry(self, evse: Evse, kind: str, at: str) -> Entry:
        """Return the ledger's line for a message."""
        meter = evse.meter
        return Entry(self.station, evse.session or "", kind, at, meter.register(), evse.transaction, meter.true_wh)

    def now(self) -> str:
        """Return the station's time as it says it."""
        return self._told(self.clock())

    def _told(self, at: datetime) -> str:
        return clocks.told(at, self.behaviour.clock, self._powered_on)

    async def drained(self) -> None:
        """Return once the queue is empty."""
        await self._outbox.drained()

    def _put(self, message: Message) -> None:
        for _ in range(self.behaviour.repeat):
            self._outbox.put(message)
