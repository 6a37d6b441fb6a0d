"""Which node may write for a station."""

from typing import Protocol


class Ownership(Protocol):
    """The lease of a station, fenced by an epoch that only rises."""

    async def claim(self, station: str) -> int:
        """Take the station for this node and return its new epoch; raise `JournalUnavailable`."""


class Directory(Protocol):
    """Where the others find the owner of a station; a hint, the epoch is the truth."""

    def announce(self, station: str, epoch: int, protocol: str) -> None:
        """Tell all nodes that this one owns the station; never blocks, never raises."""

    def withdraw(self, station: str, epoch: int) -> None:
        """Tell all nodes that the station left, unless a newer epoch was announced."""
