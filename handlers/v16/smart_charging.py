"""OCPP 1.6, Smart Charging profile: what operators say to stations, and what stations answer."""

import re
from collections.abc import Iterator
from typing import Any

from csms.domain import remote
from csms.domain.smart_charging.matching import Criteria
from csms.domain.smart_charging.profile import Installed, Kind, Origin, Profile, Purpose
from csms.domain.station.charging import RecordClearing, RecordComposite, RecordProfile
from csms.ocpp.messages import v16
from csms.ocpp.version import Version
from csms.ports.commands import Unsupported
from csms.ports.handlers import Answered
from handlers.answers import asked, read
from handlers.charging import (
    number,
    read_composite,
    read_profile,
    read_purpose,
    read_schedule,
    read_unit,
    schedule_words,
)
from handlers.payload import Put, moment_if, without_none

_NUMBER = re.compile(r"[0-9]{1,10}")
PURPOSES = {
    Purpose.STATION_MAX: "ChargePointMaxProfile",
    Purpose.DEFAULT: "TxDefaultProfile",
    Purpose.SESSION: "TxProfile",
}
MEANT = {word: purpose for purpose, word in PURPOSES.items()}


def set_charging_profile(command: remote.SetChargingProfile) -> Put:
    """SetChargingProfile (1.6 §5.16)."""
    return "SetChargingProfile", {"connectorId": command.evse, "csChargingProfiles": profile_words(command.profile)}


def clear_charging_profile(command: remote.ClearChargingProfile) -> Put:
    """ClearChargingProfile (1.6 §5.5); with no member it clears all (16E 3.26)."""
    words = {
        "id": command.id,
        "connectorId": command.evse,
        "chargingProfilePurpose": None if command.purpose is None else _purpose(command.purpose, "purpose"),
        "stackLevel": command.stack_level,
    }
    return "ClearChargingProfile", without_none(words)


def get_composite_schedule(command: remote.GetCompositeSchedule) -> Put:
    """GetCompositeSchedule (1.6 §5.7)."""
    unit = None if command.unit is None else command.unit.value
    words = {"connectorId": command.evse, "duration": command.duration_s, "chargingRateUnit": unit}
    return "GetCompositeSchedule", without_none(words)


def get_charging_profiles(command: remote.GetChargingProfiles) -> Put:
    """Nothing: stations of 1.6 do not tell their profiles."""
    raise Unsupported("1.6 cannot ask for profiles; ask for a composite schedule")


def profile_words(profile: Profile) -> dict[str, Any]:
    """Return a profile in the words of 1.6; raise `Unsupported` for what it has none for."""
    if len(profile.schedules) > 1:
        raise Unsupported("a profile of 1.6 has one schedule", "profile/schedules")
    if profile.kind is Kind.DYNAMIC:
        raise Unsupported("1.6 knows no dynamic profiles", "profile/kind")
    for place, period in enumerate(profile.schedules[0].periods):
        if period.phase_to_use is not None:
            member = f"profile/schedules/0/periods/{place}/phase_to_use"
            raise Unsupported("1.6 cannot choose a phase", member)
    return without_none(
        {
            "chargingProfileId": profile.id,
            "transactionId": _transaction(profile.transaction),
            "stackLevel": profile.stack_level,
            "chargingProfilePurpose": _purpose(profile.purpose, "profile/purpose"),
            "chargingProfileKind": profile.kind.value,
            "recurrencyKind": None if profile.recurrence is None else profile.recurrence.value,
            "validFrom": moment_if(profile.valid_from),
            "validTo": moment_if(profile.valid_to),
            "chargingSchedule": schedule_words(profile.schedules[0]),
        }
    )


def _purpose(purpose: Purpose, member: str) -> str:
    if purpose not in PURPOSES:
        raise Unsupported(f"1.6 does not know {purpose.value}", member)
    return PURPOSES[purpose]


def _transaction(transaction: str | None) -> int | None:
    if transaction is not None and not _NUMBER.fullmatch(transaction):
        raise Unsupported("transactions of 1.6 have numbers", "profile/transaction")
    return None if transaction is None else int(transaction)


# What stations answer.


