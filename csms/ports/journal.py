"""Where facts become durable."""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from csms.domain.command import Event
from csms.domain.session.state import Session
from csms.domain.station.state import Station


class Kind(StrEnum):
    """The kinds of durable things, each with a line of facts of its own."""

    STATION = "station"
    SESSION = "session"


class Commit(Struct, frozen=True, gc=False):
    """Facts of one entity that become durable together, or not at all.

    `sequence` is the place of the first event in the entity's line, from 1. `state` is the
    entity as it will be after them, `before` as it was; tables for readers are projected
    from it. `epoch` is the one under which this node owns the station.
    """

    kind: Kind
    key: str
    station: str
    epoch: int
    sequence: int
    events: tuple[Event, ...]
    state: Session | Station
    before: Session | Station | None = None


class JournalError(Exception):
    """The facts are not known to be durable; forget what was decided and read again."""


class JournalUnavailable(JournalError):
    """The database could not be reached in time, or the fate of the commit is unknown."""


class OwnershipLost(JournalError):
    """A newer epoch owns the station: nothing was written, and nothing may be."""


class CommitRefused(JournalError):
    """The database refuses this very commit, however often it is tried."""


class Journal(Protocol):
    """The line of facts of every entity."""

    def commit(self, commit: Commit) -> Awaitable[None]:
        """Return once the events are durable; raise a `JournalError`, and none of them is."""

    @property
    def ready(self) -> bool:
        """Whether commits are expected to succeed now."""


@dataclass(frozen=True, slots=True)
class History:
    """All facts of one entity, in order; the next one takes place `sequence`."""

    events: tuple[Event, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class SessionHeading:
    """What finds a session: its key, and what the station calls it."""

    key: str
    ref: str
    number: int | None
    evse: int | None
    connector: int | None
    began_at: str | None
    active: bool


class Archive(Protocol):
    """What an actor reads when it wakes. Every method may raise `JournalUnavailable`."""

    async def station(self, station: str) -> tuple[Station, int]:
        """Return the state of a station and the sequence of its next fact."""

    async def history(self, kind: Kind, key: str) -> History:
        """Return the facts of an entity; none for one that is not known."""

    async def active_sessions(self, station: str) -> list[SessionHeading]:
        """Return the sessions of a station that have not ended, oldest first."""

    async def newest_begin(self, station: str) -> datetime | None:
        """Return the station's time of the latest begin of any of its sessions; None if it has none."""

    async def find_session(self, station: str, ref: str) -> SessionHeading | None:
        """Return the newest session of `station` that it calls `ref`."""

    async def sessions_around(
        self, station: str, evse: int | None, token: str | None, at: datetime, ended_since: datetime
    ) -> list[SessionHeading]:
        """Return the session of each EVSE that was the last to begin by `at`, of `token` or of any; the youngest first.

        At `evse` alone, if one is named, and at none that is known. Those are left out that ended
        before `ended_since`, unless that end was only presumed.
        """

    async def next_transaction_number(self) -> int:
        """Return a number for a 1.6 transaction: positive, below 2**31, never given before, hard to guess (Q67)."""
