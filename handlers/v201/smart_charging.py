"""OCPP 2.x, block K, Smart Charging: what operators say to stations, and what those tell."""

from collections.abc import Iterable
from typing import Any

import msgspec

from csms.domain import remote
from csms.domain.smart_charging.profile import Constraint, Kind, Profile, Purpose, Schedule
from csms.domain.station.charging import (
    ClearConstraint,
    ReportConstraint,
    ReportProfiles,
)
from csms.domain.station.commands import ReportNotice
from csms.ocpp.messages import v201
from csms.ports.commands import Unsupported
from csms.ports.handlers import StationContext
from handlers.charging import (
    read_schedule,
    schedule_words,
)
from handlers.payload import LARGEST_ID, Put, moment_if, new_id, without_none
from handlers.v201.charging_answers import profile_of


def set_charging_profile(command: remote.SetChargingProfile) -> Put:
    """SetChargingProfile (K01)."""
    if command.profile.purpose is Purpose.SESSION and command.profile.transaction is None:
        raise Unsupported("2.x wants to know the transaction of a TxProfile (K01.FR.03)", "profile/transaction")
    return "SetChargingProfile", {"evseId": command.evse, "chargingProfile": profile_words(command.profile)}


def clear_charging_profile(command: remote.ClearChargingProfile) -> Put:
    """ClearChargingProfile: by id, or by criteria (K10.FR.02)."""
    purpose = None if command.purpose is None else command.purpose.value
    words = {"evseId": command.evse, "chargingProfilePurpose": purpose, "stackLevel": command.stack_level}
    criteria = without_none(words)
    if command.id is not None and criteria:
        raise Unsupported("2.x clears by an id or by criteria, not by both (K10.FR.02)", "id")
    if command.id is None and not criteria:
        raise Unsupported("2.x wants an id or a criterion (K10.FR.02)", "id")
    if command.id is not None:
        return "ClearChargingProfile", {"chargingProfileId": command.id}
    return "ClearChargingProfile", {"chargingProfileCriteria": criteria}


def get_composite_schedule(command: remote.GetCompositeSchedule) -> Put:
    """GetCompositeSchedule (K08)."""
    unit = None if command.unit is None else command.unit.value
    words = {"duration": command.duration_s, "chargingRateUnit": unit, "evseId": command.evse}
    return "GetCompositeSchedule", without_none(words)


def get_charging_profiles(command: remote.GetChargingProfiles) -> Put:
    """GetChargingProfiles, with what was asked for and nothing else (K09.FR.03)."""
    criteria = {
        "chargingProfilePurpose": None if command.purpose is None else command.purpose.value,
        "stackLevel": command.stack_level,
        "chargingProfileId": None if command.ids is None else list(command.ids),
        "chargingLimitSource": None if command.sources is None else list(command.sources),
    }
    words = {
        "requestId": command.request_id or new_id(),
        "evseId": command.evse,
        "chargingProfile": without_none(criteria),
    }
    return "GetChargingProfiles", without_none(words)


def profile_words(profile: Profile) -> dict[str, Any]:
    """Return a profile in the words of 2.x; raise `Unsupported` for what breaks their rules."""
    relative = profile.kind is Kind.RELATIVE
    if relative and profile.purpose is Purpose.STATION_MAX:
        raise Unsupported("what limits the station cannot be relative to a transaction (K01.FR.38)", "profile/kind")
    for place, schedule in enumerate(profile.schedules):
        if (schedule.start is not None) is relative and profile.kind is not Kind.DYNAMIC:
            why = "a relative schedule has no start; all others need one (K01.FR.40, K01.FR.41)"
            raise Unsupported(why, f"profile/schedules/{place}/start")
    schedules = [{"id": place, **schedule_words(schedule)} for place, schedule in enumerate(profile.schedules, 1)]
    return without_none(
        {
            "id": profile.id,
            "stackLevel": profile.stack_level,
            "chargingProfilePurpose": profile.purpose.value,
            "chargingProfileKind": profile.kind.value,
            "recurrencyKind": None if profile.recurrence is None else profile.recurrence.value,
            "validFrom": moment_if(profile.valid_from),
            "validTo": moment_if(profile.valid_to),
            "chargingSchedule": schedules,
            "transactionId": profile.transaction,
        }
    )


# What stations tell.


async def report_charging_profiles(
    call: v201.ReportChargingProfilesRequest, context: StationContext
) -> v201.ReportChargingProfilesResponse:
    """Keep a part of a report of profiles (K09); what of it cannot be meant is kept for people to read."""
    profiles, odd = _readable(call.charging_profile)
    if odd:
        await context.execute(ReportNotice("ReportChargingProfiles", context.text, context.received_at, review=odd))
    await context.execute(
        ReportProfiles(
            request_id=_bounded(call.request_id),
            evse=_bounded(call.evse_id),
            source=call.charging_limit_source[:50],
            profiles=profiles,
            last=not call.tbc,
            at=context.received_at,
        )
    )
    return v201.ReportChargingProfilesResponse()


async def notify_charging_limit(
    call: v201.NotifyChargingLimitRequest, context: StationContext
) -> v201.NotifyChargingLimitResponse:
    """Note that somebody else limits the station (K12); how much, if that can be meant."""
    told = call.charging_limit
    schedules: tuple[Schedule, ...] = ()
    try:
        schedules = tuple(map(read_schedule, call.charging_schedule or ()))
    except msgspec.ValidationError as error:
        odd = ReportNotice("NotifyChargingLimit", context.text, context.received_at, review=str(error))
        await context.execute(odd)
    constraint = Constraint(
        source=told.charging_limit_source[:50],
        evse=_bounded(call.evse_id or 0),
        at=context.received_at,
        schedules=schedules,
        grid_critical=told.is_grid_critical,
    )
    await context.execute(ReportConstraint(constraint))
    return v201.NotifyChargingLimitResponse()


async def cleared_charging_limit(
    call: v201.ClearedChargingLimitRequest, context: StationContext
) -> v201.ClearedChargingLimitResponse:
    """Note that such a limit is gone (K13)."""
    evse = None if call.evse_id is None else _bounded(call.evse_id)
    await context.execute(ClearConstraint(call.charging_limit_source[:50], evse, context.received_at))
    return v201.ClearedChargingLimitResponse()


def _readable(said: Iterable[v201.ChargingProfileType]) -> tuple[tuple[Profile, ...], str]:
    """Return the profiles that can be meant, and what is wrong with the last of the others."""
    profiles, odd = [], ""
    for one in said:
        try:
            profiles.append(profile_of(one))
        except msgspec.ValidationError as error:
            odd = f"profile {one.id}: {error}"
    return tuple(profiles), odd


def _bounded(told: int) -> int:
    """Return a number that a record can bear."""
    return max(-LARGEST_ID, min(told, LARGEST_ID))


COMMANDS = {
    remote.SetChargingProfile: set_charging_profile,
    remote.ClearChargingProfile: clear_charging_profile,
    remote.GetCompositeSchedule: get_composite_schedule,
    remote.GetChargingProfiles: get_charging_profiles,
}

MEMBERS = {
    "chargingLimitSource": "sources",
    "chargingProfile": "profile",
    "chargingProfileCriteria": "purpose",
    "chargingProfileId": "id",
    "chargingProfileKind": "profile/kind",
    "chargingRateUnit": "unit",
    "chargingSchedule": "profile/schedules",
    "duration": "duration_s",
    "stackLevel": "stack_level",
}
"""Which member of a command became which member of its payload."""
