"""Local authorization lists: what a station has, what it should have, and the messages that lead from one to the other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from csms.domain.access import TokenRef

LARGEST = 2**31 - 1
UNSUPPORTED = -1
"""The version that a station without lists says it has (16-LAL-01)."""


class Info(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a list says of a token, in the words of 2.0.1; 1.6 has fewer."""

    status: str = "Accepted"
    group: str | None = None
    expires_at: datetime | None = None


class Listed(Struct, frozen=True, gc=False, omit_defaults=True):
    """A token in an update; without `info` it is to be taken out of the list (16-LAL-04)."""

    token: TokenRef
    info: Info | None = None

    @property
    def key(self) -> str:
        """What is the same for the same token: value and kind, letter case aside (TX-07)."""
        return f"{self.token.value.casefold()}|{self.token.kind.casefold()}"


class Update(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a station is sent: the whole list, or what is different in it."""

    version: int
    full: bool
    listed: tuple[Listed, ...] = ()


Content = Mapping[str, Listed]
"""A list, by the keys of its tokens; each has its `info`."""


class Limits(Struct, frozen=True):
    """How much a station takes: entries in one message, entries in all, bytes in one message."""

    per_message: int | None = None
    in_all: int | None = None
    message_bytes: int | None = None


def content_of(listed: Iterable[Listed]) -> dict[str, Listed]:
    """Return the list that entries make."""
    return {one.key: one for one in listed if one.info is not None}


def applied(content: Content, update: Update) -> dict[str, Listed]:
    """Return a list after an update (16-LAL-03, 16-LAL-04)."""
    if update.full:
        return content_of(update.listed)
    changed = {one.key: one for one in update.listed}
    return content_of((dict(content) | changed).values())


def difference(has: Content, wanted: Content) -> tuple[Listed, ...]:
    """Return what leads from one list to another; what goes comes first, so that there is room for what comes."""
    gone = tuple(Listed(one.token) for key, one in has.items() if key not in wanted)
    changed = tuple(one for key, one in wanted.items() if key in has and has[key].info != one.info)
    new = tuple(one for key, one in wanted.items() if key not in has)
    return (*gone, *changed, *new)


def plan(
    wanted: Content, *, has: Content | None, version: int, limits: Limits, weigh: Callable[[Update], int]
) -> tuple[Update, ...]:
    """Return the messages that bring a station from `has` to `wanted`; none if there is nothing to do (16-LAL-07).

    `has` is None where nobody knows it: then, or where that is shorter, the whole list is sent, the
    first part of it as Full and the rest as Differential. Versions rise by one from `version`, the
    station's. `weigh` tells the bytes of a message. Raises `ValueError` for an entry that alone is too much.
    """
    whole = list(_parts(tuple(wanted.values()), limits, weigh)) or [()]
    changes = None if has is None else difference(has, wanted)
    if changes == ():
        return ()
    parts = whole if changes is None or version <= 0 else list(_parts(changes, limits, weigh))
    full = changes is None or version <= 0 or len(parts) > len(whole) or version > LARGEST - len(parts)
    if full:
        parts = whole
    first = version + 1 if 0 < version <= LARGEST - len(parts) else 1
    return tuple(Update(first + n, full and n == 0, part) for n, part in enumerate(parts))


def _parts(listed: Sequence[Listed], limits: Limits, weigh: Callable[[Update], int]) -> Iterator[tuple[Listed, ...]]:
    """Cut entries into parts that a station takes."""
    most, room = limits.per_message or len(listed), limits.message_bytes
    empty = weigh(Update(LARGEST, full=False))
    part: list[Listed] = []
    size = empty
    for one in listed:
        weight = weigh(Update(LARGEST, full=False, listed=(one,))) - empty + 1
        if room is not None and empty + weight > room:
            raise ValueError(f"{one.token.value}: alone it has {empty + weight} bytes, and the station takes {room}")
        if part and (len(part) >= most or (room is not None and size + weight > room)):
            yield tuple(part)
            part, size = [], empty
        part.append(one)
        size += weight
    if part:
        yield tuple(part)


def excess(content: Content, limits: Limits) -> int:
    """Return how many entries of a list a station has no room for."""
    return 0 if limits.in_all is None else max(0, len(content) - limits.in_all)


def next_version(known: int | None) -> int:
    """Return the version of the next update of a station's list: above the one it has, never 0 or less (16-LAL-02)."""
    return known + 1 if known is not None and 0 < known < LARGEST else 1


def repeated(listed: Sequence[Listed]) -> list[tuple[int, int]]:
    """Return the places of tokens that stand in an update again, each with the place of the first."""
    seen: dict[str, int] = {}
    return [(n, first) for n, one in enumerate(listed) if (first := seen.setdefault(one.key, n)) != n]
