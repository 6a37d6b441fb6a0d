"""Facts as they happen, for those who follow."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from msgspec import Struct

from csms.ports.events import Fact


class LiveFact(Struct, frozen=True):
    """A fact with its place in the stream; a client that lost its connection resumes after it."""

    id: str
    fact: Fact


class LiveFacts(Protocol):
    """The stream of facts."""

    def follow(
        self, *, accepts: Callable[[Fact], bool], after: str | None, room: int = 1000, quiet_s: float = 15.0
    ) -> AsyncIterator[LiveFact | None]:
        """Yield facts as they come, those after the id `after` first; None after each `quiet_s` of silence.

        Facts that the stream has dropped since are left out; an id that is none comes before all.
        Ends when the follower falls too far behind.
        """
