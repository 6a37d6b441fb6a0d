"""One outlet of a simulated station."""

from dataclasses import dataclass, field
from datetime import datetime

from simulators.meter import EnergyMeter


@dataclass(slots=True)
class Evse:
    """One outlet and what goes on at it."""

    number: int
    meter: EnergyMeter
    status: str = "Available"
    error: str = "NoError"
    session: str | None = None
    transaction: str | None = None
    token: str | None = None
    began_at: datetime | None = None
    seq_no: int = 0
    readings: list[int] = field(default_factory=list)
