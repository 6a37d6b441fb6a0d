"""Which session a profile is for, and how a profile stands: in force, to come, or over."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from csms.domain.smart_charging.profile import Installed, Origin, Purpose, Running

SKEW = timedelta(seconds=5)
"""So far apart the clocks of our own machines may be."""


class Standing(StrEnum):
    """How a profile that a station accepted stands now."""

    IN_FORCE = "in-force"
    TO_COME = "to-come"
    AWAITING = "awaiting-session"
    EXPIRED = "expired"
    ENDED = "ended"
    FORGOTTEN = "forgotten"


def session_of(installed: Installed, sessions: Iterable[Running]) -> Running | None:
    """Return the session that a profile of purpose TxProfile is for; None if it is not known (yet).

    By the transaction that it names. One that came with a remote start: by the number of that
    start, else the first session of its EVSE (or its token) after it. One that names none: the
    session that went on at its EVSE when it was accepted.
    """
    named = installed.profile.transaction
    if named is not None:
        return next((known for known in sessions if known.transaction.casefold() == named.casefold()), None)
    begun = sorted(sessions, key=lambda known: known.heard_at)
    if installed.origin is not Origin.REMOTE_START:
        return next((known for known in reversed(begun) if _went_on(known, installed)), None)
    if installed.remote_start_id is not None:
        by_number = [known for known in begun if known.remote_start_id == installed.remote_start_id]
        if by_number:
            return by_number[0]
    since = installed.at - SKEW
    return next((known for known in begun if known.heard_at >= since and _is_meant(known, installed)), None)


def _went_on(session: Running, installed: Installed) -> bool:
    return (
        session.evse == installed.evse
        and session.heard_at <= installed.at
        and (session.ended_at is None or session.ended_at >= installed.at)
    )


def _is_meant(session: Running, installed: Installed) -> bool:
    """Whether a session may be the one that a remote start began."""
    if session.remote_start_id is not None and installed.remote_start_id is not None:
        return False
    if installed.evse is not None:
        return session.evse == installed.evse
    return session.token is not None and session.token.casefold() == (installed.token or "").casefold()


def standing(
    installed: Installed, sessions: Sequence[Running], now: datetime, forgotten_at: datetime | None
) -> Standing:
    """Tell how a profile stands; `forgotten_at` is when its station last lost such profiles, if it does (Q110).

    A TxProfile ends with its transaction (SC-24).
    """
    profile = installed.profile
    if forgotten_at is not None and installed.at < forgotten_at:
        return Standing.FORGOTTEN
    if profile.valid_to is not None and profile.valid_to <= now:
        return Standing.EXPIRED
    if profile.purpose is Purpose.SESSION:
        session = session_of(installed, sessions)
        if session is None:
            awaited = installed.origin is Origin.REMOTE_START
            return Standing.AWAITING if awaited else Standing.ENDED
        if session.ended_at is not None:
            return Standing.ENDED
    if profile.valid_from is not None and profile.valid_from > now:
        return Standing.TO_COME
    return Standing.IN_FORCE
