"""The state of a charging station as its actor keeps it in memory: small, for there are many."""

from datetime import datetime

from msgspec import Struct

from csms.domain.station.commands import BootReport, Registration


class ConnectorState(Struct, frozen=True):
    """The newest status of one connector."""

    status: str
    at: datetime
    received_at: datetime
    error: str | None = None
    info: str | None = None
    vendor: str | None = None
    vendor_error: str | None = None


class Station(Struct, frozen=True):
    """One charging station; `connectors` is keyed by (EVSE, connector)."""

    registration: Registration | None = None
    booted_at: datetime | None = None
    report: BootReport | None = None
    connectors: tuple[tuple[tuple[int, int], ConnectorState], ...] = ()
