"""What readers see of profiles and schedules."""

from datetime import datetime
from decimal import Decimal

from csms.domain.smart_charging import composite as schedules
from csms.domain.smart_charging.binding import session_of
from csms.domain.smart_charging.composite import Gap, Stretch, difference
from csms.domain.smart_charging.merging import bearing_on, limit_at
from csms.domain.smart_charging.profile import Installed, Purpose, Unit
from csms.domain.smart_charging.supply import told as in_tenths
from csms.features.charging_profiles.repository import Session, Told
from csms.features.charging_profiles.schemas import (
    Comparison,
    Composite,
    Difference,
    InstalledProfile,
    Period,
    Profile,
    SessionLimits,
    shown,
)
from csms.storage.charging import Known

TOLERANCE, TOLERANCE_W = 1.05, 100
"""What a meter may say above a limit before it counts as exceeded."""


def installed(known: Known, one: Installed, now: datetime) -> InstalledProfile:
    """Return a profile with its standing."""
    of_session = one.profile.purpose is Purpose.SESSION
    session = session_of(one, known.sessions) if of_session else None
    return InstalledProfile(
        id=one.profile.id,
        evse=one.evse,
        standing=known.standing_of(one, now),
        origin=one.origin,
        accepted_at=one.at,
        profile=shown(Profile, one.profile),
        source=one.source,
        remote_start_id=one.remote_start_id,
        session_id=None if session is None else session.key,
    )


def composite(made: schedules.Composite) -> Composite:
    """Return a composite schedule, with amounts as numbers."""
    return Composite(made.start, made.duration_s, made.unit, [_period(part) for part in made.stretches])


def comparison(known: Known, told: Told) -> Comparison:
    """Return what a station told beside what we compute for the same window, in the same unit."""
    theirs = told.composite
    ours = None
    if theirs is not None:
        situation = known.situation(theirs.start)
        ours = schedules.composite(situation, told.evse, theirs.start, theirs.duration_s, theirs.unit)
    gaps = None if theirs is None or ours is None else difference(theirs, ours)
    return Comparison(
        evse=told.evse,
        status=told.status,
        told_at=told.at,
        asked_duration_s=told.duration_s,
        asked_unit=told.unit,
        changed_since=told.changed_since,
        nominal_voltage_v=known.supply.voltage_v,
        phases=known.supply.phases,
        told=None if theirs is None else composite(theirs),
        computed=None if ours is None else composite(ours),
        differences=None if gaps is None else [_difference(gap) for gap in gaps],
    )


def _difference(gap: Gap) -> Difference:
    return Difference(gap.start_s, gap.end_s, _number(gap.told), _number(gap.computed), gap.side)


def limits(known: Known, session: Session, profiles: list[InstalledProfile], now: datetime) -> SessionLimits:
    """Return what limits a session now, and whether it takes clearly more."""
    amperes = watts = None
    if session.active and session.evse is not None:
        amperes, watts = (_limit_now(known, session.evse, now, unit) for unit in (Unit.AMPERES, Unit.WATTS))
    power = session.power_w if session.active else None
    return SessionLimits(
        session_id=session.key,
        station_id=session.station_id,
        evse=session.evse,
        active=session.active,
        profiles=profiles,
        limit_a=_number(amperes),
        limit_w=_number(watts),
        power_w=power,
        exceeded=None if power is None or watts is None else power > float(watts) * TOLERANCE + TOLERANCE_W,
    )


def _limit_now(known: Known, evse: int, now: datetime, unit: Unit) -> Decimal | None:
    amount, _ = limit_at(bearing_on(known.situation(now), evse), now, unit)
    return None if amount is None else in_tenths(amount.value)


def _period(part: Stretch) -> Period:
    return Period(part.start_s, _number(part.limit), part.phases)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
