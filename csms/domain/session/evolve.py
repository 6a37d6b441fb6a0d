"""How facts change a session: in any order, to the same end."""

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from csms.domain import energy
from csms.domain.energy import Energy, Reading
from csms.domain.metering import Sample
from csms.domain.session.commands import Observation
from csms.domain.session.events import (
    SessionBegan,
    SessionEnded,
    SessionEvent,
    SessionPresumedEnded,
    SessionUpdated,
)
from csms.domain.session.fingerprint import fingerprint
from csms.domain.session.state import Memory, Phase, Session

KILO = {"kW": 1000, "kWh": 1000}


def evolve(session: Session, event: SessionEvent) -> Session:
    """Return the session after one more fact."""
    match event:
        case SessionBegan():
            return _began(session, event)
        case SessionUpdated():
            return _observe(session, event, event.observation, {})
        case SessionEnded():
            return _ended(session, event)
        case SessionPresumedEnded():
            return _presumed(session, event)


def _began(session: Session, event: SessionBegan) -> Session:
    told = event.observation
    return _observe(
        session,
        event,
        told,
        {"number": session.number or event.number, "began_at": told.at if not session.memory.begun else session.began_at},
        begun=True,
    )


def _ended(session: Session, event: SessionEnded) -> Session:
    told, before = event.observation, session.memory.end_at
    changes: dict[str, Any] = {"phase": Phase.ENDED, "estimated": False}
    if before is None or told.at > before:
        changes |= {"ended_at": told.at, "reason": event.reason or "Local", "stop_token": told.token}
    return _observe(session, event, told, changes, end_at=max(told.at, before) if before else told.at)


def _presumed(session: Session, event: SessionPresumedEnded) -> Session:
    if session.phase is Phase.ENDED:
        return session
    return replace(
        session,
        phase=Phase.ENDED,
        ended_at=event.at,
        reason=event.cause,
        estimated=True,
        flags=_flags(session.memory, estimated=True, stop_differs=False),
    )


def _observe(  # noqa: PLR0913  # what one fact can change
    session: Session,
    event: SessionBegan | SessionUpdated | SessionEnded,
    told: Observation,
    changes: dict[str, Any],
    *,
    begun: bool = False,
    end_at: datetime | None = None,
) -> Session:
    memory = _remember(session.memory, event, told, begun=begun, end_at=end_at)
    changes |= _first_told(session, told)
    if not memory.begun and (session.began_at is None or told.at < session.began_at):
        changes["began_at"] = told.at
    if session.last_heard_at is None or told.at >= session.last_heard_at:
        changes |= _newest(session, told)
    if "phase" not in changes and session.phase is Phase.NEW:
        changes["phase"] = Phase.ACTIVE
    token = changes.get("token", session.token)
    if isinstance(event, SessionEnded):
        stop_token = changes.get("stop_token", session.stop_token)
    else:
        stop_token = session.stop_token
    counted = memory.energy
    return replace(
        session,
        station=event.station,
        ref=event.ref,
        energy_wh=counted.wh,
        meter_start_wh=counted.first_wh,
        meter_stop_wh=counted.last_wh,
        memory=memory,
        flags=_flags(
            memory,
            estimated=changes.get("estimated", session.estimated),
            stop_differs=stop_token is not None and token is not None and _differ(stop_token.value, token.value),
        ),
        **changes,
    )


def _differ(one: str, other: str) -> bool:
    return one.casefold() != other.casefold()


def _first_told(session: Session, told: Observation) -> dict[str, Any]:
    """Return what is told once in a session and not again (TX-26)."""
    told_once = {
        "evse": told.evse,
        "connector": told.connector,
        "reservation_id": told.reservation_id,
        "remote_start_id": told.remote_start_id,
    }
    changes = {
        name: value for name, value in told_once.items() if value is not None and getattr(session, name) is None
    }
    if told.token is not None and (session.token is None or _is_earlier(told, session)):
        changes["token"] = told.token
    return changes


def _is_earlier(told: Observation, session: Session) -> bool:
    return session.began_at is not None and told.at < session.began_at


def _newest(session: Session, told: Observation) -> dict[str, Any]:
    changes: dict[str, Any] = {"last_heard_at": told.at}
    if told.charging_state is not None:
        changes["charging_state"] = told.charging_state
    for sample in told.samples:
        if sample.value is None or sample.phase is not None:
            continue
        if sample.measurand == "Power.Active.Import":
            changes["power_w"] = int(sample.value * KILO.get(sample.unit, 1))
        elif sample.measurand == "SoC":
            changes["soc_percent"] = int(sample.value)
    return changes


def _remember(
    memory: Memory,
    event: SessionBegan | SessionUpdated | SessionEnded,
    told: Observation,
    *,
    begun: bool,
    end_at: datetime | None,
) -> Memory:
    readings, counted = _count(memory, told.samples)
    seqs = memory.seqs if told.seq_no is None else memory.seqs | {told.seq_no}
    observed = memory.observed
    if told.flags or told.offline:
        observed = observed | {flag.partition(":")[0] for flag in told.flags} | ({"offline"} if told.offline else set())
    return Memory(
        heard=memory.heard | {fingerprint(event)},
        seqs=seqs,
        readings=readings,
        energy=counted,
        observed=observed,
        begun=memory.begun or begun,
        end_at=end_at or memory.end_at,
    )


def _count(memory: Memory, samples: tuple[Sample, ...]) -> tuple[tuple[Reading, ...], Energy]:
    """Add the newest reading to the sum; sum up anew only where one comes late or looks odd."""
    new = energy.readings_of(samples)
    if not new:
        return memory.readings, memory.energy
    last = memory.readings[-1] if memory.readings else None
    if len(new) == 1 and energy.is_plain(last, new[0]) and not memory.energy.flags:
        return (*memory.readings, new[0]), energy.add(memory.energy, last, new[0])
    readings = energy.merge(memory.readings, new)
    return readings, energy.total(readings)


def _flags(memory: Memory, *, estimated: bool, stop_differs: bool) -> tuple[str, ...]:
    flags = set(memory.energy.flags | memory.observed)
    if not memory.begun:
        flags.add("begin-missing")
    if memory.seqs and len(memory.seqs) <= max(memory.seqs) - min(memory.seqs):
        flags.add("gap")
    if estimated:
        flags.add("estimated")
    if stop_differs:
        flags.add("stopped-by-another-token")
    return tuple(sorted(flags))
