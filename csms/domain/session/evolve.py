"""How facts change a session: in any order, to the same end."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from csms.domain import energy
from csms.domain.access import TokenRef, same_token
from csms.domain.session.commands import Observation
from csms.domain.session.events import (
    SessionBegan,
    SessionEnded,
    SessionEvent,
    SessionPresumedEnded,
    SessionUpdated,
)
from csms.domain.session.fingerprint import marks
from csms.domain.session.sequence import with_number
from csms.domain.session.state import End, Memory, Phase, Presumption, Session, Stamp, Stamps

CLOSING_GRACE = timedelta(minutes=15)
CLOCK_DRIFT = timedelta(minutes=5)
MAX_ENDS = 8
NO_REGISTER = -1
NO_TOKEN = TokenRef("", "")
TOLD_ONCE = ("evse", "connector", "reservation_id", "remote_start_id")
NOTHING = (None, None, None, None)

_once = attrgetter(*TOLD_ONCE)


def evolve(session: Session, event: SessionEvent, said: Sequence[int] | None = None) -> Session:
    """Return the session after one more fact; `said` are the marks of it, if they are known already."""
    if isinstance(event, SessionPresumedEnded):
        return _presumed(session, event)
    told, known = event.observation, session.memory
    changes: dict[str, Any] = {}
    stamps = _stamped(known.stamps, told, changes, ends=type(event) is SessionEnded)
    memory = _remembered(known, event, stamps, marks(event) if said is None else said)
    if memory.meter is not known.meter:
        changes |= _metered(memory)
    last_heard_at = session.last_heard_at
    if last_heard_at is None or told.at > last_heard_at:
        changes["last_heard_at"] = last_heard_at = told.at
    if session.phase is Phase.NEW:
        changes |= {"phase": Phase.ACTIVE, "station": event.station, "ref": event.ref}
    if session.number is None and type(event) is SessionBegan:
        changes["number"] = event.number
    if memory.ends or memory.presumed is not None:
        changes |= _ended(memory, last_heard_at)
    grown = replace(session, memory=memory, began_at=memory.begun_at or memory.heard_from, **changes)
    flags = _flags(grown)
    return grown if flags == session.flags else replace(grown, flags=flags)


def _presumed(session: Session, event: SessionPresumedEnded) -> Session:
    known, told = session.memory.presumed, Presumption(event.at, event.cause, event.evidence_at)
    memory = replace(session.memory, presumed=told if known is None else max(known, told, key=_weight))
    presumed = replace(session, memory=memory, **_ended(memory, session.last_heard_at))
    return replace(presumed, flags=_flags(presumed))


def _weight(presumption: Presumption) -> tuple[bool, datetime, str]:
    evidence_at = presumption.evidence_at
    return (evidence_at is None, evidence_at or presumption.at, presumption.cause)


def _remembered(
    memory: Memory, event: SessionBegan | SessionUpdated | SessionEnded, stamps: Stamps, said: Sequence[int]
) -> Memory:
    told, kind = event.observation, type(event)
    return Memory(
        known=memory.known.plus(said),
        spans=memory.spans if told.seq_no is None else with_number(memory.spans, told.seq_no),
        meter=energy.record(memory.meter, told.samples) if told.samples else memory.meter,
        stamps=stamps,
        observed=_observed(memory.observed, told),
        begun_at=_earlier(memory.begun_at, told.at) if kind is SessionBegan else memory.begun_at,
        heard_from=_earlier(memory.heard_from, told.at),
        received_at=told.received_at if memory.received_at is None else max(memory.received_at, told.received_at),
        ends=_with_end(memory.ends, event) if type(event) is SessionEnded else memory.ends,
        presumed=memory.presumed,
    )


def _earlier(known: datetime | None, told: datetime) -> datetime:
    return told if known is None or told < known else known


def _observed(observed: frozenset[str], told: Observation) -> frozenset[str]:
    """Return the flags that messages bring: repairs, offline ones, late ones, a clock that runs ahead (TX-40)."""
    delay = told.received_at - told.at
    if not told.flags and not told.offline and -CLOCK_DRIFT <= delay <= CLOCK_DRIFT:
        return observed
    flags = {flag.partition(":")[0] for flag in told.flags}
    if told.offline:
        flags.add("offline")
    if delay > CLOCK_DRIFT:
        flags.add("delivered-late")
    elif delay < -CLOCK_DRIFT:
        flags.add("clock-ahead")
    return observed | flags


def _stamped(stamps: Stamps, told: Observation, changes: dict[str, Any], *, ends: bool) -> Stamps:
    """Put what is told first (of what changes: last) into `changes`, whatever came when (TX-26, Q81).

    Who ends a session has not begun it, so the token of an end is not taken.
    """
    token, state, authorized, once = told.token, told.charging_state, told.authorized, _once(told)
    if token is None and state is None and authorized is None and once == NOTHING:
        return stamps
    fresh: dict[str, Stamp] = {}
    for name, value in zip(TOLD_ONCE, once, strict=True):
        if value is None:
            continue
        known: Stamp | None = getattr(stamps, name)
        if known is not None and told.at > known[0]:
            continue
        if known is None or _stamp(told, value) < known:
            fresh[name], changes[name] = _stamp(told, value), value
    if token is not None and not ends:
        stamp = _stamp(told, token.value)
        if stamps.token is None or stamp < stamps.token:
            fresh["token"], changes["token"] = stamp, token
    if state is not None and (newest := _later(stamps.charging_state, _stamp(told, state))):
        fresh["charging_state"], changes["charging_state"] = newest, state
    if authorized is not None and (newest := _later(stamps.authorized, _stamp(told, authorized))):
        fresh["authorized"] = newest
    return replace(stamps, **fresh) if fresh else stamps


def _later(known: Stamp | None, stamp: Stamp) -> Stamp | None:
    return stamp if known is None or stamp > known else None


def _stamp(told: Observation, value: object) -> Stamp:
    return (told.at, -1 if told.seq_no is None else told.seq_no, str(value))


def _metered(memory: Memory) -> dict[str, Any]:
    meter = memory.meter
    return {
        "energy_wh": meter.energy.wh,
        "meter_start_wh": meter.energy.first_wh,
        "meter_stop_wh": meter.energy.last_wh,
        "power_w": None if meter.power is None else meter.power.last_w,
        "soc_percent": None if meter.charge is None else meter.charge.percent,
    }


def _with_end(ends: tuple[End, ...], event: SessionEnded) -> tuple[End, ...]:
    """Return the ends told so far, in the order of the station's clock."""
    told = event.observation
    wh, token = energy.highest_wh(told.samples), told.token or NO_TOKEN
    end = End(told.at, NO_REGISTER if wh is None else wh, event.reason or "Local", token.value, token.kind)
    return ends if end in ends else tuple(sorted((*ends, end))[:MAX_ENDS])


