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
from csms.domain.session.evolve import evolve
from csms.domain.session.fingerprint import marks
from csms.domain.session.state import Phase, Session


def begin(session: Session, command: BeginSession) -> Decision[SessionOutcome]:
    """The station told that the session began (1.6 §4.8, E01); again, if its answer was lost (Q65)."""
    said = marks(command)
    if session.memory.begun_at is not None and session.memory.known.has_all(said):
        return _unchanged(session, repeated=True)
    number = session.number or command.number
    event = SessionBegan(command.station, command.ref, command.observation, number)
    return Decision(SessionOutcome(session.energy_wh, number=number), (event,), state=evolve(session, event, said))


def update(session: Session, command: UpdateSession) -> Decision[SessionOutcome]:
    """The station told what goes on, be it before the begin or after the end (TX-33, Q71, Q75).

    The energy of the outcome is the one before this message.
    """
    said = marks(command)
    if session.memory.known.has_all(said):
        return _unchanged(session, repeated=True)
    event = SessionUpdated(command.station, command.ref, command.observation)
    outcome = SessionOutcome(session.energy_wh, number=session.number)
    return Decision(outcome, (event,), state=evolve(session, event, said))


def end(session: Session, command: EndSession) -> Decision[SessionOutcome]:
    """The station told that the session ended; the energy of the outcome is the final one (Q66, TX-53)."""
    said = marks(command)
    if session.memory.known.has_all(said):
        return _unchanged(session, repeated=True)
    event = SessionEnded(command.station, command.ref, command.observation, command.reason)
    ended = evolve(session, event, said)
    return Decision(SessionOutcome(ended.energy_wh, number=session.number), (event,), state=ended)


def presume_ended(session: Session, command: PresumeEnded) -> Decision[SessionOutcome]:
    """Close a session whose end is lost; one that has ended, or has gone on since, stays as it is."""
    event = SessionPresumedEnded(command.at, command.cause, command.evidence_at)
    if session.phase is not Phase.ACTIVE or (ended := evolve(session, event)).phase is not Phase.ENDED:
        return _unchanged(session, repeated=False)
    return Decision(SessionOutcome(session.energy_wh, number=session.number), (event,), state=ended)


def _unchanged(session: Session, *, repeated: bool) -> Decision[SessionOutcome]:
    return Decision(SessionOutcome(session.energy_wh, repeated=repeated, number=session.number))


DECIDERS: Deciders = {
    BeginSession: begin,
    UpdateSession: update,
    EndSession: end,
    PresumeEnded: presume_ended,
}
