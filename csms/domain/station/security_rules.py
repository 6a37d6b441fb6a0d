"""The rules of security events."""

from csms.domain.command import Deciders, Decision, Event
from csms.domain.station.events import NoticeKept
from csms.domain.station.flooding import has_overflowed, word_of_flood
from csms.domain.station.security import (
    INFO_ROOM,
    TYPE_ROOM,
    AnswerSecurityChange,
    ReportSecurityEvent,
    SecurityChangeAnswered,
    SecurityEventTold,
    is_critical,
    mark_of,
)
from csms.domain.station.signing import DISPUTES, CertificateDisputed
from csms.domain.station.state import Station

TOPIC = "SecurityEventNotification"


def report_security_event(station: Station, command: ReportSecurityEvent) -> Decision[None]:
    """Keep an event once, however often it is told; of a flood all that is critical, and the first of the rest (SEC-60, Q116)."""
    told = SecurityEventTold(
        kind=command.kind[:TYPE_ROOM],
        at=command.at,
        received_at=command.received_at,
        info=None if command.info is None else command.info[:INFO_ROOM],
        critical=is_critical(command.kind),
    )
    if mark_of(told) in station.security_marks:
        return Decision(None)
    if not told.critical and has_overflowed(station, command.received_at):
        return Decision(None)
    word = word_of_flood(station, command.received_at)
    more: list[Event] = []
    if word is not None:
        more.append(NoticeKept(TOPIC, command.text, command.received_at, word))
    if told.kind.strip().casefold() in DISPUTES:
        more.append(CertificateDisputed(told.info, command.received_at))
    return Decision(None, (told, *more))


def answer_security_change(station: Station, command: AnswerSecurityChange) -> Decision[None]:
    """Note whether a station takes what it was offered; when it uses that is seen at its doors (16-SEC-02, Q22)."""
    status = command.status[:TYPE_ROOM]
    return Decision(None, (SecurityChangeAnswered(command.call_id, status, command.accepted, command.at),))


GUARDING: Deciders = {
    ReportSecurityEvent: report_security_event,
    AnswerSecurityChange: answer_security_change,
}
