"""What an operator asks of a station about its security."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from csms.domain.fault import Fault
from csms.domain.remote.core import ResetStation
from csms.domain.remote.words import RemoteCommand

SHORTEST, LONGEST = 16, 40
PasswordForm = Literal["hex", "text"]


class ChangePassword(RemoteCommand, frozen=True):
    """Give a station another password for HTTP Basic; without one it gets one of ours, which nobody is shown.

    `form` is how a station of 1.6 takes a key: as `hex` digits of its bytes, as the specification has it, or as plain
    `text` (Q21); None: as its make does.
    """

    password: Annotated[str, Meta(max_length=255)] | None = None
    form: PasswordForm | None = None

    def faults(self) -> Iterator[Fault]:
        if self.password is None:
            return
        if not SHORTEST <= len(self.password) <= LONGEST:
            yield Fault("/password", f"has {SHORTEST} to {LONGEST} characters")
        if not self.password.isprintable():
            yield Fault("/password", "has characters that cannot be typed")


class RaiseSecurityProfile(RemoteCommand, frozen=True):
    """Have a station come in by a higher security profile from its next restart on; `restart` restarts it when it says yes."""

    profile: Annotated[int, Meta(ge=1, le=3)]
    restart: bool = False
    THEN: ClassVar[str] = "restart"

    def then(self) -> ResetStation | None:
        return ResetStation(immediate=True) if self.restart else None
