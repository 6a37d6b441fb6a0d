"""What a station tells of its security, and which of it cannot wait."""

from datetime import datetime

from csms.domain.command import Command, Event

CRITICAL = frozenset(
    {
        "firmwareupdated",
        "maintenanceloginaccepted",
        "maintenanceloginfailed",
        "memoryexhaustion",
        "resetorreboot",
        "securitylogwascleared",
        "settingsystemtime",
        "startupofthedevice",
        "tamperdetectionactivated",
    }
)
"""The types that the lists of the specifications call critical, in small letters (SEC-62)."""
TYPE_ROOM, INFO_ROOM = 100, 1000
"""Characters that are kept of a type, which has 50 by the specification, and of its technical information, which has 255."""


def is_critical(kind: str) -> bool:
    """Whether a type of events is one that stations must report at once; letter case aside."""
    return kind.strip().casefold() in CRITICAL


class ReportSecurityEvent(Command[None], frozen=True):
    """The station told of a security event of any type, that happened at `at` by its clock; `text` is the frame as it came."""

    kind: str
    at: datetime
    received_at: datetime
    info: str | None
    text: str


class SecurityEventTold(Event, frozen=True):
    """A security event, in the station's own word."""

    kind: str
    at: datetime
    received_at: datetime
    info: str | None = None
    critical: bool = False


class AnswerSecurityChange(Command[None], frozen=True):
    """The station answered to the password or the profile that a call offered it, with a status in its own word."""

    call_id: str
    status: str
    accepted: bool
    at: datetime


class SecurityChangeAnswered(Event, frozen=True):
    """The station took, or did not take, the password or the profile that a call offered it."""

    call_id: str
    status: str
    accepted: bool
    at: datetime


SecurityEvent = SecurityEventTold | SecurityChangeAnswered


def mark_of(told: SecurityEventTold) -> int:
    """Return what an event is known by if it is told again."""
    return hash((told.kind, told.at, told.info))
