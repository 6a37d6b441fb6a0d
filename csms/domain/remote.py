"""What an operator asks of a station, in words of no version."""

from typing import Annotated

from msgspec import Meta, Struct

LARGEST = 2**31 - 1
Evse = Annotated[int, Meta(ge=1, le=LARGEST)]
EvseOrStation = Annotated[int, Meta(ge=0, le=LARGEST)]
"""0 is the station itself."""
Connector = Annotated[int, Meta(ge=1, le=LARGEST)]
RequestId = Annotated[int, Meta(ge=1, le=LARGEST)]
Text = Annotated[str, Meta(min_length=1)]


class StartRemotely(Struct, frozen=True, forbid_unknown_fields=True):
    """Begin a session for a token; `evse` None leaves the choice to the station."""

    token: Text
    kind: str = "Central"
    evse: Evse | None = None
    remote_start_id: RequestId | None = None


class StopRemotely(Struct, frozen=True, forbid_unknown_fields=True):
    """End the session that the station calls `transaction`."""

    transaction: Text


class AskTransaction(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask whether a session goes on, and whether the station has messages of it left."""

    transaction: Text


class ResetStation(Struct, frozen=True, forbid_unknown_fields=True):
    """Restart the station (or one EVSE): at once, or when it is idle."""

    immediate: bool = False
    evse: Evse | None = None


class UnlockConnector(Struct, frozen=True, forbid_unknown_fields=True):
    """Unlock a cable."""

    evse: Evse
    connector: Connector = 1


class ChangeAvailability(Struct, frozen=True, forbid_unknown_fields=True):
    """Take the station, an EVSE or a connector out of service, or back into it."""

    operative: bool
    evse: EvseOrStation | None = None
    connector: Connector | None = None


class TriggerMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for a message now; `message` is named as the specification names it."""

    message: Text
    evse: EvseOrStation | None = None
    connector: Connector | None = None


class VariableName(Struct, frozen=True, forbid_unknown_fields=True):
    """One variable; a 1.6 configuration key is a variable without a component."""

    variable: Text
    component: str = ""


class NewValue(VariableName, frozen=True, kw_only=True):
    """A variable and what it shall be; an empty text is a value too."""

    value: str


class ReadVariables(Struct, frozen=True, forbid_unknown_fields=True):
    """Read variables; none named means all, which only 1.6 can be asked so."""

    variables: tuple[VariableName, ...] = ()


class WriteVariables(Struct, frozen=True, forbid_unknown_fields=True):
    """Write variables; 1.6 takes one at a time."""

    variables: Annotated[tuple[NewValue, ...], Meta(min_length=1)]


class RequestReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for a report of the device model: FullInventory, ConfigurationInventory or SummaryInventory."""

    report: str = "FullInventory"
    request_id: RequestId | None = None


class ClearCache(Struct, frozen=True, forbid_unknown_fields=True):
    """Make the station forget the tokens it has seen."""


class TransferData(Struct, frozen=True, forbid_unknown_fields=True):
    """Send what only a vendor understands."""

    vendor: Text
    message: str | None = None
    data: str | None = None


RemoteCommand = (
    StartRemotely
    | StopRemotely
    | AskTransaction
    | ResetStation
    | UnlockConnector
    | ChangeAvailability
    | TriggerMessage
    | ReadVariables
    | WriteVariables
    | RequestReport
    | ClearCache
    | TransferData
)
