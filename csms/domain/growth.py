"""Collections that only grow: adding to one costs little, and every older version stays as it was.

All versions of a collection share one store; a version is a length of it. Adding to the newest
version appends to the store, adding to an older one copies its part first. So a state may hold
thousands of readings, and a fact that is not committed in the end has changed nothing.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Trail(Generic[Item]):
    """A sequence that grows at its end; a list given to it is its own from then on."""

    __slots__ = ("_items", "_size")

    def __init__(self, items: list[Item] | None = None) -> None:
        self._items = [] if items is None else items
        self._size = len(self._items)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Item]:
        return islice(self._items, self._size)

    @property
    def last(self) -> Item:
        """The youngest item of a sequence that is not empty."""
        return self._items[self._size - 1]

    def plus(self, item: Item) -> "Trail[Item]":
        """Return the sequence with one more item."""
        items = self._items if 0 < self._size == len(self._items) else self._items[: self._size]
        items.append(item)
        return Trail(items)


class Known:
    """A set of hashes that forgets its older half whenever it is full."""

    __slots__ = ("_limit", "_places", "_size")

    def __init__(self, limit: int = 1024, places: dict[int, int] | None = None) -> None:
        self._limit = limit
        self._places = {} if places is None else places
        self._size = len(self._places)

    def __len__(self) -> int:
        return self._size

    def __contains__(self, item: int) -> bool:
        return self.has_all((item,))

    def has_all(self, items: Iterable[int]) -> bool:
        """Whether the set has every one of the items."""
        find, size = self._places.get, self._size
        for item in items:  # noqa: SIM110  # a loop takes half the time of a generator
            if find(item, size) >= size:
                return False
        return True

    def plus(self, items: Iterable[int]) -> "Known":
        """Return the set with more items."""
        places = self._own()
        for item in items:
            places.setdefault(item, len(places))
        return Known(self._limit, places)

    def _own(self) -> dict[int, int]:
        """Return a store that ends with this version, without its older half if it is full."""
        if self._size >= self._limit:
            kept = islice(self._places, self._size // 2, self._size)
            return {item: place for place, item in enumerate(kept)}
        if 0 < self._size == len(self._places):
            return self._places
        return dict(islice(self._places.items(), self._size))
