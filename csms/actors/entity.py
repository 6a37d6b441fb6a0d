"""The life of every durable thing: decide, commit, evolve, answer."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar, cast

from csms.domain.command import Command, Deciders
from csms.domain.session.state import Session
from csms.domain.station.state import Station
from csms.ports.journal import Commit, Journal, Kind

State = TypeVar("State", Session, Station)
Outcome = TypeVar("Outcome")


class Lease:
    """Under which epoch this node writes for a station; shared by the station and its sessions."""

    __slots__ = ("epoch",)

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch


class Entity(Generic[State]):
    """One line of facts and the state that they add up to.

    An exception before or in the commit leaves the state as it was; after a `JournalError`
    the state may be behind the database, and the entity must be read again.
    """

    __slots__ = ("_deciders", "_evolve", "_journal", "_lease", "key", "kind", "sequence", "state", "station")

    def __init__(  # the parts of a durable thing
        self,
        *,
        kind: Kind,
        key: str,
        station: str,
        state: State,
        sequence: int,
        lease: Lease,
        deciders: Deciders,
        evolve: Callable[[State, Any], State],
        journal: Journal,
    ) -> None:
        self.kind = kind
        self.key = key
        self.station = station
        self.state: State = state
        self.sequence = sequence
        self._lease = lease
        self._deciders = deciders
        self._evolve: Callable[[State, Any], State] = evolve
        self._journal = journal

    async def execute(self, command: Command[Outcome]) -> Outcome:
        """Return the outcome once its facts are durable; raise a `JournalError` if they are not."""
        decision = self._deciders[type(command)](self.state, command)
        if events := decision.events:
            before, state = self.state, decision.state
            if state is None:
                state = before
                for event in events:
                    state = self._evolve(state, event)
            await self._journal.commit(
                Commit(self.kind, self.key, self.station, self._lease.epoch, self.sequence, events, state, before)
            )
            self.state = state
            self.sequence += len(events)
        return cast("Outcome", decision.outcome)
