"""Which profiles that a station lost over a restart are to be sent again, and in which order (Q110)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.smart_charging.binding import Standing, session_of, standing
from csms.domain.smart_charging.matching import OURS, collides
from csms.domain.smart_charging.profile import Installed, Profile, Purpose, Running
from csms.domain.smart_charging.timing import said_by

ORDER = (Purpose.STATION_MAX, Purpose.DEFAULT, Purpose.PRIORITY, Purpose.SESSION)
"""What guards most goes first; what others set is not ours to send."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)


class Lost(Struct, frozen=True, gc=False):
    """A profile as it is to be sent again; that of a session names its transaction, however it came."""

    evse: int
    profile: Profile


def to_restore(
    installed: Sequence[Installed],
    sessions: Sequence[Running],
    now: datetime,
    lost_at: datetime,
    *,
    purposes: Iterable[Purpose],
    exclusive: bool,
) -> tuple[Lost, ...]:
    """Return the profiles of some purposes, known from before `lost_at`, that would still count, in the order to send them.

    By purpose, then from the lowest level up. One whose place a later profile has taken, which the station would
    refuse beside it (SC-14), stays lost; `exclusive` as in `Situation`: there later ones replace it by themselves.
    """
    meant = frozenset(purposes)
    gone = [one for one in installed if one.at < lost_at and one.profile.purpose in meant]
    kept = [one for one in installed if one not in gone]
    found = [
        lost
        for one in gone
        if (lost := _counts(one, sessions, now)) is not None
        and (exclusive or not any(collides(other, one) for other in kept))
    ]
    return tuple(sorted(found, key=_place))


def _counts(one: Installed, sessions: Sequence[Running], now: datetime) -> Lost | None:
    """Return a profile as it is to be sent, if it is ours and will hold now or later."""
    profile, evse, anchor = one.profile, one.evse, now
    if profile.purpose not in ORDER or (one.source or OURS) != OURS:
        return None
    if standing(one, sessions, now, None) not in {Standing.IN_FORCE, Standing.TO_COME}:
        return None
    if profile.purpose is Purpose.SESSION and (session := session_of(one, sessions)) is not None:
        evse, anchor = session.evse or evse, session.began_at
        profile = replace(profile, transaction=session.transaction)
    if evse is None or said_by(profile, now, anchor) == (None, None):
        return None
    return Lost(evse, profile)


def _place(lost: Lost) -> tuple[int, int, int, int]:
    profile = lost.profile
    return ORDER.index(profile.purpose), profile.stack_level, lost.evse, profile.id


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries at which the station was not reached."""
    doubled: int = 1 << min(max(tries, 1) - 1, 10)
    return min(FIRST_PAUSE * doubled, LONGEST_PAUSE)
