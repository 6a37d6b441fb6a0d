"""The sessions of one station: which of them a message means."""

from collections import OrderedDict
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from csms.actors.entity import Lease
from csms.actors.session import SessionActor
from csms.actors.tools import Tools
from csms.domain.access import TokenRef
from csms.domain.session.commands import BeginSession, EndSession, UpdateSession
from csms.domain.session.state import Phase, Session
from csms.domain.session.suspicion import had_begun
from csms.ports.journal import Kind, SessionHeading

REMEMBERED = 8
"""How many ended sessions stay in memory for the values that come after the end (Q75)."""


class Ledger:
    """Finds, wakes and begins the sessions of a station.

    Keys are made of what a start says, so that a repeated start finds its session even
    after a restart (Q65). A start later than any known one needs no look at the database.
    """

    def __init__(self, *, station: str, lease: Lease, tools: Tools) -> None:
        self._station = station
        self._lease = lease
        self._tools = tools
        self._by_ref: dict[str, SessionActor] = {}
        self._ended: OrderedDict[str, SessionActor] = OrderedDict()
        self._newest_begin: datetime | None = None

    async def wake(self) -> None:
        """Read what is going on at the station; raise `JournalUnavailable`."""
        self._newest_begin = await self._tools.archive.newest_begin(self._station)
        for heading in await self._tools.archive.active_sessions(self._station):
            await self._load(heading)

    @property
    def active(self) -> list[SessionActor]:
        """The sessions that have not ended, oldest first."""
        return [session for session in self._by_ref.values() if session.active]

    @property
    def known(self) -> list[SessionActor]:
        """The sessions that are in memory, ended ones too."""
        return list(self._by_ref.values())

    @property
    def is_restless(self) -> bool:
        """Whether a session goes on, or one lacks messages that may still come."""
        return any(session.active or "gap" in session.state.flags for session in self._by_ref.values())

    def open_at(self, at: datetime, evse: int | None, token: TokenRef | None = None) -> SessionActor | None:
        """Return the active session that had begun by then: the youngest of an EVSE; with no EVSE, the only one.

        `token` tells several apart.
        """
        begun = [session for session in self.active if had_begun(session.state, at)]
        if evse:
            return next((session for session in reversed(begun) if session.state.evse == evse), None)
        if token is not None and len(begun) > 1:
            begun = [session for session in begun if _is_of(session.state, token)]
        return begun[0] if len(begun) == 1 else None

    async def find(self, ref: str) -> SessionActor | None:
        """Return the session that the station calls `ref`, ended ones too."""
        if (known := self._by_ref.get(ref.casefold())) is not None:
            return known
        heading = await self._tools.archive.find_session(self._station, ref)
        return None if heading is None else await self._load(heading)

    async def meant(
        self, at: datetime, evse: int | None, token: TokenRef | None, *, grace: timedelta
    ) -> SessionActor | None:
        """Return the session that a message without a good name means, by its EVSE, token and time (Q62).

        That is an open one, else the last one, if it ended not earlier than `grace` before then or
        its end was only presumed.
        """
        if (known := self.open_at(at, evse, token)) is not None:
            return known
        value = None if token is None else token.value
        heading = await self._tools.archive.session_around(self._station, evse, value, at, at - grace)
        if heading is None:
            return None
        known = self._by_ref.get(heading.ref.casefold())
        return known if known is not None and known.key == heading.key else await self._load(heading)

    async def addressed(self, command: BeginSession | UpdateSession | EndSession) -> SessionActor:
        """Return the session that a command is for; a new one if there is none."""
        known = self._by_ref.get(command.ref.casefold())
        start = None
        if isinstance(command, BeginSession):
            known, start = await self._repeated(command, known), command.start
        elif known is None:
            known = await self.find(command.ref)
        if known is not None:
            return known
        at = command.observation.at
        return self._open(command.ref, self._key(start or f"{command.ref.casefold()}|{at.isoformat()}"), at)

    async def _repeated(self, begin: BeginSession, known: SessionActor | None) -> SessionActor | None:
        """Return the session that a start tells of again, `known` by its name or not; None for a new one."""
        if begin.start is not None:
            return known
        at, doubtful = begin.observation.at, _is_doubtful(begin)
        if known is None and (doubtful or not self._is_news(at)):
            known = await self.find(begin.ref)
        return None if known is not None and not doubtful and _is_reuse(known.state, at) else known

    async def number_for(self, start: str, at: datetime | None) -> int:
        """Return the transaction number of a 1.6 start, the same for the same `start` (TX-30).

        A new one is not known here before its session begins.
        """
        key = self._key(start)
        known = next((session for session in self._by_ref.values() if session.key == key), None)
        if known is None and not (at is not None and self._is_news(at)):
            history = await self._tools.archive.history(Kind.SESSION, key)
            known = self._adopt(key, history.events) if history.events else None
        if known is not None and known.state.number is not None:
            return known.state.number
        return await self._tools.archive.next_transaction_number()

    def abandon(self, command: BeginSession | UpdateSession | EndSession) -> None:
        """Forget the session that a refused command would have begun."""
        session = self._by_ref.get(command.ref.casefold())
        if session is not None and session.state.phase is Phase.NEW:
            del self._by_ref[command.ref.casefold()]

    def settle(self, session: SessionActor) -> None:
        """Forget the oldest of the ended sessions once there are many."""
        if session.active:  # again, if its end was only presumed
            self._ended.pop(session.key, None)
            return
        self._ended[session.key] = session
        self._ended.move_to_end(session.key)
        while len(self._ended) > REMEMBERED:
            _, oldest = self._ended.popitem(last=False)
            ref = oldest.state.ref.casefold()
            if self._by_ref.get(ref) is oldest:
                del self._by_ref[ref]

    def _is_news(self, at: datetime) -> bool:
        return self._newest_begin is None or at > self._newest_begin

    def _key(self, identity: str) -> str:
        return str(uuid5(NAMESPACE_OID, f"{self._station}|{identity}"))

    async def _load(self, heading: SessionHeading) -> SessionActor:
        history = await self._tools.archive.history(Kind.SESSION, heading.key)
        session = self._adopt(heading.key, history.events)
        self.settle(session)
        return session

    def _open(self, ref: str, key: str, at: datetime | None) -> SessionActor:
        if at is not None and self._is_news(at):
            self._newest_begin = at
        return self._keep(ref, self._wake(key, ()))

    def _adopt(self, key: str, facts: tuple[object, ...]) -> SessionActor:
        session = self._wake(key, facts)
        return self._keep(session.state.ref, session)

    def _keep(self, ref: str, session: SessionActor) -> SessionActor:
        self._by_ref[ref.casefold()] = session
        return session

    def _wake(self, key: str, facts: tuple[object, ...]) -> SessionActor:
        return SessionActor(
            key=key,
            station=self._station,
            lease=self._lease,
            journal=self._tools.journal,
            tasks=self._tools.tasks,
            facts=facts,
        )


def _is_doubtful(begin: BeginSession) -> bool:
    """Whether the time of a start was mended, so that nothing follows from it."""
    return any(flag.startswith("timestamp") for flag in begin.observation.flags)


def _is_reuse(session: Session, at: datetime) -> bool:
    """Whether a start is another one under an old name of the station's making (Q82)."""
    return session.phase is Phase.ENDED and session.ended_at is not None and at > session.ended_at


def _is_of(session: Session, token: TokenRef) -> bool:
    return session.token is not None and session.token.value.casefold() == token.value.casefold()
