"""Where a socket and an actor meet."""

from collections.abc import Callable
from typing import Protocol

from csms.domain.proof import Proof
from csms.ocpp.errors import ErrorCode
from csms.ocpp.events import CallReceived, LinkEvent
from csms.ocpp.version import Version
from csms.ports.registry import RegisteredStation


class Line(Protocol):
    """One connection, as the actor of its station sees it. No method blocks or raises unless it says so."""

    version: Version
    remote: str
    proof: Proof
    """Who the station has proven to be."""
    last_inbound: float
    """When bytes came in last, by the clock's monotonic seconds."""

    def answer(self, call: CallReceived, payload: bytes) -> None:
        """Send the CALLRESULT; nothing happens if the socket is gone."""

    def refuse(self, call: CallReceived, code: ErrorCode, description: str) -> None:
        """Send the CALLERROR, spelled as the version spells it."""

    def call(self, message_id: str, action: str, payload: bytes, *, within: float) -> bool:
        """Queue a call; False if the queue is full or the socket is gone. Its end comes as a link event."""

    def close(self, code: int, reason: str) -> None:
        """Close the socket with a WebSocket close code; what it owes is dropped."""

    def adopt(self, station: RegisteredStation) -> None:
        """Keep the line at the pace of a station of which more, or something else, is known now."""

    def pause(self) -> None:
        """Stop reading the socket (and keep it alive), because its actor is behind."""

    def resume(self) -> None:
        """Read the socket again."""


class Ears(Protocol):
    """What a connection tells the actor of its station. No method blocks or raises."""

    def heard(self, event: LinkEvent) -> None:
        """Something came in, or a call of ours came to its end; in the order of the wire."""

    def lost(self) -> None:
        """The socket is gone; no event follows."""


class House(Protocol):
    """What the gateway asks of those who live above it."""

    async def welcome(self, station: RegisteredStation, line: Line) -> Ears:
        """Give `station` this line in place of any older one, which is closed.

        Raises `JournalUnavailable` when the lease cannot be taken: refuse the handshake with 503.
        """

    @property
    def ready(self) -> bool:
        """Whether answers can be made durable now; if not, refuse handshakes with 503."""


CloseListener = Callable[[int, str], None]
