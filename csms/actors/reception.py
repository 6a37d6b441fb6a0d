"""How a call of a station is received: gate, read, handle, answer."""

from datetime import datetime

import structlog
from msgspec import Struct

from csms.actors.entity import Entity
from csms.actors.ledger import Ledger
from csms.actors.tools import Tools
from csms.actors.turn import Turn
from csms.domain.session.suspicion import lapsed
from csms.domain.station.commands import Registration, ReportNotice
from csms.domain.station.reservations import ExpireReservations
from csms.domain.station.state import Station
from csms.ocpp import schemas
from csms.ocpp.errors import ErrorCode
from csms.ocpp.events import CallReceived, SendReceived
from csms.ocpp.schemas import Malformed
from csms.ports.handlers import Inbound
from csms.ports.journal import CommitRefused, JournalError, JournalUnavailable
from csms.ports.line import Line
from csms.ports.registry import RegisteredStation

log = structlog.get_logger(__name__)

POISON_AFTER = 3
REMEMBERED_FAILURES = 64


class Reception:
    """Takes the calls of one station, in order. Raises a `JournalError` where an answer cannot be durable."""

    __slots__ = ("_entity", "_failures", "_invited", "_ledger", "_line_since", "_station", "_tools")

    def __init__(
        self,
        *,
        station: RegisteredStation,
        entity: Entity[Station],
        ledger: Ledger,
        tools: Tools,
        failures: dict[int, int],
    ) -> None:
        self._station = station
        self._entity = entity
        self._ledger = ledger
        self._tools = tools
        self._invited: frozenset[str] = frozenset()
        self._failures = failures
        self._line_since = tools.clock.now()

    def attach(self, station: RegisteredStation) -> None:
        """Serve the station as it is registered now; what it was invited to say is void."""
        self._station = station
        self._invited = frozenset()
        self._line_since = self._tools.clock.now()

    def serve(self, station: RegisteredStation) -> None:
        """Serve the station as it is known now."""
        self._station = station

    def invite(self, line: Line, action: str, payload: bytes) -> None:
        """Let in what a call of ours asks for, though the station is not accepted yet (BOOT-05)."""
        if self._entity.state.registration is not Registration.ACCEPTED:
            self._invited |= self._tools.dialects[line.version].invites(action, payload)

    async def take(self, line: Line, call: CallReceived) -> None:
        """Answer one call, once what it told is durable."""
        inbound = self._tools.dialects[line.version].inbound.get(call.action)
        if inbound is None:
            line.refuse(call, *self._unheard(line, call.action))
            return
        if self._entity.state.registration is not Registration.ACCEPTED and self._is_gated(line, call.action, inbound):
            line.refuse(call, ErrorCode.SECURITY_ERROR, "not accepted yet")
            return
        turn = self._turn(line, call.text)
        reading = schemas.read_call(line.version, call.action, call.payload, turn.received_at, self._station.zone)
        if isinstance(reading, Malformed):
            await self._handle_malformed(line, call, inbound, reading)
            return
        turn.deviations = (*call.notes, *reading.deviations)
        try:
            result = await inbound.answer(reading.message, turn)
        except CommitRefused as error:
            await self._handle_poison(line, call, inbound, f"refused by the database: {error}")
        except JournalError:
            raise
        except Exception as error:  # one bad message must not end the line
            log.exception("handler_failed", station=self._station.id, action=call.action, exc_info=error)
            if inbound.acknowledge is not None:
                self._count_failure(call, error)
            await self._handle_poison(line, call, inbound, f"{type(error).__name__} in its handler")
        else:
            self._answer(line, call, result)

    async def take_send(self, line: Line, send: SendReceived) -> None:
        """Keep what the station tells without waiting for an answer (2.1)."""
        now = self._tools.clock.now()
        await self._entity.execute(ReportNotice(send.action, send.payload.decode("utf-8", "replace"), now))

    async def review(self, now: datetime) -> None:
        """Close the sessions whose end will not come any more (Q57), and reservations whose time is over (Q113)."""
        await self._entity.execute(ExpireReservations(now))
        for session in self._ledger.active:
            presumption = lapsed(session.state, self._entity.state, now)
            if presumption is not None:
                await session.ask(presumption)
                self._ledger.settle(session)

    async def _handle_malformed(self, line: Line, call: CallReceived, inbound: Inbound, reading: Malformed) -> None:
        if inbound.acknowledge is None:
            await self._suspect(line, call, inbound)
            line.refuse(
                call, reading.code, f"{reading.path}: {reading.description}" if reading.path else reading.description
            )
            return
        await self._keep_and_acknowledge(line, call, inbound, f"{reading.path}: {reading.description}")

    async def _suspect(self, line: Line, call: CallReceived, inbound: Inbound) -> None:
        """Tell the operator, once, of a station that speaks another version than it said (Q4)."""
        for member, why in inbound.betrayed_by.items():
            if f'"{member}"'.encode() in call.payload and self._times_failed(call) == 1:
                turn = self._turn(line, call.text)
                await turn.execute(ReportNotice(call.action, call.text, turn.received_at, review=why))

    def _times_failed(self, call: CallReceived) -> int:
        content = hash((call.action, call.payload))
        if len(self._failures) >= REMEMBERED_FAILURES and content not in self._failures:
            self._failures.clear()
        self._failures[content] = self._failures.get(content, 0) + 1
        return self._failures[content]

    def _count_failure(self, call: CallReceived, error: Exception) -> None:
        """Give a failing message two more tries, on new lines, before it counts as poison (Q42)."""
        if self._times_failed(call) < POISON_AFTER:
            raise JournalUnavailable(f"{type(error).__name__} in the handler of {call.action}") from error

    async def _handle_poison(self, line: Line, call: CallReceived, inbound: Inbound, why: str) -> None:
        if inbound.acknowledge is None:
            line.refuse(call, ErrorCode.INTERNAL_ERROR, "internal error")
            return
        await self._keep_and_acknowledge(line, call, inbound, why)

    async def _keep_and_acknowledge(self, line: Line, call: CallReceived, inbound: Inbound, why: str) -> None:
        """Never punish content: the frame is kept for review, the station may forget it (Q42)."""
        turn = self._turn(line, call.text)
        await turn.execute(ReportNotice(call.action, call.text, turn.received_at, review=why))
        if inbound.acknowledge is not None:
            self._answer(line, call, await inbound.acknowledge(turn))

    def _answer(self, line: Line, call: CallReceived, result: Struct) -> None:
        line.answer(call, schemas.write(result, line.version))

    def _turn(self, line: Line, text: str) -> Turn:
        tools = self._tools
        now = tools.clock.now()
        return Turn(self._station, line.version, now, self._line_since, text, self._entity, self._ledger, tools)

    def _is_gated(self, line: Line, action: str, inbound: Inbound) -> bool:
        """Whether a station that is not accepted yet may not say this."""
        return (
            not inbound.before_acceptance and line.version in self._tools.policy.gated and action not in self._invited
        )

    @staticmethod
    def _unheard(line: Line, action: str) -> tuple[ErrorCode, str]:
        if action in schemas.actions(line.version):
            return ErrorCode.NOT_SUPPORTED, "not supported by this central system"
        return ErrorCode.NOT_IMPLEMENTED, "not an action of this version"
