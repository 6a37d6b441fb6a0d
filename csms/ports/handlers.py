"""The table that an OCPP version offers: what it hears, and who answers it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from csms.domain.access import Authorization, Occasion, TokenRef
from csms.domain.command import Command
from csms.domain.metering import Sample
from csms.domain.session.commands import BeginSession, EndSession, SessionOutcome, UpdateSession
from csms.domain.signing import Denial
from csms.domain.station.commands import Registration
from csms.ocpp.version import Version
from csms.ports.registry import RegisteredStation

Outcome = TypeVar("Outcome")
FOREIGN = 2**31


NAMELESS = frozenset({"", "-1", "0"})
"""What stations of 2.x call a transaction whose name they have lost."""


def is_name(number: int) -> bool:
    """Whether a house can have given a 1.6 transaction this number; 0, -1 and 2**63 - 1 are nonsense (Q62)."""
    return 0 < number < FOREIGN


class CertificateWish(Struct, frozen=True):
    """A request (PKCS#10, PEM) that a station sent to have signed; `kind` is None where it named none."""

    csr: str
    at: datetime
    text: str
    kind: str | None = None
    request_id: int | None = None


class StationContext(Protocol):
    """All that a handler may do, in the turn of one message."""

    station: RegisteredStation
    version: Version
    received_at: datetime
    text: str
    """The frame as it came."""
    line_since: datetime
    """When the connection came that it came over."""
    deviations: tuple[str, ...]
    """What was repaired in it."""

    @property
    def heartbeat_s(self) -> int:
        """The interval that the station is to keep."""

    async def execute(self, command: Command[Outcome]) -> Outcome:
        """Hand a command to the record of this station; return when its facts are durable."""

    async def transact(self, command: BeginSession | UpdateSession | EndSession) -> SessionOutcome:
        """Hand a command to the session that this station calls `command.ref`; return when durable."""

    async def start_number(self, start: str, at: datetime | None) -> int:
        """Return the transaction id of a 1.6 start; the same words of `start` get the same id (Q65).

        `at` is the station's time of it, None if that is not to be believed.
        """

    async def session_ref(
        self, number: int | None, evse: int | None, at: datetime, samples: Sequence[Sample] = ()
    ) -> str | None:
        """Return the ref of the session that meter values mean, or None.

        By its number if it is one of this station's. Else by the EVSE (the only one, if none is
        named) and the station's time: the active session; for a number that no house ever gave
        also the last one, while closing values may come (Q55, Q62, Q75, Q90), or a new ref where the
        `samples` are of a session that nobody heard the start of.
        """

    async def ended_ref(
        self, number: int, token: TokenRef | None, at: datetime, samples: Sequence[Sample]
    ) -> str | None:
        """Return the ref of the session that a 1.6 stop means, or None.

        By its number if it is one of this station's. A number that another house may have given
        means the active session of a station with one EVSE; one that no house ever gave the only
        active session, or that of the token, or the one that ended so before (Q62, Q63, Q67).
        """

    async def event_ref(
        self,
        name: str,
        evse: int | None,
        token: TokenRef | None,
        at: datetime,
        samples: Sequence[Sample],
        *,
        ends: bool,
    ) -> str:
        """Return the ref of the session that an event of 2.x means whose name is none.

        That is one which did begin under this name and goes on, or went on then; else that of its EVSE, as for
        a 1.6 station that lost a number (Q62); else a new ref.
        """

    async def authorize(
        self, token: TokenRef, evse: int | None = None, occasion: Occasion = Occasion.OTHER
    ) -> Authorization:
        """Judge a token that is presented, at an EVSE if that is told."""

    async def order_certificate(self, wish: CertificateWish) -> Denial | None:
        """Put a request for a certificate on record, to be signed once it is answered; return why it is not granted."""

    async def boot_policy(self) -> Registration:
        """Return what the operator wants a booting station to hear, as it stands now."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A call of the station, and who answers it.

    `acknowledge` stands for a message whose content is never refused: what cannot be read is
    kept for review and answered by it. `before_acceptance`: answered even before the station
    was accepted. `betrayed_by`: members of another version, and what they say of a station (Q4).
    """

    answer: Callable[[Any, StationContext], Awaitable[Struct]]
    acknowledge: Callable[[StationContext], Awaitable[Struct]] | None = None
    before_acceptance: bool = False
    betrayed_by: Mapping[str, str] = field(default_factory=dict)


class Asked(Struct, frozen=True):
    """A call of ours on its way to a station, as JSON text; whoever sends it, through whichever door."""

    call_id: str
    payload: bytes
    at: datetime


Ask = Callable[[Asked], Iterable[Command[Any]]]
"""What the record notes of a call before it is sent; raises a `MsgspecError` for one that makes no sense."""


class Answered(Struct, frozen=True):
    """A call of ours and what the station answered, both as JSON text; whoever sent it, through whichever door."""

    call_id: str
    payload: bytes
    answer: bytes
    asked_at: datetime
    at: datetime


Learn = Callable[[Answered], Iterable[Command[Any]]]
"""What the record learns from an answer; raises a `MsgspecError` for one that cannot be read."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What one version of the protocol offers.

    An action of the version that `inbound` does not name answers NotSupported. By the action of a
    call of ours, `asks` says what the record notes as it is sent, `learns` what its answer tells of
    the station; of a call in `errors_refuse` an error is learned from as if its code were a status. `invites`
    tells which calls of a station that is not accepted yet are the fruit of a call of
    ours, given its action and payload (BOOT-05). `barred` are the calls of ours that a
    pending station must not get; a rejected one gets none but `wakers` (BOOT-06, BOOT-09).
    """

    inbound: Mapping[str, Inbound]
    invites: Callable[[str, bytes], frozenset[str]]
    barred: frozenset[str]
    wakers: frozenset[str]
    learns: Mapping[str, Learn] = field(default_factory=dict)
    asks: Mapping[str, Ask] = field(default_factory=dict)
    errors_refuse: frozenset[str] = frozenset()
