"""What to try at a station that refuses a profile, where its operator wants that: less and less of it (Q107)."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.fault import Fault
from csms.domain.smart_charging.advice import Record, Try
from csms.domain.smart_charging.binding import Standing, standing
from csms.domain.smart_charging.matching import collides, replaced_by
from csms.domain.smart_charging.profile import Installed, Profile, Purpose

MODEST_LEVEL = 1
"""What nearly all take that take more than level 0."""


class Ladder(Struct, frozen=True):
    """Profiles to try one after the other until one is taken, five at most; and those that would do harm, with why."""

    rungs: tuple[Profile, ...]
    left_out: tuple[tuple[Profile, str], ...]


def ladder_of(wanted: Profile, evse: int, record: Record) -> Ladder:
    """Return what to try of a profile: as it is, then at lower levels, then for a session as a default, at low levels.

    A TxProfile that names no transaction is tried only while a session goes on; one that names another than those becomes no
    default, which would limit others. A rung that would take the place of another profile is left out, but not the
    profile as it is wanted. What was refused last is tried last, so that what worked is tried at once.
    """
    going = [known for known in record.sessions if known.ended_at is None and known.evse == evse]
    named = wanted.transaction
    for_session = wanted.purpose is Purpose.SESSION
    is_there = any(named is None or known.transaction.casefold() == named.casefold() for known in going)
    rungs: list[Profile] = []
    if not for_session or is_there or named is not None:
        rungs += _at_levels(wanted, [wanted.stack_level, *_low(wanted, record)])
    if for_session and (is_there or named is None):
        default = replace(wanted, purpose=Purpose.DEFAULT, transaction=None)
        rungs += _at_levels(default, [*([] if rungs else [wanted.stack_level]), *_low(wanted, record)])
    others = [known for known in record.installed if known.profile.id != wanted.id and _lives(known, record)]
    judged = [
        (rung, None if rung == wanted else _harm(Installed(evse, rung, record.now), others, record)) for rung in rungs
    ]
    left_out = tuple((rung, why) for rung, why in judged if why is not None)
    return Ladder(_as_remembered([rung for rung, why in judged if why is None], record.tries), left_out)


def _low(wanted: Profile, record: Record) -> list[int]:
    told = wanted.stack_level if record.limits.levels is None else record.limits.levels
    return [min(told, wanted.stack_level, MODEST_LEVEL), 0]


def _at_levels(profile: Profile, levels: Iterable[int]) -> Iterator[Profile]:
    return (replace(profile, stack_level=level) for level in dict.fromkeys(levels))


def _lives(known: Installed, record: Record) -> bool:
    return standing(known, record.sessions, record.now, None) not in {Standing.EXPIRED, Standing.ENDED}


def _harm(new: Installed, others: Sequence[Installed], record: Record) -> str | None:
    """Return why a rung is better not tried: it is not what anybody wanted that another limit goes for it."""
    for old in replaced_by(new, others, exclusive=record.exclusive):
        return f"it would take the place of profile {old.profile.id}"
    for old in () if record.exclusive else others:
        if collides(old, new):
            return f"profile {old.profile.id} has its purpose, level and place"
    return None


def _as_remembered(rungs: Sequence[Profile], tries: Iterable[Try]) -> tuple[Profile, ...]:
    """Put first what is wanted unless it was refused last; of the others what was taken, what was not tried, what was refused."""
    last: dict[object, Try] = {}
    for known in sorted(tries, key=lambda known: known.at):
        last[known.sort] = known

    def rank(profile: Profile) -> int:
        known = last.get((profile.purpose, profile.kind, profile.schedules[0].unit, profile.stack_level))
        return 1 if known is None else 0 if known.accepted else 2

    ranked = sorted(rungs, key=rank)
    if rungs and rank(rungs[0]) < 2:  # noqa: PLR2004  # it was not refused
        ranked.remove(rungs[0])
        ranked.insert(0, rungs[0])
    return tuple(ranked)


def reservations_about(taken: Profile, wanted: Profile, evse: int, record: Record) -> Iterator[Fault]:
    """Yield in what a profile that was taken is less than the wanted one."""
    if taken.purpose is not wanted.purpose:
        yield Fault(
            "/profile/purpose", f"was taken as {taken.purpose}: it holds for later sessions too, until it is cleared"
        )
    if taken.stack_level != wanted.stack_level:
        yield Fault("/profile/stack_level", f"was taken at level {taken.stack_level}")
    if taken == wanted:
        return
    for known in record.installed:
        other = known.profile
        if (
            other.id != taken.id
            and other.purpose is taken.purpose
            and other.stack_level > taken.stack_level
            and known.evse in {evse, 0}
            and _lives(known, record)
        ):
            yield Fault(
                "/profile/stack_level",
                f"profile {other.id} of level {other.stack_level} goes before where it says anything",
            )
