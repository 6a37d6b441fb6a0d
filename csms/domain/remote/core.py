"""What an operator asks of a station every day: sessions, availability, variables."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, TypeVar

from msgspec import Meta, Struct

from csms.domain.fault import Fault
from csms.domain.remote.guarded import doubt_about_value, is_never_told
from csms.domain.remote.words import Connector, Evse, EvseOrStation, RemoteCommand, RequestId, Text
from csms.domain.smart_charging.profile import Profile
from csms.domain.smart_charging.validation import faults_of

Item = TypeVar("Item")
MEASURANDS = ("measurands", "sampleddata", "aligneddata")
"""How the names of variables end that list what is measured, in every version."""


class StartRemotely(RemoteCommand, frozen=True):
    """Begin a session for a token; `evse` None leaves the choice to the station.

    `profile` limits the session from its begin: a TxProfile that names no transaction (SC-02).
    """

    token: Text
    kind: str = "Central"
    evse: Evse | None = None
    remote_start_id: RequestId | None = None
    profile: Profile | None = None

    def faults(self) -> Iterable[Fault]:
        return () if self.profile is None else faults_of(self.profile, self.evse, starting=True)


class StopRemotely(RemoteCommand, frozen=True):
    """End the session that the station calls `transaction`."""

    transaction: Text


class AskTransaction(RemoteCommand, frozen=True):
    """Ask whether a session goes on, and whether the station has messages of it left."""

    transaction: Text


class ResetStation(RemoteCommand, frozen=True):
    """Restart the station (or one EVSE): at once, or when it is idle."""

    immediate: bool = False
    evse: Evse | None = None


class UnlockConnector(RemoteCommand, frozen=True):
    """Unlock a cable."""

    evse: Evse
    connector: Connector = 1


class ChangeAvailability(RemoteCommand, frozen=True):
    """Take the station, an EVSE or a connector out of service, or back into it."""

    operative: bool
    evse: EvseOrStation | None = None
    connector: Connector | None = None


class TriggerMessage(RemoteCommand, frozen=True):
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


class ReadVariables(RemoteCommand, frozen=True):
    """Read variables; none named means all, which only 1.6 can be asked so."""

    variables: tuple[VariableName, ...] = ()

    def doubts(self) -> Iterable[Fault]:
        """Tell what is asked for in vain: passwords are never told."""
        for place, one in enumerate(self.variables):
            if is_never_told(one.variable):
                yield Fault(f"/variables/{place}/variable", "is never told: stations only take it")

    def chunks(self, most: int) -> "Sequence[ReadVariables]":
        """Return the same in several, as the stations are that take but so many names at once (Q93, Q115)."""
        return [ReadVariables(part) for part in _cut(self.variables, most)] or [self]


class WriteVariables(RemoteCommand, frozen=True):
    """Write variables; 1.6 takes one at a time."""

    variables: Annotated[tuple[NewValue, ...], Meta(min_length=1)]

    def doubts(self) -> Iterable[Fault]:
        """Tell what is better not written: no measurands at all, which some stations never measure after again (Q115).

        And what stations probably do not take of their keys of security (16-SEC-11).
        """
        for place, one in enumerate(self.variables):
            if (doubt := doubt_about_value(one.variable, one.value)) is not None:
                yield Fault(f"/variables/{place}/value", doubt)
            if not one.value.strip() and one.variable.casefold().endswith(MEASURANDS):
                yield Fault(f"/variables/{place}/value", "is empty: the station may measure nothing any more")

    def chunks(self, most: int) -> "Sequence[WriteVariables]":
        """Return the same in several, in its order (Q115)."""
        return [WriteVariables(part) for part in _cut(self.variables, most)]


def _cut(items: Sequence[Item], most: int) -> Iterator[tuple[Item, ...]]:
    return (tuple(items[start : start + most]) for start in range(0, len(items), most))


class RequestReport(RemoteCommand, frozen=True):
    """Ask for a report of the device model: FullInventory, ConfigurationInventory or SummaryInventory."""

    report: str = "FullInventory"
    request_id: RequestId | None = None


class ClearCache(RemoteCommand, frozen=True):
    """Make the station forget the tokens it has seen."""


class TransferData(RemoteCommand, frozen=True):
    """Send what only a vendor understands."""

    vendor: Text
    message: str | None = None
    data: str | None = None
