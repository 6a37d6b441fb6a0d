"""What can be asked of a charging session.

A 1.6 StartTransaction and a 2.x TransactionEvent(Started) give equal commands; a rule
exists once. In 1.6 `meterStart` and `meterStop` arrive as samples with the contexts
`Transaction.Begin` and `Transaction.End`.
"""

from datetime import datetime

from msgspec import Struct

from csms.domain.access import TokenRef
from csms.domain.command import Command
from csms.domain.metering import Sample


class Observation(Struct, frozen=True, gc=False, omit_defaults=True):
    """What one message of a station tells about a session.

    `at` is the station's time, `received_at` ours. `seq_no` counts a 2.x station's
    events; 1.6 has none. `authorized` tells that the session was authorized now, or lost that. `flags` name what was repaired or is doubtful. `details` is all that
    the message tells and no rule asks for, as JSON text in the words of the version.
    """

    at: datetime
    received_at: datetime
    seq_no: int | None = None
    evse: int | None = None
    connector: int | None = None
    token: TokenRef | None = None
    trigger: str | None = None
    charging_state: str | None = None
    offline: bool = False
    samples: tuple[Sample, ...] = ()
    reservation_id: int | None = None
    remote_start_id: int | None = None
    flags: tuple[str, ...] = ()
    details: str | None = None
    authorized: bool | None = None


class SessionOutcome(Struct, frozen=True, gc=False):
    """What the asker of a session learns.

    `repeated` says that the same message had been recorded before and changed nothing.
    `number` is the transaction id that a 1.6 station was given.
    """

    energy_wh: int
    repeated: bool = False
    number: int | None = None


class BeginSession(Command[SessionOutcome], frozen=True):
    """A transaction started.

    In 1.6 `number` is the transaction id to give, should it be new, and `start` what makes the
    start known again when the station repeats it.
    """

    station: str
    ref: str
    observation: Observation
    number: int | None = None
    start: str | None = None


class UpdateSession(Command[SessionOutcome], frozen=True):
    """A transaction went on; may come before its begin, after its end, or without one."""

    station: str
    ref: str
    observation: Observation


class EndSession(Command[SessionOutcome], frozen=True):
    """A transaction ended; may come without its begin."""

    station: str
    ref: str
    observation: Observation
    reason: str | None = None


class PresumeEnded(Command[SessionOutcome], frozen=True):
    """Close a session whose end never came, at its last good reading; a real end overrides it (Q53, Q57, Q64).

    `evidence_at` is the station's time of what speaks for the end: a message of the session dated
    after it refutes the presumption, and the session goes on. Without it nothing but an end does.
    """

    at: datetime
    cause: str
    evidence_at: datetime | None = None
