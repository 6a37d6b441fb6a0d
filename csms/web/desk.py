"""What the features work with, and how a request gets at it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import asyncpg
from litestar.connection import ASGIConnection
from litestar.types import ASGIApp, Receive, Scope, Send

from csms.domain.signing import Terms
from csms.domain.vendors.habits import PLAIN, Habits
from csms.kit.clock import Clock
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.ports.assignments import Carrier, Effect
from csms.ports.commands import Phrasebook, StationCalls
from csms.ports.depot import Porter
from csms.ports.live import LiveFacts
from csms.ports.objects import Objects
from csms.ports.registry import StationRegistry
from csms.ports.vendors import Vendors
from csms.web.callers import Callers

DESK = "desk"
"""Where a request carries its desk: the application is the same for every node of a process."""


class Fault(Protocol):
    """Where and why a payload breaks its schema."""

    @property
    def path(self) -> str:
        """A JSON pointer."""

    @property
    def message(self) -> str:
        """A sentence."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Ports and settings for requests; `tasks` holds work that goes on after the answer, `callers` knows who asks.

    `settle` lets readers see all that this process has made durable; `check` tells what breaks
    the schema of a call; `health` what is not well; `expel` has the line of a station closed that the
    database knows under a lower epoch. `carriers` are the commands that many stations can be
    given, and `effects` what can be waited for to come of them. `porter` gives out addresses at which stations
    fetch and bring; `largest_file` is in bytes. `changed` tells the node of a station that it was
    set up in another way; `habits` are those of a station of which nothing is known. `command_bytes` is what a station takes in one
    command that never said how much it takes; `signing` are the terms on which certificates are signed.
    """

    pool: "asyncpg.Pool[asyncpg.Record]"
    callers: Callers
    calls: StationCalls
    live: LiveFacts
    phrasebook: Phrasebook
    settle: Callable[[], Awaitable[None]]
    check: Callable[[str, str, bytes], Sequence[Fault]]
    health: Callable[[], Awaitable[dict[str, bool]]]
    expel: Callable[[str, int], None]
    clock: Clock
    metrics: Metrics
    tasks: Tasks
    objects: Objects
    porter: Porter
    largest_file: int
    registry: StationRegistry
    vendors: Vendors
    changed: Callable[[str], Awaitable[None]]
    habits: Habits = PLAIN
    carriers: Mapping[str, Carrier] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    call_timeout_s: float = 60.0
    command_bytes: int = 4096
    signing: Terms = field(default_factory=Terms)


def at_desk(app: ASGIApp, desk: Desk) -> ASGIApp:
    """Return `app` for one node: each of its requests carries `desk`."""

    async def carrying(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {**scope.get("state", {}), DESK: desk}
        await app(scope, receive, send)

    return carrying


def desk_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Desk:
    """Return the desk at which a request is served."""
    return desk_in(connection.scope)


def desk_in(scope: Scope) -> Desk:
    """Return the desk that the scope of a request carries."""
    return cast("Desk", scope["state"][DESK])