def _valid_end(ends: tuple[End, ...]) -> End:
    """Return the end that counts: the first, unless another is later and larger (Q66)."""
    valid = ends[0]
    for end in ends[1:]:
        if end.at > valid.at and end.wh > valid.wh:
            valid = end
    return valid


def _ended(memory: Memory, last_heard_at: datetime | None) -> dict[str, Any]:
    """Return what an end changes: a told one at once and for good, a presumed one until then (Q53)."""
    if memory.ends:
        end = _valid_end(memory.ends)
        token = end.token
        changes = {"ended_at": end.at, "reason": end.reason, "stop_token": token, "estimated": False}
        if memory.stamps.token is None:
            changes["token"] = token
        return {"phase": Phase.ENDED, **changes}
    presumed = memory.presumed
    if presumed is None or not presumed.stands(last_heard_at):
        return {"phase": Phase.ACTIVE, "ended_at": None, "reason": None, "estimated": False}
    ended_at = presumed.at if last_heard_at is None else max(presumed.at, last_heard_at)
    return {"phase": Phase.ENDED, "ended_at": ended_at, "reason": presumed.cause, "estimated": True}


def _flags(session: Session) -> tuple[str, ...]:
    """Return the flags that messages brought, and those that come and go with the state."""
    memory = session.memory
    meter = memory.meter
    flags, doubts = memory.observed, meter.energy.flags | meter.doubts
    if doubts:
        flags |= doubts
    if memory.begun_at is None:
        flags |= {"begin-missing"}
    if len(memory.spans) > 1:
        flags |= {"gap"}
    if session.phase is Phase.ENDED:
        flags |= {name for name, holds in FLAGS_OF_ENDS.items() if holds(session)}
    return tuple(sorted(flags)) if flags else ()


def _is_heard_after_end(session: Session) -> bool:
    """Whether the station went on for longer than closing values take (Q75)."""
    heard, ended_at = session.last_heard_at, session.ended_at
    return heard is not None and ended_at is not None and heard > ended_at + CLOSING_GRACE


def _is_stopped_by_another(session: Session) -> bool:
    token, stop = session.token, session.stop_token
    return token is not None and stop is not None and not same_token(token, stop)


FLAGS_OF_ENDS: dict[str, Callable[[Session], bool]] = {
    "estimated": lambda session: session.estimated,
    "heard-after-end": _is_heard_after_end,
    "stopped-by-another-token": _is_stopped_by_another,
}