def learn_profile(answered: Answered) -> Iterator[RecordProfile]:
    """Keep a profile that the station took, or what it said against it (SC-14, 16-SC-04)."""
    call: v16.SetChargingProfileRequest = asked(Version.V16, "SetChargingProfile", answered)
    told: v16.SetChargingProfileResponse = read(Version.V16, "SetChargingProfile", answered)
    profile = _profile(call.cs_charging_profiles)
    evse = number(call.connector_id, "connectorId")
    yield RecordProfile(Installed(evse, profile, answered.asked_at), told.status[:50], exclusive=True)


def learn_start(answered: Answered) -> Iterator[RecordProfile]:
    """Keep the profile that came with a remote start, if the station took that (16-SC-02)."""
    call: v16.RemoteStartTransactionRequest = asked(Version.V16, "RemoteStartTransaction", answered)
    told: v16.RemoteStartTransactionResponse = read(Version.V16, "RemoteStartTransaction", answered)
    if call.charging_profile is None or told.status != "Accepted":
        return
    profile = _profile(call.charging_profile)
    evse = None if call.connector_id is None else number(call.connector_id, "connectorId")
    installed = Installed(evse, profile, answered.asked_at, origin=Origin.REMOTE_START, token=call.id_tag)
    yield RecordProfile(installed, told.status, exclusive=True)


def learn_clearing(answered: Answered) -> Iterator[RecordClearing]:
    """Forget what the station cleared, or never knew: an id alone counts, else all members (16E 3.25, Q110)."""
    call: v16.ClearChargingProfileRequest = asked(Version.V16, "ClearChargingProfile", answered)
    read(Version.V16, "ClearChargingProfile", answered)
    purpose = call.charging_profile_purpose
    criteria = Criteria(
        ids=() if call.id is None else (call.id,),
        evse=call.connector_id,
        purpose=None if purpose is None else read_purpose(MEANT.get(purpose, purpose)),
        stack_level=call.stack_level,
    )
    yield RecordClearing(criteria, answered.at)


def learn_composite(answered: Answered) -> Iterator[RecordComposite]:
    """Keep the composite schedule that the station told (16E 3.57: its start stands at the top)."""
    call: v16.GetCompositeScheduleRequest = asked(Version.V16, "GetCompositeSchedule", answered)
    told: v16.GetCompositeScheduleResponse = read(Version.V16, "GetCompositeSchedule", answered)
    composite, schedule = None, told.charging_schedule
    if told.status == "Accepted" and schedule is not None:
        start = told.schedule_start or schedule.start_schedule or answered.at
        composite = read_composite(schedule, start, call.duration)
    yield RecordComposite(
        evse=number(call.connector_id, "connectorId"),
        status=told.status[:50],
        at=answered.at,
        duration_s=number(call.duration, "duration"),
        unit=read_unit(call.charging_rate_unit),
        composite=composite,
    )


def _profile(said: v16.ChargingProfile) -> Profile:
    return read_profile(
        {
            "id": said.charging_profile_id,
            "stack_level": said.stack_level,
            "purpose": MEANT.get(said.charging_profile_purpose, said.charging_profile_purpose),
            "kind": said.charging_profile_kind,
            "recurrence": said.recurrency_kind,
            "valid_from": said.valid_from,
            "valid_to": said.valid_to,
            "transaction": None if said.transaction_id is None else str(said.transaction_id),
            "schedules": (read_schedule(said.charging_schedule),),
        }
    )


COMMANDS = {
    remote.SetChargingProfile: set_charging_profile,
    remote.ClearChargingProfile: clear_charging_profile,
    remote.GetCompositeSchedule: get_composite_schedule,
    remote.GetChargingProfiles: get_charging_profiles,
}

MEMBERS = {
    "chargingProfile": "profile",
    "chargingProfilePurpose": "purpose",
    "chargingRateUnit": "unit",
    "csChargingProfiles": "profile",
    "duration": "duration_s",
    "id": "id",
    "stackLevel": "stack_level",
}
"""Which member of a command became which member of its payload."""

LEARNS = {
    "SetChargingProfile": learn_profile,
    "RemoteStartTransaction": learn_start,
    "ClearChargingProfile": learn_clearing,
    "GetCompositeSchedule": learn_composite,
}
"""What the answers to these calls say of the station."""
