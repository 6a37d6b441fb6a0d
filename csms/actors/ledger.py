"""The sessions of one station: which of them a message means."""

from collections import OrderedDict
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from csms.actors.entity import Lease
from csms.actors.session import SessionActor
from csms.actors.tools import Tools
from csms.domain.session.commands import BeginSession, EndSession, UpdateSession
from csms.domain.session.state import Phase
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
        self._ended: OrderedDict[str, None] = OrderedDict()
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

    def on_evse(self, evse: int | None) -> SessionActor | None:
        """Return the youngest active session of an EVSE; with None or 0, the only one of the station."""
        active = self.active
        if not evse:
            return active[0] if len(active) == 1 else None
        return next((session for session in reversed(active) if session.state.evse == evse), None)

    async def find(self, ref: str) -> SessionActor | None:
        """Return the session that the station calls `ref`, ended ones too."""
        if (known := self._by_ref.get(ref.casefold())) is not None:
            return known
        heading = await self._tools.archive.find_session(self._station, ref)
        return None if heading is None else await self._load(heading)

    async def last_on_evse(self, evse: int) -> SessionActor | None:
        """Return the session of an EVSE that began last, ended or not."""
        if (active := self.on_evse(evse)) is not None:
            return active
        heading = await self._tools.archive.recent_session(self._station, evse)
        return None if heading is None else await self.find(heading.ref)

    async def addressed(self, command: BeginSession | UpdateSession | EndSession) -> SessionActor:
        """Return the session that a command is for; a new one if there is none."""
        at = command.observation.at
        begins = isinstance(command, BeginSession)
        flags = command.observation.flags
        doubtful = bool(flags) and any(flag.startswith("timestamp") for flag in flags)
        known = self._by_ref.get(command.ref.casefold())
        if known is None and not (begins and not doubtful and self._is_news(at)):
            known = await self.find(command.ref)
        if known is not None and not (begins and not doubtful and self._is_reuse(known, at)):
            return known
        return self._open(command.ref, self._key(f"{command.ref.casefold()}|{at.isoformat()}"), at)

    async def number_for(self, start: str, at: datetime | None) -> int:
        """Return the transaction number of a 1.6 start, the same for the same `start` (TX-30)."""
        key = self._key(start)
        known = next((session for session in self._by_ref.values() if session.key == key), None)
        if known is None and not (at is not None and self._is_news(at)):
            history = await self._tools.archive.history(Kind.SESSION, key)
            known = self._adopt(key, history.events) if history.events else None
        if known is not None and known.state.number is not None:
            return known.state.number
        number = await self._tools.archive.next_transaction_number()
        self._open(str(number), key, at)
        return number

    def settle(self, session: SessionActor) -> None:
        """Forget the oldest of the ended sessions once there are many."""
        ref = session.state.ref.casefold()
        if session.active:  # again, if its end was only presumed
            self._ended.pop(ref, None)
            return
        self._ended[ref] = None
        self._ended.move_to_end(ref)
        while len(self._ended) > REMEMBERED:
            self._by_ref.pop(self._ended.popitem(last=False)[0], None)

    def _is_news(self, at: datetime) -> bool:
        return self._newest_begin is None or at > self._newest_begin

    @staticmethod
    def _is_reuse(session: SessionActor, at: datetime) -> bool:
        """Whether a start is another one under an old name (Q82)."""
        state = session.state
        return state.phase is Phase.ENDED and state.ended_at is not None and at > state.ended_at

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
