"""The sessions of one station: which of them a message means."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

from csms.actors.entity import Lease
from csms.actors.session import SessionActor
from csms.actors.tools import Tools
from csms.domain.access import TokenRef
from csms.domain.metering import Sample
from csms.domain.session.commands import BeginSession, EndSession, UpdateSession
from csms.domain.session.evolve import CLOSING_GRACE
from csms.domain.session.nameless import gap_to, has_end, is_made, was_heard_by
from csms.domain.session.state import Phase, Session
from csms.domain.session.suspicion import had_begun
from csms.ports.journal import Kind, SessionHeading

ONE_DAY = timedelta(days=1)
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

    def open_at(self, at: datetime, evse: int | None) -> SessionActor | None:
        """Return the active session that had begun by then: the youngest of an EVSE; with no EVSE, the only one."""
        return _of_evse([session for session in self.active if had_begun(session.state, at)], evse)

    async def find(self, ref: str) -> SessionActor | None:
        """Return the session that the station calls `ref`, ended ones too."""
        if (known := self._by_ref.get(ref.casefold())) is not None:
            return known
        heading = await self._tools.archive.find_session(self._station, ref)
        return None if heading is None else await self._load(heading)

    async def meant_by_values(
        self, at: datetime, evse: int | None, closes: Callable[[Session], bool]
    ) -> SessionActor | None:
        """Return the session that values without a good name mean (Q62).

        That is the one which is known to have gone on then; else the last one, if it had not ended by
        then or they close it; else the next one of which more is not known than that it was there.
        """
        going_on = self._heard_by(at)
        if (known := _of_evse(going_on, evse)) is not None:
            return known
        for ended in await self._around(at, evse, None, CLOSING_GRACE):
            if not ended.active and closes(ended.state):
                return ended
        return self._begun_after(at, evse)

    async def meant_by_stop(
        self, at: datetime, samples: Sequence[Sample], token: TokenRef | None
    ) -> SessionActor | None:
        """Return the session that a stop without a good name means: an open one, or one that it ended before (Q62)."""
        going_on = self._heard_by(at)
        if len(going_on) > 1:
            by_token = [session for session in going_on if token is not None and _is_of(session.state, token)]
            going_on = by_token or _nearest([one for one in going_on if is_made(one.state.ref)], samples)
        if len(going_on) == 1:
            return going_on[0]
        around = await self._around(at, None, token, timedelta(0))
        return next((ended for ended in around if not ended.active and has_end(ended.state, at, samples)), None)

    def _heard_by(self, at: datetime) -> list[SessionActor]:
        return [session for session in self.active if was_heard_by(session.state, at)]

    def _begun_after(self, at: datetime, evse: int | None) -> SessionActor | None:
        """Return the first session after a time that may have begun before it: only part of it was heard (Q71)."""
        later = [
            (heard_from, session)
            for session in self.known
            if is_made(session.state.ref)
            and session.state.evse in (None, evse or session.state.evse)
            and (heard_from := session.state.memory.heard_from) is not None
            and at < heard_from < at + ONE_DAY
        ]
        return min(later, key=lambda found: found[0])[1] if later else None

    async def _around(
        self, at: datetime, evse: int | None, token: TokenRef | None, grace: timedelta
    ) -> list[SessionActor]:
        """Return the sessions that went on at a time, or ended not earlier than `grace` before it."""
        value = None if token is None else token.value
        found = await self._tools.archive.sessions_around(self._station, evse or None, value, at, at - grace)
        return [await self._load_once(heading) for heading in found]

    async def _load_once(self, heading: SessionHeading) -> SessionActor:
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


def _of_evse(sessions: list[SessionActor], evse: int | None) -> SessionActor | None:
    """Return the youngest session of an EVSE; with no EVSE, the only one."""
    if evse:
        return next((session for session in reversed(sessions) if session.state.evse == evse), None)
    return sessions[0] if len(sessions) == 1 else None


def _nearest(sessions: list[SessionActor], samples: Sequence[Sample]) -> list[SessionActor]:
    """Return the session whose register comes nearest to a last reading from below, if there is one."""
    gaps = [(gap, n) for n, one in enumerate(sessions) if (gap := gap_to(one.state, samples)) is not None]
    return [sessions[min(gaps)[1]]] if gaps else []


def _is_doubtful(begin: BeginSession) -> bool:
    """Whether the time of a start was mended, so that nothing follows from it."""
    return any(flag.startswith("timestamp") for flag in begin.observation.flags)


def _is_reuse(session: Session, at: datetime) -> bool:
    """Whether a start is another one under an old name of the station's making (Q82)."""
    return session.phase is Phase.ENDED and session.ended_at is not None and at > session.ended_at


def _is_of(session: Session, token: TokenRef) -> bool:
    return session.token is not None and session.token.value.casefold() == token.value.casefold()
