"""What the routes of charging profiles take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from csms.domain.fleet.selection import Selection
from csms.domain.smart_charging.binding import Standing
from csms.domain.smart_charging.profile import Kind, Origin, Purpose, Recurrence, Unit

Shape = TypeVar("Shape", bound=Struct)
Voltage = Annotated[int, Meta(ge=50, le=1000)]
Phases = Annotated[int, Meta(ge=1, le=3)]


class Period(Struct, frozen=True):
    """From `start_s` on, `limit` holds; none: nothing is limited."""

    start_s: int
    limit: float | None = None
    phases: int | None = None
    phase_to_use: int | None = None


class Schedule(Struct, frozen=True):
    """Limits one after another."""

    unit: Unit
    periods: list[Period]
    start: datetime | None = None
    duration_s: int | None = None
    min_rate: float | None = None


class Profile(Struct, frozen=True):
    """A profile as `set-charging-profile` takes it."""

    id: int
    stack_level: int
    purpose: Purpose
    kind: Kind
    schedules: list[Schedule]
    recurrence: Recurrence | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction: str | None = None


class InstalledProfile(Struct, frozen=True):
    """A profile that a station accepted or reported, and how it stands now.

    `evse` 0 is the station; none: a remote start left the choice to it. `source` is who set it, by
    the station's word. `session_id` is that of the session that it is for.
    """

    id: int
    evse: int | None
    standing: Standing
    origin: Origin
    accepted_at: datetime
    profile: Profile
    source: str | None = None
    remote_start_id: int | None = None
    session_id: str | None = None


class Composite(Struct, frozen=True):
    """Limits over a window, in one unit; `duration_s` may be shorter than asked for where very much changes."""

    start: datetime
    duration_s: int
    unit: Unit
    periods: list[Period]


class Difference(Struct, frozen=True):
    """From `start_s` until `end_s` of the station's window, the station says `told` and we say `computed`.

    `above`: it would take more than its profiles allow. `below`: it takes less, which is its right.
    """

    start_s: int
    end_s: int
    told: float | None
    computed: float | None
    side: Literal["above", "below"]


class Comparison(Struct, frozen=True):
    """The last composite schedule that a station told of an EVSE, and ours for the same window.

    Ours is made of the profiles that are known now: `changed_since` says that they have changed
    since the station was asked. What a station tells is what it expects, which may be less (SC-36).
    """

    evse: int
    status: str
    told_at: datetime
    asked_duration_s: int
    asked_unit: Unit | None
    changed_since: bool
    nominal_voltage_v: int
    phases: int
    told: Composite | None = None
    computed: Composite | None = None
    differences: list[Difference] | None = None


class Constraint(Struct, frozen=True):
    """What somebody else limits at a station; no schedules: how much was not told."""

    source: str
    evse: int
    at: datetime
    schedules: list[Schedule] = []
    grid_critical: bool | None = None


class ProfileAnswer(Struct, frozen=True):
    """What a station answered the last time to profiles of one sort."""

    purpose: Purpose
    kind: Kind
    unit: Unit
    stack_level: int
    status: str
    at: datetime


class ProfileReport(Struct, frozen=True):
    """How far a report is that a station was asked for; `found` is false if it has no such profiles."""

    request_id: int
    found: bool | None
    complete: bool
    profiles: int
    at: datetime


class ChargingSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator knows of a station: how it is fed, and whether it forgets its profiles when it restarts.

    With `restores_after_reboot` the house sends it again what it is known to have forgotten and would still count.
    """

    nominal_voltage_v: Voltage = 230
    phases: Phases = 3
    forgets_on_reboot: bool = False
    restores_after_reboot: bool = False


class ChargingSettingsOfMany(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be said of many stations; what is left out stays as it is with each."""

    selection: Selection
    nominal_voltage_v: Voltage | None = None
    phases: Phases | None = None
    forgets_on_reboot: bool | None = None
    restores_after_reboot: bool | None = None


class Changed(Struct, frozen=True):
    """So many stations were changed."""

    stations: int


class RestoredProfile(Struct, frozen=True):
    """How it went with one profile; `outcome` is None while the station has not answered, `detail` tells what else there is.

    The outcomes are those of an assignment of an operation. `call_id` is that of its last call.
    """

    id: int
    evse: int
    purpose: Purpose
    stack_level: int
    call_id: str
    asked_at: datetime
    outcome: str | None
    detail: str | None
    ended_at: datetime | None


class Restoration(Struct, frozen=True):
    """How far the profiles are that a station lost when it booted at `booted_at`.

    `outcome` is None while it goes on, else `Restored`, `Refused` (the station did not take all of them), `NothingDue`,
    `Waiting` (it was not reached; at `next_try_at` it is tried again), or `Overtaken` (nobody wants it any more, or it booted again).
    """

    booted_at: datetime
    tries: int
    began_at: datetime
    ended_at: datetime | None
    outcome: str | None
    next_try_at: datetime | None
    profiles: list[RestoredProfile]


class SessionLimits(Struct, frozen=True):
    """What limits a session: its own profiles and all that bear on its EVSE.

    `limit_a` and `limit_w` hold now, none if nothing is limited. `exceeded` says that it takes clearly
    more: some stations accept profiles and do not obey (Q109).
    """

    session_id: str
    station_id: str
    evse: int | None
    active: bool
    profiles: list[InstalledProfile]
    limit_a: float | None = None
    limit_w: float | None = None
    power_w: int | None = None
    exceeded: bool | None = None


def shown(shape: type[Shape], value: Any) -> Shape:
    """Return a thing of the domain as readers see it: amounts as numbers."""
    return msgspec.json.decode(_encoder.encode(value), type=shape)


_encoder = msgspec.json.Encoder(decimal_format="number")
