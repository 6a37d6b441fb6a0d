"""What has happened to a charging station."""

from datetime import datetime

from csms.domain.command import Event
from csms.domain.metering import Sample
from csms.domain.station.certificates import CertificateEvent
from csms.domain.station.charging import ChargingEvent
from csms.domain.station.commands import BootReport, Registration, ReportVariable
from csms.domain.station.errands import ErrandEvent
from csms.domain.station.local_list import ListEvent
from csms.domain.station.reservations import ReservationEvent
from csms.domain.station.security import SecurityEvent
from csms.domain.station.signing import SigningEvent


class StationBooted(Event, frozen=True):
    """The station told what it is, and was answered `registration`."""

    report: BootReport
    registration: Registration
    at: datetime
    replaced: bool = False
    """Another vendor, model, serial or firmware than before (Q54)."""


class StatusChanged(Event, frozen=True):
    """A connector (or the station: EVSE 0) reported another status than before.

    `current` is False for a report older than what is known; it is history only (Q59).
    """

    evse: int
    connector: int
    status: str
    at: datetime
    received_at: datetime
    error: str | None = None
    info: str | None = None
    vendor: str | None = None
    vendor_error: str | None = None
    current: bool = True


class MeterReported(Event, frozen=True):
    """Meter values outside of any session."""

    evse: int
    samples: tuple[Sample, ...]
    received_at: datetime


class VariablesReported(Event, frozen=True):
    """Some variables of the device model, or 1.6 configuration keys."""

    variables: tuple[ReportVariable, ...]
    at: datetime
    request_id: int | None = None
    seq_no: int | None = None
    last: bool = True


class NoticeKept(Event, frozen=True):
    """A message kept as it came."""

    topic: str
    body: str
    at: datetime
    review: str | None = None


class CallIssued(Event, frozen=True):
    """A call to the station was stored, and is sent after that."""

    call_id: str
    action: str
    payload: str
    at: datetime
    asked_by: str | None = None


class CallClosed(Event, frozen=True):
    """A call to the station came to its end."""

    call_id: str
    outcome: str
    at: datetime
    answer: str | None = None


StationEvent = (
    StationBooted
    | StatusChanged
    | MeterReported
    | VariablesReported
    | NoticeKept
    | CallIssued
    | CallClosed
    | ErrandEvent
    | ReservationEvent
    | ChargingEvent
    | ListEvent
    | SecurityEvent
    | CertificateEvent
    | SigningEvent
)
