"""Where a token may charge: at all stations, at some, at some of their EVSEs, or at plugs of some types."""

from msgspec import Struct


class Spot(Struct, frozen=True, gc=False, omit_defaults=True):
    """A place where a token may charge: all stations of a site, or a station, of which it may name some EVSEs."""

    site: str | None = None
    station: str | None = None
    evses: tuple[int, ...] = ()


class Bounds(Struct, frozen=True, gc=False):
    """What a token is bound to; nothing named binds to nothing."""

    spots: tuple[Spot, ...] = ()
    connector_types: tuple[str, ...] = ()


class Premises(Struct, frozen=True, gc=False):
    """The station where a token is presented, as its operator describes it.

    `evses` are those that are known, each with the types of its connectors; one of which no type
    is known may have any. `shows_messages`: it can show a driver a text.
    """

    station: str
    site: str | None = None
    evses: tuple[tuple[int, tuple[str, ...]], ...] = ()
    shows_messages: bool = False


class Welcome(Struct, frozen=True, gc=False):
    """At which EVSEs of the premises a token may charge, by its places and by the types of plugs; None for all."""

    by_place: frozenset[int] | None = None
    by_type: frozenset[int] | None = None

    @property
    def evses(self) -> tuple[int, ...]:
        """The EVSEs that both allow; none named for all, or where none is left."""
        return tuple(sorted(self._both or ()))

    @property
    def _both(self) -> frozenset[int] | None:
        if self.by_place is None or self.by_type is None:
            return self.by_type if self.by_place is None else self.by_place
        return self.by_place & self.by_type

    def lets_in(self, evse: int | None) -> bool:
        """Whether the places of the token let it in: at one EVSE, or at any."""
        return _has(self.by_place, evse)

    def fits(self, evse: int | None) -> bool:
        """Whether, where it is let in, there is a plug of its types."""
        return _has(self._both, evse)


def _has(evses: frozenset[int] | None, evse: int | None) -> bool:
    return evses is None or (evse in evses if evse else bool(evses))


def welcome(bounds: Bounds, premises: Premises) -> Welcome:
    """Return at which EVSEs a token may charge (C01.FR.18 to C01.FR.22)."""
    return Welcome(_by_place(bounds.spots, premises), _by_type(bounds.connector_types, premises))


def _by_place(spots: tuple[Spot, ...], premises: Premises) -> frozenset[int] | None:
    if not spots:
        return None
    here = [spot for spot in spots if _is_here(spot, premises)]
    if any(not spot.evses for spot in here):
        return None
    return _unless_all({evse for spot in here for evse in spot.evses}, premises)


def _is_here(spot: Spot, premises: Premises) -> bool:
    if spot.station is not None:
        return spot.station.casefold() == premises.station.casefold()
    return spot.site is not None and spot.site == premises.site


def _by_type(wanted: tuple[str, ...], premises: Premises) -> frozenset[int] | None:
    if not wanted or not premises.evses:
        return None
    words = {word.casefold() for word in wanted}
    fitting = {evse for evse, types in premises.evses if not types or words & {kind.casefold() for kind in types}}
    return _unless_all(fitting, premises)


def _unless_all(evses: set[int], premises: Premises) -> frozenset[int] | None:
    known = {evse for evse, _ in premises.evses}
    return None if known and evses >= known else frozenset(evses)
