"""OCPP 1.6, security extension: security events, keys and profiles."""

import re
import secrets
from collections.abc import Callable, Iterator, Mapping

import msgspec

from csms.domain import remote
from csms.domain.station.security import AnswerSecurityChange, ReportSecurityEvent
from csms.ocpp.messages import v16
from csms.ports.commands import SecurityOffer, Unsupported
from csms.ports.handlers import Answered, StationContext
from handlers.answers import status_of
from handlers.payload import Put, new_text

AUTHORIZATION_KEY, SECURITY_PROFILE = "AuthorizationKey", "SecurityProfile"
MOST_BYTES, TEXT_KEY = 20, 20
TAKEN = frozenset({"accepted", "rebootrequired"})
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{32,40}")


class _Said(msgspec.Struct, frozen=True):
    key: str = ""
    value: str = ""


_said = msgspec.json.Decoder(_Said)

# What stations say.


async def security_event_notification(
    call: v16.SecurityEventNotificationRequest, context: StationContext
) -> v16.SecurityEventNotificationResponse:
    """Keep a security event, of any type (security whitepaper, A04)."""
    told = ReportSecurityEvent(call.type, call.timestamp, context.received_at, call.tech_info, context.text)
    await context.execute(told)
    return v16.SecurityEventNotificationResponse()


async def acknowledge_event(_: StationContext) -> v16.SecurityEventNotificationResponse:
    """Answer an event that cannot be read; it is kept for review (SEC-60)."""
    return v16.SecurityEventNotificationResponse()


# What operators say.


def change_password(command: remote.ChangePassword) -> Put:
    """ChangeConfiguration of AuthorizationKey: 16 to 20 bytes in hex digits (SEC-13), or text where a station takes that (Q21)."""
    as_text = command.form == "text"
    if command.password is None:
        value = new_text(TEXT_KEY) if as_text else secrets.token_hex(MOST_BYTES)
    else:
        value = command.password if as_text or _is_hex_key(command.password) else _in_hex(command.password.encode())
    return "ChangeConfiguration", {"key": AUTHORIZATION_KEY, "value": value}


def raise_profile(command: remote.RaiseSecurityProfile) -> Put:
    """ChangeConfiguration of SecurityProfile, which counts after a restart (A05)."""
    return "ChangeConfiguration", {"key": SECURITY_PROFILE, "value": str(command.profile)}


def _in_hex(password: bytes) -> str:
    if len(password) > MOST_BYTES:
        raise Unsupported(f"a key of 1.6 has 16 to {MOST_BYTES} bytes, or is as many in hex digits", "password")
    return password.hex()


def _is_hex_key(text: str) -> bool:
    return _HEX_KEY.fullmatch(text) is not None and len(text) % 2 == 0


# What calls offer, and what stations make of it, whoever worded them.


def offer(payload: bytes) -> SecurityOffer | None:
    """Return the key or the security profile that a ChangeConfiguration offers."""
    try:
        said = _said.decode(payload)
    except msgspec.DecodeError:
        return None
    match said.key.strip().casefold():
        case "authorizationkey":
            value = said.value.strip()
            return SecurityOffer(password=(value.lower() if _is_hex_key(value) else said.value).encode())
        case "securityprofile" if re.fullmatch(r" *[0-9]{1,4} *", said.value):
            return SecurityOffer(profile=int(said.value))
    return None


def change_configuration(answered: Answered) -> Iterator[AnswerSecurityChange]:
    """Note whether a station takes what it was offered (16-SEC-02)."""
    if offer(answered.payload) is not None:
        status = status_of(answered) or "Accepted"
        yield AnswerSecurityChange(answered.call_id, status, status.casefold() in TAKEN, answered.at)


COMMANDS = {remote.ChangePassword: change_password, remote.RaiseSecurityProfile: raise_profile}
OFFERS: Mapping[str, Callable[[bytes], SecurityOffer | None]] = {"ChangeConfiguration": offer}
LEARNS = {"ChangeConfiguration": change_configuration}
