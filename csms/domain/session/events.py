"""What has happened to a charging session."""

from datetime import datetime

from csms.domain.command import Event
from csms.domain.session.commands import Observation


class SessionBegan(Event, frozen=True):
    """The station's begin was heard; not always the first event of a session."""

    station: str
    ref: str
    observation: Observation
    number: int | None = None


class SessionUpdated(Event, frozen=True):
    """Something between begin and end was heard."""

    station: str
    ref: str
    observation: Observation


class SessionEnded(Event, frozen=True):
    """The station's end was heard."""

    station: str
    ref: str
    observation: Observation
    reason: str | None = None


class SessionPresumedEnded(Event, frozen=True):
    """Nobody told of the end; the house closed the session at its last good reading.

    A message of the session that is dated after `evidence_at` refutes it.
    """

    at: datetime
    cause: str
    evidence_at: datetime | None = None


SessionEvent = SessionBegan | SessionUpdated | SessionEnded | SessionPresumedEnded
