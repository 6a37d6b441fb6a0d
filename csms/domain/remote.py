"""What an operator asks of a station, in words of no version."""

from msgspec import Struct


class StartRemotely(Struct, frozen=True, forbid_unknown_fields=True):
    """Begin a session for a token; `evse` None leaves the choice to the station."""

    token: str
    kind: str = "Central"
    evse: int | None = None
    remote_start_id: int | None = None


class StopRemotely(Struct, frozen=True, forbid_unknown_fields=True):
    """End the session that the station calls `transaction`."""

    transaction: str


class ResetStation(Struct, frozen=True, forbid_unknown_fields=True):
    """Restart the station (or one EVSE): at once, or when it is idle."""

    immediate: bool = False
    evse: int | None = None


class UnlockConnector(Struct, frozen=True, forbid_unknown_fields=True):
    """Unlock a cable."""

    evse: int
    connector: int = 1


class ChangeAvailability(Struct, frozen=True, forbid_unknown_fields=True):
    """Take the station, an EVSE or a connector out of service, or back into it."""

    operative: bool
    evse: int | None = None
    connector: int | None = None


class TriggerMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for a message now; `message` is named as the specification names it."""

    message: str
    evse: int | None = None
    connector: int | None = None


class VariableName(Struct, frozen=True, forbid_unknown_fields=True):
    """One variable; a 1.6 configuration key is a variable without a component."""

    variable: str
    component: str = ""
    value: str | None = None


class ReadVariables(Struct, frozen=True, forbid_unknown_fields=True):
    """Read variables; none named means all, which only 1.6 can be asked so."""

    variables: tuple[VariableName, ...] = ()


class WriteVariables(Struct, frozen=True, forbid_unknown_fields=True):
    """Write variables; 1.6 takes one at a time."""

    variables: tuple[VariableName, ...]


class RequestReport(Struct, frozen=True, forbid_unknown_fields=True):
    """Ask for a report of the device model: FullInventory, ConfigurationInventory or SummaryInventory."""

    report: str = "FullInventory"
    request_id: int | None = None


class ClearCache(Struct, frozen=True, forbid_unknown_fields=True):
    """Make the station forget the tokens it has seen."""


class TransferData(Struct, frozen=True, forbid_unknown_fields=True):
    """Send what only a vendor understands."""

    vendor: str
    message: str | None = None
    data: str | None = None


RemoteCommand = (
    StartRemotely
    | StopRemotely
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
