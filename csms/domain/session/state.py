"""The state of a charging session, whatever the order in which its facts came."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from csms.domain.access import TokenRef
from csms.domain.energy import Energy, Reading


class Phase(StrEnum):
    """Where a session stands."""

    NEW = "new"
    ACTIVE = "active"
    ENDED = "ended"


class Memory(Struct, frozen=True):
    """What a session remembers in order to know repetitions and gaps; no reader sees it.

    `heard` are the fingerprints of the messages so far, `seqs` the numbers of a 2.x station's
    events. `observed` flags come with facts and stay; all other flags follow from the state.
    """

    heard: frozenset[int] = frozenset()
    seqs: frozenset[int] = frozenset()
    readings: tuple[Reading, ...] = ()
    energy: Energy = Energy()
    observed: frozenset[str] = frozenset()
    begun: bool = False
    end_at: datetime | None = None


class Session(Struct, frozen=True):
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
