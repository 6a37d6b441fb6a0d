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
    """A sequence that grows at its end."""

    __slots__ = ("_items", "_size")

    def __init__(self, items: Iterable[Item] = ()) -> None:
        self._items = list(items)
        self._size = len(self._items)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Item]:
        return islice(self._items, self._size)

    @property
    def last(self) -> Item:
        """The youngest item; raise `IndexError` if there is none."""
        if not self._size:
            raise IndexError
        return self._items[self._size - 1]

    def plus(self, item: Item) -> "Trail[Item]":
        """Return the sequence with one more item."""
        grown: Trail[Item] = Trail.__new__(Trail)
        fresh = len(self._items) == self._size and self._size > 0
        grown._items = self._items if fresh else self._items[: self._size]
        grown._items.append(item)
        grown._size = self._size + 1
        return grown


class Known:
    """A set of hashes that forgets its older half whenever it is full."""

    __slots__ = ("_limit", "_places", "_size")

    def __init__(self, limit: int = 1024) -> None:
        self._limit = limit
        self._places: dict[int, int] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __contains__(self, item: int) -> bool:
        return self._places.get(item, self._size) < self._size

    def plus(self, items: Iterable[int]) -> "Known":
        """Return the set with more items."""
        grown = Known.__new__(Known)
        grown._limit, grown._places = self._limit, self._own()
        grown._size = len(grown._places)
        for item in items:
            if item not in grown._places:
                grown._places[item] = grown._size
                grown._size += 1
        return grown

    def _own(self) -> dict[int, int]:
        """Return a store that ends with this version, without its older half if it is full."""
        if self._size >= self._limit:
            kept = list(islice(self._places, self._size // 2, self._size))
            return {item: place for place, item in enumerate(kept)}
        if 0 < self._size == len(self._places):
            return self._places
        return dict(islice(self._places.items(), self._size))
