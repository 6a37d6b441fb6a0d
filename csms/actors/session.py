"""One charging session, from its begin to the last of its facts."""

from collections.abc import Coroutine, Iterable
from typing import Any

import structlog

from csms.actors.entity import Entity, Lease
from csms.domain.session.decide import DECIDERS
from csms.domain.session.evolve import evolve
from csms.domain.session.state import Phase, Session
from csms.kit.tasks import Tasks
from csms.ports.journal import Journal, Kind
from csms.runtime.actor import Actor

log = structlog.get_logger(__name__)


class SessionActor(Actor):
    """Asked by its station, in the order of the station's messages."""

    __slots__ = ("_entity", "key")

    def __init__(  # what a session needs to live
        self, *, key: str, station: str, lease: Lease, journal: Journal, tasks: Tasks, facts: Iterable[Any] = ()
    ) -> None:
        super().__init__(name="session", tasks=tasks)
        self.key = key
        state, sequence = Session(), 1
        for fact in facts:
            state, sequence = evolve(state, fact), sequence + 1
        self._entity = Entity(
            kind=Kind.SESSION,
            key=key,
            station=station,
            state=state,
            sequence=sequence,
            lease=lease,
            deciders=DECIDERS,
            evolve=evolve,
            journal=journal,
        )

    @property
    def state(self) -> Session:
        """The session as it is durable."""
        state: Session = self._entity.state
        return state

    @property
    def active(self) -> bool:
        """Whether the session has begun and not ended."""
        return self._entity.state.phase is Phase.ACTIVE

    def receive(self, message: Any) -> Coroutine[Any, Any, Any]:
        """Take one command; raise a `JournalError` if its facts are not durable."""
        return self._entity.execute(message)

    def failed(self, message: Any, error: Exception) -> None:
        log.error("session_turn_failed", session=self.key, command=type(message).__name__, exc_info=error)
