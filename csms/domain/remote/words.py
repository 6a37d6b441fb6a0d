"""The words that commands to a station are made of."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from csms.domain.fault import Fault

LARGEST = 2**31 - 1
Evse = Annotated[int, Meta(ge=1, le=LARGEST)]
EvseOrStation = Annotated[int, Meta(ge=0, le=LARGEST)]
"""0 is the station itself."""
Connector = Annotated[int, Meta(ge=1, le=LARGEST)]
RequestId = Annotated[int, Meta(ge=1, le=LARGEST)]
Text = Annotated[str, Meta(min_length=1)]
Moment = Annotated[datetime, Meta(tz=True)]


class RemoteCommand(Struct, frozen=True, forbid_unknown_fields=True):
    """What an operator asks of a station, in words of no version; `THEN` is the member by which more is to follow."""

    THEN: ClassVar[str] = ""

    def faults(self) -> Iterable[Fault]:
        """Tell what is wrong with it in every version."""
        return ()

    def chunks(self, most: int) -> "Sequence[RemoteCommand]":
        """Return commands that together ask the same, each for `most` things at most; itself, if it is about one."""
        return (self,)

    def weaker(self) -> "RemoteCommand | None":
        """Return what to ask of a station that does not know this, if its operator wants that; else None."""
        return None

    def then(self) -> "RemoteCommand | None":
        """Return what to ask of a station that said yes to this, if its operator wants that too; else None."""
        return None
