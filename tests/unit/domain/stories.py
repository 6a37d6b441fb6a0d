"""Words to tell the story of a session with."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from csms.domain.access import TokenRef
from csms.domain.command import Decision, Event
from csms.domain.metering import Sample
from csms.domain.session.commands import BeginSession, EndSession, Observation, PresumeEnded, UpdateSession
from csms.domain.session.decide import DECIDERS
from csms.domain.session.evolve import evolve
from csms.domain.session.state import Session

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKEN = TokenRef("04A1B2C3")
SessionCommand = BeginSession | UpdateSession | EndSession | PresumeEnded


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def sample(minutes: float, value: object, **members: object) -> Sample:
    return Sample(at=at(minutes), value=None if value is None else Decimal(str(value)), **members)


def told(minutes: float, *samples: Sample, **members: object) -> Observation:
    members.setdefault("received_at", at(minutes))
    return Observation(at=at(minutes), samples=samples, **members)


def begin(minutes: float = 0, wh: object = 1000, *, number: int | None = 7, **members: object) -> BeginSession:
    members.setdefault("token", TOKEN)
    members.setdefault("evse", 1)
    samples = () if wh is None else (sample(minutes, wh, context="Transaction.Begin"),)
    return BeginSession("CP7", "7", told(minutes, *samples, **members), number)


def update(minutes: float, wh: object = None, *more: Sample, **members: object) -> UpdateSession:
    samples = more if wh is None else (sample(minutes, wh), *more)
    return UpdateSession("CP7", "7", told(minutes, *samples, **members))


def end(
    minutes: float, wh: object = None, *more: Sample, reason: str | None = "Local", **members: object
) -> EndSession:
    samples = more if wh is None else (*more, sample(minutes, wh, context="Transaction.End"))
    return EndSession("CP7", "7", told(minutes, *samples, **members), reason)


def decide(session: Session, command: SessionCommand) -> Decision:
    return DECIDERS[type(command)](session, command)


def play(*commands: SessionCommand, session: Session | None = None) -> Session:
    return play_all(commands, session)[0]


def play_all(
    commands: Iterable[SessionCommand], session: Session | None = None
) -> tuple[Session, list[Event], list[Decision]]:
    session = session or Session()
    events: list[Event] = []
    decisions: list[Decision] = []
    for command in commands:
        decision = decide(session, command)
        decisions.append(decision)
        for event in decision.events:
            events.append(event)
            session = evolve(session, event)
        if decision.state is not None:
            assert record_of(decision.state) == record_of(session), "a rule's state is not that of its facts"
    return session, events, decisions


def record_of(session: Session) -> dict[str, object]:
    """Return all that a reader sees of a session."""
    return {name: getattr(session, name) for name in Session.__struct_fields__ if name != "memory"}
