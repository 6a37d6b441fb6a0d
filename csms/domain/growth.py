"""Collections that only grow: adding to one costs little, and every older version stays as it was.

All versions of a collection share one store; a version is a length of it. Adding to the newest
version appends to the store, adding to an older one copies its part first. So a state may hold
thousands of readings, and a fact that is not committed in the end has changed nothing.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

from msgspec import Struct

Item = TypeVar("Item")


class Trail(Struct, Generic[Item], frozen=True, eq=False, gc=False):
    """A sequence that grows at its end: the first `size` of `store`."""

    store: list[Item] = []
    size: int = 0

    @classmethod
    def of(cls, items: list[Item]) -> "Trail[Item]":
        """Return a sequence of these items; the list is its own from then on."""
        return cls(items, len(items))

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Item]:
        return islice(self.store, self.size)

    @property
    def last(self) -> Item:
        """The youngest item of a sequence that is not empty."""
        return self.store[self.size - 1]

    def plus(self, item: Item) -> "Trail[Item]":
        """Return the sequence with one more item."""
        size = self.size
        store = self.store if 0 < size == len(self.store) else self.store[:size]
        store.append(item)
        return Trail(store, size + 1)


class Known(Struct, frozen=True, eq=False, gc=False):
    """A set of hashes that forgets its older half whenever it has `limit`: the first `size` of `places`."""

    limit: int = 1024
    places: dict[int, int] = {}
    size: int = 0

    def __len__(self) -> int:
        return self.size

    def __contains__(self, item: int) -> bool:
        return self.has_all((item,))

    def has_all(self, items: Iterable[int]) -> bool:
        """Whether the set has every one of the items."""
        find, size = self.places.get, self.size
        for item in items:  # noqa: SIM110  # a loop takes half the time of a generator
            if find(item, size) >= size:
                return False
        return True

    def plus(self, items: Iterable[int]) -> "Known":
        """Return the set with more items."""
        places = self._own()
        for item in items:
            places.setdefault(item, len(places))
        return Known(self.limit, places, len(places))

    def _own(self) -> dict[int, int]:
        """Return a store that ends with this version, without its older half if it is full."""
        if self.size >= self.limit:
            kept = islice(self.places, self.size // 2, self.size)
            return {item: place for place, item in enumerate(kept)}
        if 0 < self.size == len(self.places):
            return self.places
        return dict(islice(self.places.items(), self.size))
