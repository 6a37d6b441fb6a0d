"""Where lines find the actors of their stations."""

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog

from csms.actors.messages import Attach, Changed, Expelled, Heard, Lost, Review, Superseded
from csms.actors.station import StationActor
from csms.actors.tools import Tools
from csms.ocpp.events import LinkEvent
from csms.ports.commands import CallOutcome, CallReport, CallRequest
from csms.ports.journal import Journal, JournalUnavailable
from csms.ports.line import Line
from csms.ports.ownership import Directory, Ownership
from csms.ports.registry import RegisteredStation, Sign

log = structlog.get_logger(__name__)


class LineEars:
    """The ears of one station, on one line."""

    __slots__ = ("_actor", "_house", "_line")

    def __init__(self, *, actor: StationActor, line: Line, house: "StationHouse") -> None:
        self._actor = actor
        self._line = line
        self._house = house

    def heard(self, event: LinkEvent) -> None:
        """Pass on what came in."""
        self._actor.tell(Heard(self._line, event))

    def lost(self) -> None:
        """Pass on that the line is gone."""
        self._house.losing(self._actor, self._line)
        self._actor.tell(Lost(self._line))


class StationHouse:
    """The actors of the stations that this node owns, by their ids."""

    def __init__(self, *, tools: Tools, ownership: Ownership, directory: Directory, journal: Journal) -> None:
        self._tools = tools
        self._ownership = ownership
        self._directory = directory
        self._journal = journal
        self._actors: dict[str, StationActor] = {}
        self._left_at: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._actors)

    @property
    def ready(self) -> bool:
        """Whether answers can be made durable now."""
        return self._journal.ready

    @property
    def actors(self) -> list[StationActor]:
        """All actors that are awake here."""
        return list(self._actors.values())

    def owned(self) -> dict[str, tuple[int, str]]:
        """Return the epoch and the protocol of every station that is connected here."""
        return {
            station: (actor.epoch, actor.line.version)
            for station, actor in self._actors.items()
            if actor.line is not None
        }

    def signs(self) -> Iterator[Sign]:
        """Tell who is connected, each as it is when its turn comes."""
        for station, actor in list(self._actors.items()):
            if (line := actor.line) is not None:
                yield Sign(station, line.version, line.remote, self._heard_at(line))

    def losing(self, actor: StationActor, line: Line) -> None:
        """Note when a station was heard last, if this line is still the one it has."""
        if actor.line is line:
            self._tools.presence.heard(actor.station, self._heard_at(line))

    def _heard_at(self, line: Line) -> datetime:
        clock = self._tools.clock
        return clock.now() - timedelta(seconds=clock.monotonic() - line.last_inbound)

    async def welcome(self, station: RegisteredStation, line: Line) -> LineEars:
        """Take the station's lease and give it this line; raise `JournalUnavailable`."""
        epoch = await self._ownership.claim(station.id)
        actor = self._actors.get(station.id)
        if actor is None:
            actor = self._actors[station.id] = StationActor(station=station, tools=self._tools, departed=self._departed)
        self._left_at.pop(station.id, None)
        self._directory.announce(station.id, epoch, line.version)
        if (shown := line.proof.certificate) is not None:
            self._tools.certificates.shown(station.id, shown)
        actor.tell(Attach(station, line, epoch))
        return LineEars(actor=actor, line=line, house=self)

    def _departed(self, actor: StationActor) -> None:
        """The station has no line here any more; no other one has taken its place (Q9)."""
        self._directory.withdraw(actor.station, actor.epoch)
        self._left_at[actor.station] = self._tools.clock.now()

    def superseded(self, station: str, epoch: int) -> None:
        """Another node took the station."""
        if (actor := self._actors.get(station)) is not None:
            actor.tell(Superseded(epoch))

    def expelled(self, station: str, epoch: int) -> None:
        """The station may not keep the line that it has."""
        if (actor := self._actors.get(station)) is not None:
            actor.tell(Expelled(epoch))

    async def catch_up(self) -> None:
        """Give up what was claimed while nobody could tell; what this misses fails on the epoch."""
        try:
            over = await self._ownership.void({station: epoch for station, (epoch, _) in self.owned().items()})
        except JournalUnavailable as error:
            log.warning("claims_not_caught_up", error=str(error))
            return
        for lease in over:
            (self.superseded if lease.taken else self.expelled)(lease.station, lease.epoch)

    def changed(self, station: str) -> None:
        """A station was set up in another way; what it is treated as follows at once, not at its next connection."""
        if (actor := self._actors.get(station)) is not None and actor.line is not None:
            actor.tell(Changed())

    def refresh(self) -> None:
        """Something else is known of makes: look at all stations anew."""
        for actor in self.actors:
            if actor.line is not None:
                actor.tell(Changed())

    async def call(self, request: CallRequest) -> CallReport:
        """Call a station that is connected here; offline if it is not."""
        actor = self._actors.get(request.station)
        if actor is None or actor.line is None:
            return CallReport(request.call_id, CallOutcome.OFFLINE)
        report: asyncio.Future[CallReport] = await actor.ask(request)
        return await report

    async def protocol(self, station: str) -> str | None:
        """Return the subprotocol of a station that is connected here."""
        actor = self._actors.get(station)
        return None if actor is None or actor.line is None else actor.line.version

    def sweep(self) -> None:
        """Let go of actors whose station left long ago, and look after lost ends of sessions."""
        now = self._tools.clock.now()
        asleep_after = timedelta(seconds=self._tools.policy.asleep_after_s)
        for station, left_at in list(self._left_at.items()):
            actor = self._actors.get(station)
            if now - left_at > asleep_after and actor is not None and actor.idle and actor.line is None:
                del self._actors[station]
                del self._left_at[station]
        for actor in self._actors.values():
            if actor.needs_review and actor.line is not None:
                actor.tell(Review(now))

    async def run_sweeps(self, every_s: float) -> None:
        """Sweep again and again, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            self.sweep()
