"""What can be asked of a charging station's record."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from csms.domain.command import Command
from csms.domain.metering import Sample


class Registration(StrEnum):
    """What the house says to a station that boots."""

    ACCEPTED = "Accepted"
    PENDING = "Pending"
    REJECTED = "Rejected"


class BootReport(Struct, frozen=True, gc=False, omit_defaults=True):
    """What a station says of itself; every text as sent, however long (Q33)."""

    vendor: str = ""
    model: str = ""
    serial: str | None = None
    firmware: str | None = None
    iccid: str | None = None
    imsi: str | None = None
    meter_type: str | None = None
    meter_serial: str | None = None
    reason: str | None = None


class RecordBoot(Command[Registration], frozen=True):
    """The station booted; `policy` is what its operator wants it to hear, `line_since` when its connection came."""

    report: BootReport
    policy: Registration
    at: datetime
    line_since: datetime | None = None


class ReportStatus(Command[None], frozen=True):
    """A status of the station (evse 0), an EVSE or a connector, in the station's own word.

    1.6 connector n is EVSE n, connector 1; connector 0 is the station: EVSE 0, connector 0.
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


class ReportMeter(Command[None], frozen=True):
    """Meter values outside of any session."""

    evse: int
    samples: tuple[Sample, ...]
    received_at: datetime


class ReportVariable(Struct, frozen=True, gc=False, omit_defaults=True):
    """One variable of the device model; a 1.6 key is the variable of a component named ``."""

    component: str
    variable: str
    value: str | None
    component_instance: str | None = None
    variable_instance: str | None = None
    evse: int | None = None
    connector: int | None = None
    attribute: str = "Actual"
    mutability: str | None = None
    unit: str | None = None
    data_type: str | None = None
    max_limit: float | None = None


class ReportVariables(Command[None], frozen=True):
    """A station told some of its variables; `request_id` names the report they are part of."""

    variables: tuple[ReportVariable, ...]
    at: datetime
    request_id: int | None = None
    seq_no: int | None = None
    last: bool = True


class ReportNotice(Command[None], frozen=True):
    """Anything else that a station tells and that must be kept: `topic` is its action.

    `body` is the message as JSON text, byte-exact; `review` says why a person should look.
    """

    topic: str
    body: str
    at: datetime
    review: str | None = None


class IssueCall(Command[None], frozen=True):
    """Something is about to be asked of the station; stored before it is sent."""

    call_id: str
    action: str
    payload: str
    at: datetime
    asked_by: str | None = None


class CloseCall(Command[None], frozen=True):
    """How a call ended: `Answered`, `Error` with its code, `TimedOut`, `Disconnected`, `Refused`."""

    call_id: str
    outcome: str
    at: datetime
    answer: str | None = None
    code: str | None = None
