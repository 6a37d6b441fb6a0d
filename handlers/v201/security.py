"""OCPP 2.0.1, block A, Security: security events and passwords."""

from collections.abc import Callable, Iterator, Mapping

import msgspec
from msgspec import Struct

from csms.domain import remote
from csms.domain.station.security import AnswerSecurityChange, ReportSecurityEvent
from csms.ocpp.messages import v201
from csms.ocpp.version import Version
from csms.ports.commands import SecurityOffer, Unsupported
from csms.ports.handlers import Answered, StationContext
from handlers.answers import read
from handlers.payload import Put, new_text

CONTROLLER, PASSWORD = "SecurityCtrlr", "BasicAuthPassword"
LENGTH = 32


async def security_event_notification(
    call: v201.SecurityEventNotificationRequest, context: StationContext
) -> v201.SecurityEventNotificationResponse:
    """Keep a security event, of any type (A04)."""
    told = ReportSecurityEvent(call.type, call.timestamp, context.received_at, call.tech_info, context.text)
    await context.execute(told)
    return v201.SecurityEventNotificationResponse()


async def acknowledge_event(_: StationContext) -> v201.SecurityEventNotificationResponse:
    """Answer an event that cannot be read; it is kept for review (SEC-60)."""
    return v201.SecurityEventNotificationResponse()


def change_password(command: remote.ChangePassword) -> Put:
    """SetVariables of BasicAuthPassword: text of 16 to 40 characters (A01, SEC-14)."""
    value = command.password or new_text(LENGTH)
    named = {"component": {"name": CONTROLLER}, "variable": {"name": PASSWORD}}
    return "SetVariables", {"setVariableData": [{"attributeValue": value, **named}]}


def raise_profile(_: remote.RaiseSecurityProfile) -> Put:
    """Nothing: the profile is part of a network profile here (A05)."""
    raise Unsupported(
        "2.x comes in by the security profile of its network profile: set that one by SetNetworkProfile", "profile"
    )


def offer(payload: bytes) -> SecurityOffer | None:
    """Return the password that a SetVariables offers, whoever worded it."""
    try:
        said = _said.decode(payload)
    except msgspec.DecodeError:
        return None
    found = [one.attribute_value for one in said.set_variable_data if _is_password(one)]
    return SecurityOffer(password=found[-1].encode()) if found else None


def set_variables(answered: Answered) -> Iterator[AnswerSecurityChange]:
    """Note whether a station takes the password that it was offered (A01.FR.03, A01.FR.04)."""
    if offer(answered.payload) is None:
        return
    told: v201.SetVariablesResponse = read(Version.V201, "SetVariables", answered)
    for result in told.set_variable_result:
        if _is_named(result.component.name, result.variable.name):
            accepted = result.attribute_status in {"Accepted", "RebootRequired"}
            yield AnswerSecurityChange(answered.call_id, result.attribute_status, accepted, answered.at)


def _is_password(one: "_Datum") -> bool:
    return _is_named(one.component.name, one.variable.name) and one.attribute_type in {None, "Actual"}


def _is_named(component: str, variable: str) -> bool:
    return (component.casefold(), variable.casefold()) == (CONTROLLER.casefold(), PASSWORD.casefold())


class _Name(Struct, frozen=True):
    name: str = ""


class _Datum(Struct, frozen=True, rename="camel"):
    component: _Name = _Name()
    variable: _Name = _Name()
    attribute_value: str = ""
    attribute_type: str | None = None


class _Data(Struct, frozen=True, rename="camel"):
    set_variable_data: list[_Datum] = []


_said = msgspec.json.Decoder(_Data)
COMMANDS = {remote.ChangePassword: change_password, remote.RaiseSecurityProfile: raise_profile}
OFFERS: Mapping[str, Callable[[bytes], SecurityOffer | None]] = {"SetVariables": offer}
LEARNS = {"SetVariables": set_variables}
