"""How a station takes a new password (Q21, Q22)."""

from dataclasses import dataclass
from enum import StrEnum

KEYS = frozenset({"authorizationkey", "securityctrlr.basicauthpassword"})
"""What the password is called, in small letters: it can be written and is never shown."""


class Rotation(StrEnum):
    """When a new password is used: at the next connection, at the next restart, or never."""

    NEXT = "next"
    RESTART = "restart"
    NEVER = "never"


def is_password(name: str) -> bool:
    """Whether a key or a variable is the password."""
    return name.casefold() in KEYS


@dataclass(slots=True)
class Password:
    """The password of a station, as its habit is."""

    now: str | None
    habit: Rotation = Rotation.NEXT
    waiting: str | None = None

    def change(self, value: str) -> None:
        """Take a new one."""
        match self.habit:
            case Rotation.NEXT:
                self.now = value
            case Rotation.RESTART:
                self.waiting = value

    def restart(self) -> None:
        """Use what waited for a restart."""
        if self.waiting is not None:
            self.now, self.waiting = self.waiting, None
