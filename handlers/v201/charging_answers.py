"""OCPP 2.x, block K, Smart Charging: what answers to calls of ours tell of profiles."""

from collections.abc import Iterator, Mapping
from functools import partial

from csms.domain.smart_charging.matching import Criteria
from csms.domain.smart_charging.profile import Installed, Origin, Profile
from csms.domain.station.charging import RecordClearing, RecordComposite, RecordInquiry, RecordProfile
from csms.ocpp.messages import v201
from csms.ocpp.version import Version
from csms.ports.handlers import Answered, Learn
from handlers.answers import asked, read
from handlers.charging import number, read_composite, read_profile, read_purpose, read_schedule, read_unit


def learn_profile(version: Version, answered: Answered) -> Iterator[RecordProfile]:
    """Keep a profile that the station took, or what it said against it (K01)."""
    call: v201.SetChargingProfileRequest = asked(version, "SetChargingProfile", answered)
    told: v201.SetChargingProfileResponse = read(version, "SetChargingProfile", answered)
    evse = number(call.evse_id, "evseId")
    yield RecordProfile(Installed(evse, profile_of(call.charging_profile), answered.asked_at), told.status[:50])


def learn_start(version: Version, answered: Answered) -> Iterator[RecordProfile]:
    """Keep the profile that came with a remote start, if the station took that (K05)."""
    call: v201.RequestStartTransactionRequest = asked(version, "RequestStartTransaction", answered)
    told: v201.RequestStartTransactionResponse = read(version, "RequestStartTransaction", answered)
    if call.charging_profile is None or told.status != "Accepted":
        return
    installed = Installed(
        evse=None if call.evse_id is None else number(call.evse_id, "evseId"),
        profile=profile_of(call.charging_profile),
        at=answered.asked_at,
        origin=Origin.REMOTE_START,
        remote_start_id=call.remote_start_id,
        token=call.id_token.id_token,
    )
    yield RecordProfile(installed, told.status)


def learn_clearing(version: Version, answered: Answered) -> Iterator[RecordClearing]:
    """Forget what the station cleared, or never knew (K10, Q110)."""
    call: v201.ClearChargingProfileRequest = asked(version, "ClearChargingProfile", answered)
    read(version, "ClearChargingProfile", answered)
    given = call.charging_profile_criteria or v201.ClearChargingProfileType()
    criteria = Criteria(
        ids=() if call.charging_profile_id is None else (call.charging_profile_id,),
        evse=given.evse_id,
        purpose=read_purpose(given.charging_profile_purpose),
        stack_level=given.stack_level,
    )
    yield RecordClearing(criteria, answered.at)


def learn_inquiry(version: Version, answered: Answered) -> Iterator[RecordInquiry]:
    """Note which report will come, or that there is nothing to report (K09)."""
    call: v201.GetChargingProfilesRequest = asked(version, "GetChargingProfiles", answered)
    told: v201.GetChargingProfilesResponse = read(version, "GetChargingProfiles", answered)
    given = call.charging_profile
    criteria = Criteria(
        ids=given.charging_profile_id or (),
        evse=call.evse_id,
        purpose=read_purpose(given.charging_profile_purpose),
        stack_level=given.stack_level,
        sources=given.charging_limit_source or (),
    )
    found = told.status == "Accepted"
    yield RecordInquiry(number(call.request_id, "requestId"), criteria, found, answered.at)


def learn_composite(version: Version, answered: Answered) -> Iterator[RecordComposite]:
    """Keep the composite schedule that the station told (K08)."""
    call: v201.GetCompositeScheduleRequest = asked(version, "GetCompositeSchedule", answered)
    told: v201.GetCompositeScheduleResponse = read(version, "GetCompositeSchedule", answered)
    composite, schedule = None, told.schedule
    if told.status == "Accepted" and schedule is not None:
        composite = read_composite(schedule, schedule.schedule_start, call.duration)
    yield RecordComposite(
        evse=number(call.evse_id, "evseId"),
        status=told.status[:50],
        at=answered.at,
        duration_s=number(call.duration, "duration"),
        unit=read_unit(call.charging_rate_unit),
        composite=composite,
    )


def profile_of(said: v201.ChargingProfileType) -> Profile:
    """Return a profile as it was said; raise a `ValidationError` for one that nobody can mean."""
    return read_profile(
        {
            "id": said.id,
            "stack_level": said.stack_level,
            "purpose": said.charging_profile_purpose,
            "kind": said.charging_profile_kind,
            "recurrence": said.recurrency_kind,
            "valid_from": said.valid_from,
            "valid_to": said.valid_to,
            "transaction": said.transaction_id or None,
            "schedules": tuple(map(read_schedule, said.charging_schedule)),
        }
    )


def learns(version: Version) -> Mapping[str, Learn]:
    """Return what answers to calls of ours tell of profiles, in a version of 2.x."""
    return {
        "SetChargingProfile": partial(learn_profile, version),
        "RequestStartTransaction": partial(learn_start, version),
        "ClearChargingProfile": partial(learn_clearing, version),
        "GetChargingProfiles": partial(learn_inquiry, version),
        "GetCompositeSchedule": partial(learn_composite, version),
    }
