"""Sessions that a 1.6 station has no name for: it never heard the number of its start, and says -1, 0 or nonsense (Q62).

What it tells of them is told apart by time, EVSE and register. A session that begins so is given a
name of ours, made of what was heard of it first.
"""

import re
from collections.abc import Iterable
from datetime import datetime

from csms.domain import energy
from csms.domain.metering import Sample
from csms.domain.session.state import Session
from csms.domain.session.suspicion import ran_ahead
from csms.domain.station.state import ConnectorState

NEVER_HEARD = -1
"""What a station says that was never told a number (1.6 errata 3.18); all else may also mean that there is no session."""
CLOSING_WH = 50
"""So far a register may rise after its end: a relay opens late, a meter rounds (Q75). Charging rises more in minutes."""
CHARGING = frozenset({"Charging", "SuspendedEV", "SuspendedEVSE"})
BEGIN, END = "Transaction.Begin", "Transaction.End"

_MADE = re.compile(r"-?\d+@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/")


def made_name(number: int, at: datetime, mark: int) -> str:
    """Return a name for a session; `mark` tells several of one second apart: their EVSE, or their register."""
    return f"{number}@{at:%Y-%m-%dT%H:%M:%SZ}/{mark}"


def is_made(ref: str) -> bool:
    """Whether a session has a name of ours."""
    return _MADE.match(ref) is not None


def was_heard_by(session: Session, at: datetime) -> bool:
    """Whether a session is known to have gone on by then; if its clock is not to be believed, it may have."""
    since = session.memory.begun_at or session.memory.heard_from
    return since is None or at >= since or ran_ahead(session)


def has_end(session: Session, at: datetime, samples: Iterable[Sample]) -> bool:
    """Whether an end was told of a session before, or may be told after it was only presumed."""
    if session.estimated:
        return True
    wh = energy.highest_wh(samples)
    return any(end.at == at and (wh is None or end.wh == wh) for end in session.memory.ends)


def gap_to(session: Session, samples: Iterable[Sample]) -> int | None:
    """Return how far the register of a session is below the last reading of an end; None where that cannot be its own."""
    wh, known = energy.highest_wh(samples), session.meter_stop_wh
    return None if wh is None or known is None or wh < known else wh - known


def is_closing(session: Session, at: datetime, samples: Iterable[Sample], state: ConnectorState | None) -> bool:
    """Whether values that came after the end of a session are its closing ones, and not those of the next (Q75).

    The next one is known by what the samples say of themselves, by a connector that charges again,
    and by a register that has gone on, or begun anew.
    """
    ended_at, told = session.ended_at, tuple(samples)
    if ended_at is None or at <= ended_at or any(sample.context == END for sample in told):
        return True
    if any(sample.context == BEGIN for sample in told):
        return False
    if state is not None and state.status in CHARGING and state.at > ended_at:
        return False
    wh = energy.highest_wh(told)
    if wh is None or session.meter_stop_wh is None:
        return True
    return 0 <= wh - session.meter_stop_wh <= CLOSING_WH


def goes_on(number: int, state: ConnectorState | None) -> bool:
    """Whether values without a good name show that a session goes on of which nobody heard the start."""
    return number == NEVER_HEARD or (state is not None and state.status in CHARGING)
