"""What can be asked of a station's record about charging profiles, its part of the state, and the facts of it."""

from datetime import datetime

from msgspec import Struct

from csms.domain.command import Command, Event
from csms.domain.smart_charging.composite import Composite
from csms.domain.smart_charging.matching import Criteria
from csms.domain.smart_charging.profile import Constraint, Installed, Profile, Unit

ACCEPTED = "Accepted"


class RecordProfile(Command[None], frozen=True):
    """The station answered `status`, its own word, to a profile; `exclusive` as in `replaced_by`."""

    installed: Installed
    status: str
    exclusive: bool = False


class RecordClearing(Command[None], frozen=True):
    """No profile that these criteria mean is at the station: it cleared them, or knew of none (Q110)."""

    criteria: Criteria
    at: datetime


class RecordInquiry(Command[None], frozen=True):
    """The station promised to report the profiles that we asked for, or (`found` False) told that there are none."""

    request_id: int
    criteria: Criteria
    found: bool
    at: datetime


class ReportProfiles(Command[None], frozen=True):
    """A part of such a report: profiles of one EVSE that `source` set."""

    request_id: int
    evse: int
    source: str
    profiles: tuple[Profile, ...]
    last: bool
    at: datetime


class RecordComposite(Command[None], frozen=True):
    """The station answered to the question for a composite schedule; None if it told none."""

    evse: int
    status: str
    at: datetime
    duration_s: int
    unit: Unit | None = None
    composite: Composite | None = None


class ReportConstraint(Command[None], frozen=True):
    """Somebody else limits the station (SC-37)."""

    constraint: Constraint


class ClearConstraint(Command[None], frozen=True):
    """Such a limit is gone; `evse` None: wherever it was."""

    source: str
    evse: int | None
    at: datetime


class Inquiry(Struct, frozen=True, gc=False):
    """A report that we asked for; `criteria` is None while only the report has come, not the answer."""

    request_id: int
    criteria: Criteria | None = None
    seen: tuple[int, ...] = ()
    complete: bool = False


class Charging(Struct, frozen=True, gc=False):
    """What a station holds; a station that is read again has forgotten its inquiries."""

    profiles: tuple[Installed, ...] = ()
    inquiries: tuple[Inquiry, ...] = ()


class ProfileAnswered(Event, frozen=True):
    """The station answered to a profile, one way or the other."""

    installed: Installed
    status: str


class ProfilesDropped(Event, frozen=True):
    """Profiles are at the station no more; `why` is `replaced`, `cleared` or `not-reported`."""

    ids: tuple[int, ...]
    at: datetime
    why: str


class ProfileInstalled(Event, frozen=True):
    """A profile is at the station, in place of any other of its id."""

    installed: Installed


class ProfilesInquired(Event, frozen=True):
    """The station will report profiles, or has told that there are none."""

    request_id: int
    criteria: Criteria
    found: bool
    at: datetime


class ProfilesReported(Event, frozen=True):
    """A part of a report came in."""

    request_id: int
    ids: tuple[int, ...]
    last: bool
    at: datetime


class CompositeTold(Event, frozen=True):
    """The station told a composite schedule, or that it tells none."""

    evse: int
    status: str
    at: datetime
    duration_s: int
    unit: Unit | None = None
    composite: Composite | None = None


class ConstraintTold(Event, frozen=True):
    """Somebody else limits the station."""

    constraint: Constraint


class ConstraintCleared(Event, frozen=True):
    """Such a limit is gone."""

    source: str
    evse: int | None
    at: datetime


ChargingEvent = (
    ProfileAnswered
    | ProfilesDropped
    | ProfileInstalled
    | ProfilesInquired
    | ProfilesReported
    | CompositeTold
    | ConstraintTold
    | ConstraintCleared
)
