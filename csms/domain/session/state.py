"""The state of a charging session, whatever the order in which its facts came."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from csms.domain.access import TokenRef
from csms.domain.energy import Meter
from csms.domain.growth import Known
from csms.domain.session.sequence import Spans


class Phase(StrEnum):
    """Where a session stands."""

    NEW = "new"
    ACTIVE = "active"
    ENDED = "ended"


class End(Struct, frozen=True, gc=False, array_like=True, order=True):
    """One end that a station told; `wh` is its register, -1 where it has none."""

    at: datetime
    wh: int
    reason: str
    token_value: str = ""
    token_kind: str = ""

    @property
    def token(self) -> TokenRef | None:
        """Who ended the session, if that was told."""
        return TokenRef(self.token_value, self.token_kind) if self.token_value or self.token_kind else None


class Presumption(Struct, frozen=True, gc=False):
    """An end that nobody told, and the time until which the session says nothing against it."""

    at: datetime
    cause: str
    evidence_at: datetime | None = None

    def stands(self, last_heard_at: datetime | None) -> bool:
        """Whether the session has said nothing since the evidence."""
        return self.evidence_at is None or last_heard_at is None or last_heard_at <= self.evidence_at


Stamp = tuple[datetime, int, str]
"""When something was told: time, sequence number, and the thing itself to decide between equals."""


class Stamps(Struct, frozen=True, gc=False):
    """When the things were told that stand in a session: the first telling counts.

    Of the state, and of whether the session is authorized, the last one does.
    """

    evse: Stamp | None = None
    connector: Stamp | None = None
    token: Stamp | None = None
    reservation_id: Stamp | None = None
    remote_start_id: Stamp | None = None
    charging_state: Stamp | None = None
    authorized: Stamp | None = None


class Memory(Struct, frozen=True, gc=False):
    """What a session remembers so that the order of its facts plays no part; no reader sees it.

    `known` are the marks of the messages so far, `spans` the numbers of a 2.x station's events.
    `observed` flags come with facts and stay; all other flags follow from the state.
    `received_at` is our time of the last message.
    """

    known: Known = Known()
    spans: Spans = ()
    meter: Meter = Meter()
    stamps: Stamps = Stamps()
    observed: frozenset[str] = frozenset()
    begun_at: datetime | None = None
    heard_from: datetime | None = None
    received_at: datetime | None = None
    ends: tuple[End, ...] = ()
    presumed: Presumption | None = None


class Session(Struct, frozen=True, gc=False):
    """One charging session.

    `energy_wh` is what was delivered, in watt-hours; `meter_start_wh` and `meter_stop_wh`
    are the first and last good reading of the register. `estimated` says that the end was
    presumed. `flags` name what a reader of the bill should know.
    """

    station: str = ""
    ref: str = ""
    number: int | None = None
    phase: Phase = Phase.NEW
    evse: int | None = None
    connector: int | None = None
    token: TokenRef | None = None
    stop_token: TokenRef | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None
    last_heard_at: datetime | None = None
    reason: str | None = None
    charging_state: str | None = None
    reservation_id: int | None = None
    remote_start_id: int | None = None
    energy_wh: int = 0
    meter_start_wh: int | None = None
    meter_stop_wh: int | None = None
    power_w: int | None = None
    soc_percent: int | None = None
    estimated: bool = False
    flags: tuple[str, ...] = ()
    memory: Memory = Memory()
