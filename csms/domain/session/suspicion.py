"""When the end of a session must be presumed, because nobody will tell of it any more."""

from datetime import datetime, timedelta

from csms.domain.session.commands import BeginSession, PresumeEnded
from csms.domain.session.state import Phase, Session
from csms.domain.station.state import Station

AVAILABLE_GRACE = timedelta(seconds=60)
FREE = frozenset({"Available", "Unavailable"})


def superseded_by(session: Session, begin: BeginSession) -> PresumeEnded | None:
    """Presume the end of a session on whose EVSE a later one begins (Q64); a late report of an old begin does not."""
    last_heard = session.last_heard_at
    told = begin.observation
    if session.phase is not Phase.ACTIVE or session.evse is None or session.evse != told.evse:
        return None
    if last_heard is None or told.at <= last_heard:
        return None
    return PresumeEnded(at=last_heard, cause="Superseded")


def lapsed(session: Session, station: Station, now: datetime) -> PresumeEnded | None:
    """Presume the end of a session whose connector has been free for a while, with nothing heard since (Q57)."""
    last_heard = session.last_heard_at
    if session.phase is not Phase.ACTIVE or last_heard is None or session.evse is None:
        return None
    states = [state for (evse, _), state in station.connectors if evse == session.evse]
    if not states or any(state.status not in FREE for state in states):
        return None
    freed_at = max(state.at for state in states)
    freed_here = max(state.received_at for state in states)
    if freed_at < last_heard or now - freed_here < AVAILABLE_GRACE:
        return None
    return PresumeEnded(at=last_heard, cause="Vacated")
