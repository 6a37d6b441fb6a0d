"""One message of a station: all that its handler may do."""

from collections.abc import Coroutine, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct

from csms.actors.entity import Entity
from csms.actors.ledger import Ledger
from csms.actors.signing import order_certificate
from csms.actors.tools import Tools
from csms.domain.access import (
    NONE_NEEDED,
    Authorization,
    Occasion,
    TokenRef,
    authorize,
    not_now,
    on_premises,
    with_running,
)
from csms.domain.command import Command
from csms.domain.metering import Sample
from csms.domain.session.claim import is_taken
from csms.domain.session.commands import BeginSession, EndSession, SessionOutcome, UpdateSession
from csms.domain.session.nameless import goes_on, is_closing, made_name
from csms.domain.session.state import Session
from csms.domain.session.suspicion import superseded_by
from csms.domain.signing import Denial
from csms.domain.station.commands import Registration
from csms.domain.station.state import Station
from csms.ocpp.version import Version
from csms.ports.handlers import CertificateWish, is_name
from csms.ports.journal import CommitRefused
from csms.ports.registry import RegisteredStation

Outcome = TypeVar("Outcome")
NO_NUMBER = 0


class Turn(Struct, eq=False, gc=False):
    """The `StationContext` of one message; a struct, for one is made for each."""

    station: RegisteredStation
    version: Version
    received_at: datetime
    line_since: datetime
    text: str
    _entity: Entity[Station]
    _ledger: Ledger
    _tools: Tools
    deviations: tuple[str, ...] = ()

    @property
    def heartbeat_s(self) -> int:
        """The interval that the station is to keep."""
        return self.station.heartbeat(self._tools.policy.heartbeat_s)

    def execute(self, command: Command[Outcome]) -> Coroutine[Any, Any, Outcome]:
        """Hand a command to the record of this station."""
        return self._entity.execute(command)

    async def transact(self, command: BeginSession | UpdateSession | EndSession) -> SessionOutcome:
        """Hand a command to its session; a new one closes the older of its EVSE, whose end is lost (Q64)."""
        session = await self._ledger.addressed(command)
        if isinstance(command, BeginSession):
            for older in self._ledger.active:
                presumption = None if older is session else superseded_by(older.state, command)
                if presumption is not None:
                    await older.ask(presumption)
                    self._ledger.settle(older)
        try:
            outcome: SessionOutcome = await session.ask(command)
        except CommitRefused:
            self._ledger.abandon(command)
            raise
        self._ledger.settle(session)
        return outcome

    async def start_number(self, start: str, at: datetime | None) -> int:
        """Return the transaction id of a 1.6 start."""
        return await self._ledger.number_for(start, at)

    async def session_ref(
        self, number: int | None, evse: int | None, at: datetime, samples: Sequence[Sample] = ()
    ) -> str | None:
        """Return the ref of the session that meter values mean."""
        if number is not None and not is_name(number):
            return await self._nameless_ref(number, evse, at, samples)
        if number is None or (session := await self._ledger.find(str(number))) is None:
            session = self._ledger.open_at(at, evse or self._only_evse())
        return None if session is None else session.state.ref

    async def _nameless_ref(self, number: int, evse: int | None, at: datetime, samples: Sequence[Sample]) -> str | None:
        place = evse or self._only_evse()
        state = next((state for (known, _), state in self._entity.state.connectors if known == place), None)
        session = await self._ledger.meant_by_values(at, evse, lambda ended: is_closing(ended, at, samples, state))
        if session is not None:
            return session.state.ref
        return made_name(number, at, place) if place > 0 and samples and goes_on(number, state) else None

    async def ended_ref(
        self, number: int, token: TokenRef | None, at: datetime, samples: Sequence[Sample]
    ) -> str | None:
        """Return the ref of the session that a 1.6 stop means."""
        if not is_name(number):
            session = await self._ledger.meant_by_stop(at, samples, token)
        elif (session := await self._ledger.find(str(number))) is None:
            session = self._ledger.open_at(at, self._only_evse())
        return None if session is None else session.state.ref

    async def event_ref(
        self,
        name: str,
        evse: int | None,
        token: TokenRef | None,
        at: datetime,
        samples: Sequence[Sample],
        *,
        ends: bool,
    ) -> str:
        """Return the ref of the session that an event of 2.x means whose name is none."""
        known = await self._ledger.find(name)
        if known is not None and (known.active or known.state.ended_at is None or at <= known.state.ended_at):
            return known.state.ref
        if (session := self._ledger.open_at(at, evse or self._only_evse())) is not None:
            return session.state.ref
        if ends:
            ref = await self.ended_ref(NO_NUMBER, token, at, samples)
        else:
            ref = await self._nameless_ref(NO_NUMBER, evse, at, samples)
        return ref or made_name(NO_NUMBER, at, evse or 0)

    def _only_evse(self) -> int:
        """Return the EVSE of a station that has one; -1, which no session is on, for all others (Q55)."""
        evses = self._evses() or {session.evse or -1 for session in self._sessions()}
        return next(iter(evses)) if len(evses) == 1 else -1

    async def authorize(
        self, token: TokenRef, evse: int | None = None, occasion: Occasion = Occasion.OTHER
    ) -> Authorization:
        """Judge a token; most are bound to nothing, and nothing but the token is asked for."""
        known = None if token.kind == NONE_NEEDED else await self._tools.tokens.find(token)
        judged = authorize(token, known, self.received_at)
        if known is None:
            return judged
        if known.depends_on_premises:
            judged = on_premises(judged, known, await self._tools.grounds.premises(self.station.id), evse)
        if known.one_session and occasion is not Occasion.OTHER:
            judged = with_running(judged, await self._tools.grounds.busy_at(token), self.station.id)
        if occasion is Occasion.ASKED and is_taken(self._sessions(), self._evses(), token):
            judged = not_now(judged)
        return judged

    def _sessions(self) -> list[Session]:
        return [session.state for session in self._ledger.active]

    def _evses(self) -> frozenset[int]:
        return frozenset(evse for (evse, _), _ in self._entity.state.connectors if evse > 0)

    async def order_certificate(self, wish: CertificateWish) -> Denial | None:
        """Put a request for a certificate on record."""
        return await order_certificate(wish, self.station, self._entity, self._tools)

    async def boot_policy(self) -> Registration:
        """Return what the operator wants a booting station to hear."""
        station = await self._tools.registry.find(self.station.id)
        return self.station.boot_policy if station is None else station.boot_policy
