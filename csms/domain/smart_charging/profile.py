"""Charging profiles: who says it (purpose), how loud (stack level), and what holds when (schedule)."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

LARGEST = 2**31 - 1
MOST_PERIODS = 1024
MOST_SCHEDULES = 3

Id = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
Number = Annotated[int, Meta(ge=0, le=LARGEST)]
Seconds = Annotated[int, Meta(ge=0, le=LARGEST)]
Moment = Annotated[datetime, Meta(tz=True)]
Ref = Annotated[str, Meta(min_length=1, max_length=36)]


class Unit(StrEnum):
    """What a limit is counted in: amperes of each phase, or watts over all phases (SC-18)."""

    AMPERES = "A"
    WATTS = "W"


class Purpose(StrEnum):
    """What a profile limits; 1.6 says ChargePointMaxProfile for `STATION_MAX`."""

    EXTERNAL = "ChargingStationExternalConstraints"
    STATION_MAX = "ChargingStationMaxProfile"
    DEFAULT = "TxDefaultProfile"
    SESSION = "TxProfile"
    PRIORITY = "PriorityCharging"
    GENERATION = "LocalGeneration"


class Kind(StrEnum):
    """What the times of a schedule count from."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"
    DYNAMIC = "Dynamic"


class Recurrence(StrEnum):
    """How often a schedule begins again."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


class Period(Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """From `start_s` after the schedule's begin until the next period, `limit` holds.

    No `limit`: nothing is limited (2.1 only). No `phases`: three (SC-17).
    """

    start_s: Seconds
    limit: Decimal | None = None
    phases: Annotated[int, Meta(ge=1, le=3)] | None = None
    phase_to_use: Annotated[int, Meta(ge=1, le=3)] | None = None


class Schedule(Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """Limits one after another; without `duration_s` the last one holds for ever.

    `min_rate`, in the same unit, is below what the car cannot charge.
    """

    unit: Unit
    periods: Annotated[tuple[Period, ...], Meta(min_length=1, max_length=MOST_PERIODS)]
    start: Moment | None = None
    duration_s: Seconds | None = None
    min_rate: Decimal | None = None


class Profile(Struct, frozen=True, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    """A charging profile; more than one schedule only for a session that negotiates by ISO 15118 (SC-16).

    Numbers below 0 are those of limits that others set (SC-15).
    """

    id: Id
    stack_level: Number
    purpose: Purpose
    kind: Kind
    schedules: Annotated[tuple[Schedule, ...], Meta(min_length=1, max_length=MOST_SCHEDULES)]
    recurrence: Recurrence | None = None
    valid_from: Moment | None = None
    valid_to: Moment | None = None
    transaction: Ref | None = None


class Origin(StrEnum):
    """How a profile came to a station."""

    SET = "set"
    REMOTE_START = "remote-start"
    REPORTED = "reported"


class Installed(Struct, frozen=True, gc=False, omit_defaults=True):
    """A profile that a station accepted, or told of.

    `evse` 0 is the station; None: a remote start left the choice to it. `source` is who set the
    profile by the station's word. One that came with a remote start waits for the session that
    it begins, known by `remote_start_id`, else by EVSE or `token`.
    """

    evse: int | None
    profile: Profile
    at: datetime
    origin: Origin = Origin.SET
    source: str | None = None
    remote_start_id: int | None = None
    token: str | None = None


class Constraint(Struct, frozen=True, gc=False, omit_defaults=True):
    """A limit that somebody else set at the station: `source` names who; no schedules: how much was not told."""

    source: str
    evse: int
    at: datetime
    schedules: tuple[Schedule, ...] = ()
    grid_critical: bool | None = None


class Running(Struct, frozen=True, gc=False):
    """A session that goes on, or went on from `began_at` to `ended_at`.

    `heard_at` is when we heard of it first, by our clock.
    """

    key: str
    transaction: str
    evse: int | None
    began_at: datetime
    heard_at: datetime
    ended_at: datetime | None = None
    remote_start_id: int | None = None
    token: str | None = None
