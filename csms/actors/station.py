"""The one who speaks for a station."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import structlog

from csms.actors.calls import CallEnd, Calls, report_of
from csms.actors.entity import Entity, Lease
from csms.actors.ledger import Ledger
from csms.actors.makes import as_booted
from csms.actors.messages import Attach, Changed, Expelled, Heard, Lost, Review, Superseded
from csms.actors.outbound import Outbound
from csms.actors.patience import Patience
from csms.actors.reception import Reception
from csms.actors.tools import Tools
from csms.actors.upkeep import Upkeep
from csms.domain.station.decide import DECIDERS
from csms.domain.station.evolve import evolve
from csms.domain.station.state import Station
from csms.ocpp.events import (
    CallDropped,
    CallLapsed,
    CallReceived,
    ErrorReceived,
    LinkEvent,
    ResultDisputed,
    ResultReceived,
    SendReceived,
)
from csms.ports.commands import CallOutcome, CallReport, CallRequest
from csms.ports.journal import JournalError, Kind
from csms.ports.line import Line
from csms.ports.registry import RegisteredStation
from csms.runtime.actor import Actor

log = structlog.get_logger(__name__)

REPLACED, GOING_AWAY, NOT_ALLOWED, TRY_AGAIN_LATER = 1000, 1001, 1008, 1013


class StationActor(Actor):
    """One station: its record, its sessions, its line and the calls on their way to it.

    A turn may await our own storage, never the station: what the station answers comes
    back as a message of its own.
    """

    __slots__ = (
        "_awake",
        "_calls",
        "_departed",
        "_entity",
        "_failures",
        "_lease",
        "_ledger",
        "_line",
        "_outbound",
        "_patience",
        "_paused",
        "_reception",
        "_station",
        "_tools",
        "_upkeep",
    )

    def __init__(self, *, station: RegisteredStation, tools: Tools, departed: Callable[["StationActor"], None]) -> None:
        super().__init__(name=f"station/{station.id}", tasks=tools.tasks)
        self._departed = departed
        self._station = station
        self._tools = tools
        self._lease = Lease(0)
        self._line: Line | None = None
        self._calls = Calls()
        self._awake = False
        self._paused = False
        self._patience = Patience(tools)
        self._upkeep = Upkeep(tools)
        self._failures: dict[int, int] = {}
        self._forget()

    @property
    def station(self) -> str:
        """The id of the station."""
        return self._station.id

    @property
    def line(self) -> Line | None:
        """The connection of the station, if it has one here."""
        return self._line

    @property
    def epoch(self) -> int:
        """The epoch under which this node writes for the station."""
        return self._lease.epoch

    @property
    def needs_review(self) -> bool:
        """Whether a session goes on or a reservation holds, as far as is known here, or something is to be asked."""
        record = self._entity.state
        return self._ledger.is_restless or record.has_promised or self._upkeep.has_errand(record)

    def receive(self, message: Any) -> Coroutine[Any, Any, Any]:
        """Take one turn."""
        return self._hear(message.line, message.event) if type(message) is Heard else self._obey(message)

    async def _obey(self, message: Any) -> Any:
        match message:
            case CallRequest():
                return await self._issue(message)
            case Attach():
                await self._attach(message)
            case Lost():
                await self._detach(message.line)
            case Superseded():
                self._give_up(message.epoch)
            case Expelled():
                self._expel(message.epoch)
            case Changed():
                self._adopt(await self._tools.registry.find(self._station.id) or self._station)
            case Review():
                await self._review(message.now)
        return None

    def failed(self, message: Any, error: Exception) -> None:
        """Close the line, so that the station keeps what it was not answered and comes back (Q70)."""
        if isinstance(error, JournalError):
            log.warning("turn_not_durable", station=self._station.id, error=type(error).__name__, detail=str(error))
        else:
            log.error("turn_failed", station=self._station.id, message=type(message).__name__, exc_info=error)
        self._forget()
        if self._line is not None and isinstance(message, Heard) and message.line is self._line:
            self._line.close(TRY_AGAIN_LATER, "try again later")

    def tell(self, message: Any) -> None:
        """Leave a message; a long queue stops the reading of the socket (Q30)."""
        self._post((message, None))
        letters = self._letters
        if letters is not None and len(letters) > self._tools.policy.mailbox_high and not self._paused:
            self._pause()

    def _pause(self) -> None:
        if self._line is not None:
            self._paused = True
            self._line.pause()

    # What the station says.

    async def _hear(self, line: Line, event: LinkEvent) -> None:
        if self._paused:
            self._breathe()
        if type(event) is CallReceived:
            if not self._awake:
                await self._wake()
            await self._reception.take(line, event)
            if event.action == "BootNotification":
                self._adopt(await as_booted(self._station, line, self._entity.state.report, self._tools))
                await self._upkeep.booted(event, self._entity)
            else:
                self._upkeep.heard(event.action, self._station)
            return
        match event:
            case ResultReceived() | ErrorReceived() | CallLapsed() | CallDropped():
                await self._end_call(line, event)
            case SendReceived():
                await self._wake()
                await self._reception.take_send(line, event)
            case ResultDisputed():
                log.info("result_disputed", station=self._station.id, code=event.code, text=event.text[:200])

    def _breathe(self) -> None:
        if self.waiting <= self._tools.policy.mailbox_low and self._line is not None:
            self._paused = False
            self._line.resume()

    # What the house says to the station.

    async def _issue(self, request: CallRequest) -> "asyncio.Future[CallReport]":
        """Store the call, then send it; the report comes when the call has ended."""
        report = self._calls.expect(request.call_id, request.action, request.payload.encode())
        line = self._line
        if line is None:
            self._calls.close(CallReport(request.call_id, CallOutcome.OFFLINE))
            return report
        try:
            await self._wake()
            if await self._outbound.send(line, request):
                self._upkeep.sent(request.action)
        except JournalError:
            self._calls.close(CallReport(request.call_id, CallOutcome.BUSY, line.version))
            self._forget()
        return report

    async def _end_call(self, line: Line, event: CallEnd) -> None:
        self._upkeep.ended(event, self._tools.clock.now())
        if self._patience.is_over(event, self._station.habits) and line is self._line:
            log.warning("station_mute", station=self._station.id)
            line.close(GOING_AWAY, "calls are not answered")
        try:
            await self._wake()
        except JournalError:
            self._calls.close(report_of(event, line.version))
            raise
        await self._outbound.end(line, event)

    # The line and the lease.

    async def _attach(self, attach: Attach) -> None:
        station, line = attach.station, attach.line
        older, self._line = self._line, line
        if attach.epoch != self._lease.epoch + 1:
            self._forget()
        self._lease.epoch = attach.epoch
        self._station = station
        self._paused = False
        self._upkeep.attach(self._tools.clock.now(), station)
        self._reception.attach(station)
        self._tools.presence.seen(station.id, online=True, version=line.version, remote=line.remote)
        if older is not None and older is not line:
            older.close(REPLACED, "replaced by a newer connection")

    async def _detach(self, line: Line) -> None:
        if line is not self._line:
            return
        self._line = None
        self._departed(self)
        self._tools.presence.seen(self._station.id, online=False, version=line.version, remote=line.remote)
        for report in self._calls.drop_all(CallOutcome.DISCONNECTED, line.version):
            await self._wake()
            await self._outbound.close(report)

    def _give_up(self, epoch: int) -> None:
        if epoch <= self._lease.epoch:
            return
        self._forget()
        if self._line is not None:
            self._line.close(REPLACED, "connected elsewhere")
            self._line = None

    def _expel(self, epoch: int) -> None:
        """Close a line whose station is gone, or must prove more than it did (SEC-02); what follows fails on the epoch."""
        if epoch > self._lease.epoch and self._line is not None:
            self._forget()
            self._line.close(NOT_ALLOWED, "not allowed any more")

    def _adopt(self, station: RegisteredStation) -> None:
        """Treat the station as is known now."""
        self._station = station
        self._reception.serve(station)
        self._upkeep.serve(station)
        if self._line is not None:
            self._line.adopt(station)

    async def _review(self, now: datetime) -> None:
        await self._wake()
        await self._reception.review(now)
        if self._line is not None:
            sessions = [session.state for session in self._ledger.known]
            for request in self._upkeep.due(self._station, self._entity.state, sessions, self._line.version):
                await self._issue(request)

    # The record.

    def _forget(self) -> None:
        """Drop what was remembered; the next turn reads it again."""
        self._awake = False
        self._become(Station(), 1)

    def _become(self, state: Station, sequence: int) -> None:
        self._entity = Entity(
            kind=Kind.STATION,
            key=self._station.id,
            station=self._station.id,
            state=state,
            sequence=sequence,
            lease=self._lease,
            deciders=DECIDERS,
            evolve=evolve,
            journal=self._tools.journal,
        )
        self._ledger = Ledger(station=self._station.id, lease=self._lease, tools=self._tools)
        self._reception = Reception(
            station=self._station,
            entity=self._entity,
            ledger=self._ledger,
            tools=self._tools,
            failures=self._failures,
        )
        self._outbound = Outbound(calls=self._calls, entity=self._entity, reception=self._reception, tools=self._tools)

    async def _wake(self) -> None:
        if self._awake:
            return
        state, sequence = await self._tools.archive.station(self._station.id)
        self._become(state, sequence)
        await self._ledger.wake()
        self._awake = True
