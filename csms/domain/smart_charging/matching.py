"""Which profiles a request means, and which of them a new one replaces."""

from collections.abc import Iterable

from msgspec import Struct

from csms.domain.smart_charging.profile import Installed, Purpose


class Criteria(Struct, frozen=True, gc=False, omit_defaults=True):
    """What profiles have in common; what is None plays no part, and nothing at all means every profile.

    With `ids`, these alone count (16E 3.25, K10.FR.02). `sources` are compared with who set a
    profile; one that we set has none, and is the operator's: CSO.
    """

    ids: tuple[int, ...] = ()
    evse: int | None = None
    purpose: Purpose | None = None
    stack_level: int | None = None
    sources: tuple[str, ...] = ()


OURS = "CSO"


def matches(criteria: Criteria, installed: Installed) -> bool:
    """Whether a profile is meant (SC-21, SC-22)."""
    profile = installed.profile
    if criteria.ids:
        return profile.id in criteria.ids
    return (
        criteria.evse in {None, installed.evse}
        and criteria.purpose in {None, profile.purpose}
        and criteria.stack_level in {None, profile.stack_level}
        and (not criteria.sources or (installed.source or OURS) in criteria.sources)
    )


def replaced_by(new: Installed, known: Iterable[Installed], *, exclusive: bool) -> tuple[Installed, ...]:
    """Return the profiles that a new one takes the place of (SC-14, SC-15).

    The one of its id; in 1.6 (`exclusive`) also that of its purpose and level at its EVSE. A
    profile for another session of the same EVSE is gone too: an EVSE has one session at a time.
    """
    return tuple(old for old in known if _gives_way(old, new, exclusive=exclusive))


def _gives_way(old: Installed, new: Installed, *, exclusive: bool) -> bool:
    if old.profile.id == new.profile.id:
        return True
    if old.profile.purpose is not new.profile.purpose or old.evse != new.evse:
        return False
    if exclusive and old.profile.stack_level == new.profile.stack_level:
        return True
    return new.profile.purpose is Purpose.SESSION and _is_of_another_session(old, new)


def _is_of_another_session(old: Installed, new: Installed) -> bool:
    one, other = old.profile.transaction, new.profile.transaction
    return new.evse is not None and one is not None and other is not None and one.casefold() != other.casefold()


def collides(old: Installed, new: Installed) -> bool:
    """Whether a station of 2.x may not have both (K01.FR.06, K01.FR.39)."""
    one, other = old.profile, new.profile
    if (one.purpose, one.stack_level) != (other.purpose, other.stack_level):
        return False
    if one.purpose is Purpose.SESSION:
        return one.transaction is not None and one.transaction == other.transaction
    if old.evse != new.evse and not (one.purpose is Purpose.DEFAULT and 0 in {old.evse, new.evse}):
        return False
    begins_late = one.valid_to is not None and other.valid_from is not None and one.valid_to <= other.valid_from
    ends_early = other.valid_to is not None and one.valid_from is not None and other.valid_to <= one.valid_from
    return not begins_late and not ends_early
