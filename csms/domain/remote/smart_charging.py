"""What an operator asks of a station about charging profiles."""

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta

from csms.domain.fault import Fault
from csms.domain.remote.words import EvseOrStation, RemoteCommand, RequestId, Text
from csms.domain.smart_charging.profile import LARGEST, Id, Number, Profile, Purpose, Unit
from csms.domain.smart_charging.validation import OTHERS, faults_of

Duration = Annotated[int, Meta(ge=1, le=LARGEST)]
Some = Annotated[tuple[Id, ...], Meta(min_length=1, max_length=100)]
Sources = Annotated[tuple[Text, ...], Meta(min_length=1, max_length=4)]


class SetChargingProfile(RemoteCommand, frozen=True):
    """Limit charging at an EVSE, or (`evse` 0) at the station.

    With `fallback` a station that refuses the profile is asked for it at lower levels, and for that of a session as a default (Q107).
    """

    evse: EvseOrStation
    profile: Profile
    fallback: bool = False

    def faults(self) -> Iterator[Fault]:
        return faults_of(self.profile, self.evse)


class ClearChargingProfile(RemoteCommand, frozen=True):
    """Take profiles away: one by its `id`, or all that meet every criterion (SC-22)."""

    id: Id | None = None
    evse: EvseOrStation | None = None
    purpose: Purpose | None = None
    stack_level: Number | None = None

    def faults(self) -> Iterator[Fault]:
        if self.purpose in OTHERS:
            yield Fault("/purpose", "is set by others, and never cleared by a central system (SC-01)")


class GetCompositeSchedule(RemoteCommand, frozen=True):
    """Ask what an EVSE, or (`evse` 0) the station, will take; without a `unit` in that of the station's choice."""

    evse: EvseOrStation
    duration_s: Duration
    unit: Unit | None = None


class GetChargingProfiles(RemoteCommand, frozen=True):
    """Ask for a report of profiles: those of some `ids`, or those that meet every criterion (2.x)."""

    ids: Some | None = None
    evse: EvseOrStation | None = None
    purpose: Purpose | None = None
    stack_level: Number | None = None
    sources: Sources | None = None
    request_id: RequestId | None = None

    def faults(self) -> Iterator[Fault]:
        criteria = {"purpose": self.purpose, "stack_level": self.stack_level, "sources": self.sources}
        given = [name for name, value in criteria.items() if value is not None]
        if self.ids is None and not given:
            yield Fault("/purpose", "ids, or one of purpose, stack_level and sources, are needed (SC-21)")
        for name in given if self.ids is not None else ():
            yield Fault(f"/{name}", "plays no part beside ids (SC-21)")
