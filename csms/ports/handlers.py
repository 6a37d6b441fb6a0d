"""The table that an OCPP version offers: what it hears, and who answers it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from csms.domain.access import Authorization, TokenRef
from csms.domain.command import Command
from csms.domain.session.commands import BeginSession, EndSession, SessionOutcome, UpdateSession
from csms.ocpp.version import Version
from csms.ports.registry import RegisteredStation

Outcome = TypeVar("Outcome")


class StationContext(Protocol):
    """All that a handler may do, in the turn of one message."""

    station: RegisteredStation
    version: Version
    received_at: datetime
    heartbeat_s: int
    text: str
    """The frame as it came."""
    deviations: tuple[str, ...]
    """What was repaired in it."""

    async def execute(self, command: Command[Outcome]) -> Outcome:
        """Hand a command to the record of this station; return when its facts are durable."""

    async def transact(self, command: BeginSession | UpdateSession | EndSession) -> SessionOutcome:
        """Hand a command to the session that this station calls `command.ref`; return when durable."""

    async def start_number(self, evse: int, key: str) -> tuple[int, bool]:
        """Return the 1.6 transaction id of the start known as `key`, and whether it is a repetition."""

    async def session_ref(self, number: int, evse: int | None) -> str | None:
        """Return the ref of the session meant by a 1.6 transaction id, odd ones (0, -1) by their EVSE (Q62)."""

    async def authorize(self, token: TokenRef) -> Authorization:
        """Judge a token."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A call of the station, and who answers it.

    `carries_energy`: its content is never refused; what cannot be read is kept and acknowledged.
    `before_acceptance`: answered even before the station was accepted.
    """

    answer: Callable[[Any, StationContext], Awaitable[Struct]]
    carries_energy: bool = False
    before_acceptance: bool = False


Handlers = Mapping[str, Inbound]
"""Action to handler; an action of the version that is not in the table answers NotSupported."""
