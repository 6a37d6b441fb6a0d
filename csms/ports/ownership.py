"""Which node may write for a station."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Void:
    """A lease that is over: a newer epoch holds, by which another node took the station, or nobody."""

    station: str
    epoch: int
    taken: bool


class Ownership(Protocol):
    """The lease of a station, fenced by an epoch that only rises."""

    async def claim(self, station: str) -> int:
        """Take the station for this node and return its new epoch; raise `JournalUnavailable`."""

    async def void(self, epochs: Mapping[str, int]) -> list[Void]:
        """Return which of the leases, by station and epoch, are over; raise `JournalUnavailable`."""


class Directory(Protocol):
    """Where the others find the owner of a station; a hint, the epoch is the truth."""

    def announce(self, station: str, epoch: int, protocol: str) -> None:
        """Tell all nodes that this one owns the station; never blocks, never raises."""

    def withdraw(self, station: str, epoch: int) -> None:
        """Tell all nodes that the station left, unless a newer epoch was announced."""
