"""What a station will probably not take of a command, by what it told and by what it answered before."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import asyncpg

from csms.domain import remote
from csms.domain.fault import Fault
from csms.domain.smart_charging.advice import Limits, Record, advise
from csms.domain.smart_charging.binding import Standing
from csms.domain.smart_charging.profile import Unit
from csms.features.commands import certificates, delivering
from csms.features.commands.words import Words
from csms.storage.charging import answers_of, known_of
from csms.web.problems import FieldError

TOLD = """
SELECT lower(variable) || CASE variable_instance WHEN '' THEN '' ELSE '[' || lower(variable_instance) || ']' END AS name,
    CASE lower(variable) WHEN 'entries' THEN floor(max_limit)::text ELSE value END AS value
FROM station_variables
WHERE station_id = $1 AND lower(component) IN ('', 'smartchargingctrlr') AND attribute = 'Actual'
"""
UNITS = {"a": Unit.AMPERES, "current": Unit.AMPERES, "w": Unit.WATTS, "power": Unit.WATTS}
"""How stations name the units that they take: 1.6 says Current and Power (Q108)."""


async def warnings_for(words: Words, station: str, protocol: str, command: remote.RemoteCommand) -> list[FieldError]:
    """Return what a station will probably not take of a command, by what it told and did before."""
    adviser = ADVISERS.get(type(command))
    faults = () if adviser is None else await adviser(words, station, protocol, command)
    return [FieldError(fault.path, fault.why) for fault in faults]


async def _on_profile(words: Words, station: str, protocol: str, command: remote.SetChargingProfile) -> Iterable[Fault]:
    return advise(command.profile, command.evse, await record_of(words, station, protocol))


async def _on_start(words: Words, station: str, protocol: str, command: remote.StartRemotely) -> Iterable[Fault]:
    if command.profile is None:
        return ()
    return advise(command.profile, command.evse, await record_of(words, station, protocol), starting=True)


async def _on_values(_words: Words, _station: str, _protocol: str, command: remote.WriteVariables) -> Iterable[Fault]:
    return command.doubts()


async def _on_reading(words: Words, station: str, _protocol: str, command: remote.ReadVariables) -> Iterable[Fault]:
    known = await words.registry.find(station)
    if command.variables or known is None or known.habits.read_all is not False:
        return command.doubts()
    return (Fault("/variables", "are better named: its make does not bear to be asked for all at once"),)


ADVISERS: Mapping[type[remote.RemoteCommand], Callable[[Words, str, str, Any], Awaitable[Iterable[Fault]]]] = {
    remote.DeleteCertificate: certificates.on_deletion,
    remote.InstallCertificate: certificates.on_installation,
    remote.RequestCertificate: delivering.on_request,
    remote.SetChargingProfile: _on_profile,
    remote.StartRemotely: _on_start,
    remote.ReadVariables: _on_reading,
    remote.WriteVariables: _on_values,
}


async def record_of(words: Words, station: str, protocol: str) -> Record:
    """Return what is known of a station that a profile is meant for."""
    known = await known_of(words.pool, station, protocol)
    if known is None:
        return Record(words.clock.now())
    now = words.clock.now()
    return Record(
        now=now,
        limits=limits_of(await words.pool.fetch(TOLD, station)),
        installed=tuple(one for one in known.installed if known.standing_of(one, now) is not Standing.FORGOTTEN),
        sessions=known.sessions,
        tries=tuple(await answers_of(words.pool, station)),
        exclusive=known.exclusive,
    )


def limits_of(records: Iterable["asyncpg.Record | Mapping[str, str | None]"]) -> Limits:
    """Return what a station told of its smart charging, by keys of 1.6 or variables of 2.x (16-SC-03)."""
    told = {str(record["name"]): str(record["value"]) for record in records if record["value"] is not None}

    def number(*names: str) -> int | None:
        values = [told[name].strip() for name in names if name in told]
        return next((int(value) for value in values if value.isdecimal() and len(value) < 10), None)  # noqa: PLR2004  # a number of 32 bits

    def switch(*names: str) -> bool | None:
        values = [told[name].strip().casefold() for name in names if name in told]
        return next((value == "true" for value in values if value in {"true", "false"}), None)

    units = _words(told.get("chargingscheduleallowedchargingrateunit") or told.get("rateunit"))
    known_units = frozenset(UNITS[word] for word in units or () if word in UNITS)
    purposes = told.get("supportedadditionalpurposes")
    return Limits(
        levels=number("chargeprofilemaxstacklevel", "profilestacklevel"),
        units=known_units or None,
        periods=number("chargingschedulemaxperiods", "periodsperschedule"),
        profiles=number("maxchargingprofilesinstalled", "entries[chargingprofiles]"),
        evses=number("numberofconnectors"),
        able=_able(told, switch("enabled"), switch("available")),
        switches_phases=switch("connectorswitch3to1phasesupported", "acphaseswitchingsupported"),
        purposes=None if purposes is None else frozenset(word.strip() for word in purposes.split(",")),
        dynamic=switch("supportsdynamicprofiles"),
        least_id=number("maxexternalconstraintsid"),
    )


def _able(told: Mapping[str, str], *switches: bool | None) -> bool | None:
    """Return whether a station has smart charging; False only if it told so (Q95)."""
    if False in switches:
        return False
    profiles = told.get("supportedfeatureprofiles")
    if profiles is None:
        return None
    return "smartcharging" in {word.replace(" ", "") for word in _words(profiles) or ()}


def _words(text: str | None) -> list[str] | None:
    return None if text is None else [word.strip().casefold() for word in text.split(",")]
