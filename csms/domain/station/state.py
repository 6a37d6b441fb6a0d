"""The state of a charging station as its actor keeps it in memory: small, for there are many."""

from datetime import datetime

from msgspec import Struct

from csms.domain.reservation import Kept, Told
from csms.domain.station.charging import Charging
from csms.domain.station.commands import BootReport, Registration
from csms.domain.station.errands import Errand


class ConnectorState(Struct, frozen=True, gc=False):
    """The newest status of one connector."""

    status: str
    at: datetime
    received_at: datetime
    error: str | None = None
    info: str | None = None
    vendor: str | None = None
    vendor_error: str | None = None


class Replays(Struct, frozen=True, gc=False):
    """What a connector told late: the newest time it ever told, and the last old reports (Q59)."""

    newest_at: datetime
    told: tuple[tuple[datetime, str, str | None], ...] = ()


class Flood(Struct, frozen=True, gc=False):
    """How many messages were kept as they came since a time (Q116)."""

    since: datetime
    kept: int


class Station(Struct, frozen=True, gc=False):
    """One charging station; `connectors` and `replays` are keyed by (EVSE, connector), `errands` are the last few.

    `reservations` are those that hold and a few that have ended, `ends_told` what was told of numbers
    that nobody knows yet. All that is not read again serves to know repetitions: ended reservations,
    `ends_told`, and the last five members.
    """

    registration: Registration | None = None
    booted_at: datetime | None = None
    report: BootReport | None = None
    connectors: tuple[tuple[tuple[int, int], ConnectorState], ...] = ()
    errands: tuple[Errand, ...] = ()
    reservations: tuple[Kept, ...] = ()
    ends_told: tuple[Told, ...] = ()
    charging: Charging = Charging()
    list_version: int | None = None
    replays: tuple[tuple[tuple[int, int], Replays], ...] = ()
    progress: tuple[tuple[str, str, int | None], ...] = ()
    meter_marks: tuple[int, ...] = ()
    flood: Flood | None = None
    security_marks: tuple[int, ...] = ()

    @property
    def has_promised(self) -> bool:
        """Whether a reservation holds."""
        return any(kept.live for kept in self.reservations)
