"""The operator's way to a station, whichever node owns it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from csms.domain.local_list import Listed
from csms.domain.remote import RemoteCommand


class CallOutcome(StrEnum):
    """How a call to a station ended."""

    ANSWERED = "Answered"
    ERROR = "Error"
    TIMED_OUT = "TimedOut"
    DISCONNECTED = "Disconnected"
    OFFLINE = "Offline"
    NOT_ALLOWED = "NotAllowed"
    BUSY = "Busy"


class Verdict(StrEnum):
    """What an answer says to a command: yes, yes after the next restart, no, or that the station does not know it."""

    ACCEPTED = "Accepted"
    NEEDS_RESTART = "NeedsRestart"
    REFUSED = "Refused"
    UNSUPPORTED = "Unsupported"


class CallRequest(Struct, frozen=True):
    """One call for a station; `payload` is JSON text in the specification's spelling.

    `within_s` counts from the asking, queueing included.
    """

    call_id: str
    station: str
    action: str
    payload: str
    within_s: float
    asked_by: str


class CallReport(Struct, frozen=True):
    """How a call ended.

    `answer` is the payload of the CALLRESULT as JSON text; `code`, `description` and
    `details` are those of a CALLERROR. `protocol` is the subprotocol of the connection. `unsupported` says that the
    station does not know what it was asked, in whichever way it put that (Q40).
    """

    call_id: str
    outcome: CallOutcome
    protocol: str | None = None
    answer: str | None = None
    code: str | None = None
    description: str | None = None
    details: str | None = None
    unsupported: bool = False


class StationCalls(Protocol):
    """Ask the owner of a station to call it."""

    async def call(self, request: CallRequest) -> CallReport:
        """Store the call, send it once, and return how it ended. Never sent twice."""

    async def protocol(self, station: str) -> str | None:
        """Return the subprotocol of the station's connection; None while it is offline."""


class Unsupported(Exception):
    """A version has no words for a command; the text says why, `member` names what of it is at fault."""

    def __init__(self, why: str, member: str | None = None) -> None:
        super().__init__(why)
        self.member = member


class LimitVariable(Struct, frozen=True):
    """A variable that tells a limit: by its value, or by the ceiling of its value."""

    component: str
    variable: str
    is_ceiling: bool = False


class SecurityOffer(Struct, frozen=True):
    """What a call would have a station come in by from now on.

    A password as it may show it, a security profile, or its certificate with what leads to the root (PEM).
    """

    password: bytes | None = None
    profile: int | None = None
    chain: str | None = None


class Phrasebook(Protocol):
    """Puts commands into the words of a version."""

    def put(self, protocol: str, command: RemoteCommand) -> tuple[str, dict[str, object]]:
        """Return action and payload; raise `Unsupported`."""

    def parts(self, protocol: str, command: RemoteCommand) -> Sequence[RemoteCommand]:
        """Return what to say one after the other where a version cannot say a command in one call; itself, where it can."""

    def spoken(self, protocol: str, listed: Listed) -> Listed:
        """Return an entry of a local list as a station would have it: with what its version can say of it."""

    def list_limits(self, protocol: str) -> Mapping[str, LimitVariable]:
        """Return the variables that tell how much of a local list a station takes, by the members of `Limits`."""

    def member(self, protocol: str, path: str) -> str:
        """Return the member of a command that became what a JSON pointer into its payload names."""

    def offer(self, action: str, payload: bytes) -> SecurityOffer | None:
        """Return what a call, whoever worded it, offers a station to come in by; None for nearly all calls."""

    def verdict(self, answer: str, action: str = "") -> Verdict:
        """Return what an answer (a CALLRESULT's payload, as JSON text) to an action says to a command."""
