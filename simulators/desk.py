"""What every part of a protocol end needs of the whole."""

from abc import abstractmethod
from typing import Any

from simulators.station import SimulatedStation


class Desk:
    """A part of a station's protocol end: the commands of one functional block."""

    owner: SimulatedStation

    @abstractmethod
    async def _take(self, action: str, payload: dict[str, Any]) -> str:
        """Note a command, and return the status that the station's habit gives it."""

    @property
    @abstractmethod
    def _obeys(self) -> bool:
        """Whether commands have an effect."""
