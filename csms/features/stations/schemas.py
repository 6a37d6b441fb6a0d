"""What the routes of stations take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from csms.domain.fleet.selection import Label

BootPolicy = Literal["accept", "pending", "reject"]
Direction = Literal["in", "out"]
Subprotocol = Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
Id = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^/\x00-\x1f\x7f?#%]+$")]
Password = Annotated[str, Meta(min_length=8, max_length=64)]
Profile = Annotated[int, Meta(ge=0, le=3)]
Heartbeat = Annotated[int, Meta(ge=1, le=86_400)]
CallTimeout = Annotated[int, Meta(ge=1, le=600)]
Labels = Annotated[list[Label], Meta(max_length=50)]


class Connector(Struct, frozen=True, forbid_unknown_fields=True):
    """One connector as it is built."""

    id: Annotated[int, Meta(ge=1, le=64)]
    type: str | None = None
    max_power_w: int | None = None


class Evse(Struct, frozen=True, forbid_unknown_fields=True):
    """One EVSE as it is built."""

    id: Annotated[int, Meta(ge=1, le=512)]
    connectors: list[Connector] = []


class NewStation(Struct, frozen=True, forbid_unknown_fields=True):
    """A station to register. The password is for HTTP Basic and is never shown again.

    `any_subject`: of the certificate that it shows by profile 3 only the issuer counts, not whose it is: for test tools.
    """

    id: Id
    security_profile: Profile = 0
    password: Password | None = None
    any_subject: bool = False
    boot_policy: BootPolicy = "accept"
    subprotocol: Subprotocol | None = None
    heartbeat_s: Heartbeat | None = None
    call_timeout_s: CallTimeout | None = None
    site_id: str | None = None
    topology: list[Evse] = []
    labels: Labels = []


class StationChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a station; what is left out stays."""

    security_profile: Profile | UnsetType = UNSET
    any_subject: bool | UnsetType = UNSET
    boot_policy: BootPolicy | UnsetType = UNSET
    subprotocol: Subprotocol | None | UnsetType = UNSET
    heartbeat_s: Heartbeat | None | UnsetType = UNSET
    call_timeout_s: CallTimeout | None | UnsetType = UNSET
    site_id: str | None | UnsetType = UNSET
    topology: list[Evse] | UnsetType = UNSET
    labels: Labels | UnsetType = UNSET


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """A password for HTTP Basic; the old one is void at the next connection.

    With `keep_old_s` the old one holds for so many seconds more, or until the new one is used:
    for stations that change it late, or never (Q22). With `cut` the connection that stands is closed:
    for a password that others know.
    """

    password: Password
    keep_old_s: Annotated[int, Meta(ge=0, le=2_592_000)] = 0
    cut: bool = False


class ConnectorStatus(Struct, frozen=True):
    """The newest status of a connector, in the station's own word; EVSE 0 is the station."""

    evse: int
    connector: int
    status: str
    at: datetime
    received_at: datetime
    error: str | None = None
    info: str | None = None
    vendor: str | None = None
    vendor_error: str | None = None


class Station(Struct, frozen=True):
    """A station: how it is set up, what it told of itself, and whether it is there.

    `new_password`: a password that it was `sent`, or `accepted`, and has not used yet; until then its old one holds too.
    `offered_profile`: a security profile that it was told to come in by, beside its own.
    """

    id: str
    security_profile: int
    has_password: bool
    any_subject: bool
    new_password: str | None
    offered_profile: int | None
    boot_policy: str
    subprotocol: str | None
    heartbeat_s: int | None
    call_timeout_s: int | None
    site_id: str | None
    topology: list[Any]
    labels: list[str]
    registration: str | None
    booted_at: datetime | None
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    online: bool
    protocol: str | None
    last_seen_at: datetime | None
    created_at: datetime
    version: int
    connectors: list[ConnectorStatus] = []


class Frame(Struct, frozen=True):
    """One frame of the message log."""

    id: int
    at: datetime
    direction: str
    action: str | None
    message_id: str | None
    note: str | None
    frame: str


class Variable(Struct, frozen=True):
    """One variable of the device model, as last reported."""

    component: str
    component_instance: str
    evse: int
    connector: int
    variable: str
    variable_instance: str
    attribute: str
    value: str | None
    mutability: str | None
    unit: str | None
    data_type: str | None
    max_limit: float | None
    reported_at: datetime


class Call(Struct, frozen=True):
    """One call to the station; `outcome` is None while it is open."""

    id: str
    station_id: str
    action: str
    payload: str
    asked_by: str | None
    asked_at: datetime
    outcome: str | None
    answer: str | None
    closed_at: datetime | None


class Notice(Struct, frozen=True):
    """A message that was kept as it came; `review` says why a person should look."""

    id: int
    topic: str
    body: str
    review: str | None
    at: datetime
