"""The rules of a charging session: one function for each command.

Nothing that a station tells of a session is refused. What says nothing new changes nothing
and gets the same answer again.
"""

from csms.domain.command import Deciders, Decision
from csms.domain.session.commands import (
    BeginSession,
    EndSession,
    PresumeEnded,
    SessionOutcome,
    UpdateSession,
)
from csms.domain.session.events import SessionBegan, SessionEnded, SessionPresumedEnded, SessionUpdated
from csms.domain.session.fingerprint import fingerprint
from csms.domain.session.state import Phase, Session


def begin(session: Session, command: BeginSession) -> Decision[SessionOutcome]:
    """The station told that the session began (1.6 §4.8, E01); again, if its answer was lost (Q65)."""
    if session.memory.begun and fingerprint(command) in session.memory.heard:
        return _repeated(session)
    number = session.number or command.number
    event = SessionBegan(command.station, command.ref, command.observation, number)
    return Decision(SessionOutcome(session.energy_wh, number=number), (event,))


def update(session: Session, command: UpdateSession) -> Decision[SessionOutcome]:
    """The station told what goes on, be it before the begin or after the end (TX-33, Q71, Q75)."""
    if fingerprint(command) in session.memory.heard:
        return _repeated(session)
    event = SessionUpdated(command.station, command.ref, command.observation)
    return Decision(SessionOutcome(session.energy_wh, number=session.number), (event,))


def end(session: Session, command: EndSession) -> Decision[SessionOutcome]:
    """The station told that the session ended; the first end stands unless another is later (Q66)."""
    if fingerprint(command) in session.memory.heard:
        return _repeated(session)
    event = SessionEnded(command.station, command.ref, command.observation, command.reason)
    return Decision(SessionOutcome(session.energy_wh, number=session.number), (event,))


def presume_ended(session: Session, command: PresumeEnded) -> Decision[SessionOutcome]:
    """Close a session whose end is lost; one that has ended stays as it is."""
    outcome = SessionOutcome(session.energy_wh, number=session.number)
    if session.phase is not Phase.ACTIVE:
        return Decision(outcome)
    return Decision(outcome, (SessionPresumedEnded(command.at, command.cause),))


def _repeated(session: Session) -> Decision[SessionOutcome]:
    return Decision(SessionOutcome(session.energy_wh, repeated=True, number=session.number))


DECIDERS: Deciders = {
    BeginSession: begin,
    UpdateSession: update,
    EndSession: end,
    PresumeEnded: presume_ended,
}
