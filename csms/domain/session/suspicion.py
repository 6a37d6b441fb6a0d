"""When the end of a session must be presumed, because nobody will tell of it any more.

A boot alone ends nothing (TX-24), and neither does a status alone: evidence must be later than
the last word of the session, and some time must pass. An end that is told after all overrides
what was presumed.
"""

from datetime import datetime, timedelta

from csms.domain.session.commands import BeginSession, PresumeEnded
from csms.domain.session.state import Phase, Session
from csms.domain.station.state import ConnectorState, Station

AVAILABLE_GRACE = timedelta(seconds=60)
REBOOT_GRACE = timedelta(minutes=15)
CLOCK_DRIFT = timedelta(minutes=5)
FREE = frozenset({"Available", "Unavailable"})
IDLE = FREE | {"Preparing", "Reserved"}


def superseded_by(session: Session, begin: BeginSession) -> PresumeEnded | None:
    """Presume the end of a session on whose EVSE a later one begins (Q64); a late report of an old begin does not."""
    last_heard, told = session.last_heard_at, begin.observation
    if session.phase is not Phase.ACTIVE or session.evse is None or session.evse != told.evse or last_heard is None:
        return None
    if told.at <= last_heard and not ran_ahead(session):
        return None
    return PresumeEnded(min(last_heard, told.at), "Superseded", evidence_at=max(last_heard, told.at))


def lapsed(session: Session, station: Station, now: datetime) -> PresumeEnded | None:
    """Presume the end of a session whose connector has been free for a while, with nothing heard since (Q57).

    After a reboot a cable that waits for a session is evidence too, if it waits for long (Q53).
    """
    last_heard = session.last_heard_at
    if session.phase is not Phase.ACTIVE or last_heard is None or session.evse is None:
        return None
    states = [state for (evse, _), state in station.connectors if evse == session.evse]
    if not states:
        return None
    told_at = max(state.received_at for state in states)
    at = min(last_heard, now)
    evidence_at = max(last_heard, *(state.at for state in states))
    if _all(states, FREE) and _is_later(states, session) and now - told_at >= AVAILABLE_GRACE:
        return PresumeEnded(at, "Vacated", evidence_at)
    booted_at = station.booted_at
    if booted_at is None or booted_at <= last_heard or told_at < booted_at:
        return None
    if _all(states, IDLE) and now - told_at >= REBOOT_GRACE:
        return PresumeEnded(at, "Abandoned", evidence_at)
    return None


def _all(states: list[ConnectorState], words: frozenset[str]) -> bool:
    return all(state.status in words for state in states)


def _is_later(states: list[ConnectorState], session: Session) -> bool:
    """Whether a status is younger than all that is known of a session, by the station's clock or, if that ran, ours."""
    received_at, last_heard = session.memory.received_at, session.last_heard_at
    if last_heard is None or max(state.at for state in states) >= last_heard:
        return True
    return ran_ahead(session) and received_at is not None and max(state.received_at for state in states) >= received_at


def ran_ahead(session: Session) -> bool:
    """Whether the last word of a session is dated after it was heard: the station's clock was wrong."""
    received_at, last_heard = session.memory.received_at, session.last_heard_at
    return received_at is not None and last_heard is not None and last_heard > received_at + CLOCK_DRIFT


def had_begun(session: Session, at: datetime) -> bool:
    """Whether something dated `at` can be of a session: not from before its begin, if its clock is to be believed."""
    begun_at = session.memory.begun_at
    return begun_at is None or at >= begun_at or ran_ahead(session)
