"""The stations and tokens that the operator keeps."""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple, Protocol

from csms.domain.access import Token, TokenRef
from csms.domain.station.commands import Registration
from csms.domain.vendors.habits import PLAIN, Habits
from csms.domain.vendors.profiles import NO_MAKE, Make


@dataclass(frozen=True, slots=True)
class RegisteredStation:
    """A station that may connect, as its operator set it up.

    `old_password_hash` is that of the password before the present one, as long as it holds too; `new_password_hashes`
    are those of passwords that it was sent and has not used yet, the newest first, and `offered_profile` is the security
    profile that it was told to come in by. `any_subject`: whose certificate it shows is not looked at (SEC-37).

    `password_hash` is None where none is set. `subprotocol` pins the version, None leaves
    it to the station. `heartbeat_s` is None for the installation's default. `habits` are what is known of
    its `make`, and before that its operator's `overrides`. `zone` is that of its site.
    """

    id: str
    security_profile: int
    password_hash: str | None
    boot_policy: Registration
    subprotocol: str | None
    heartbeat_s: int | None
    call_timeout_s: int | None
    old_password_hash: str | None = None
    make: Make = NO_MAKE
    overrides: Habits = PLAIN
    habits: Habits = PLAIN
    zone: tzinfo = UTC
    new_password_hashes: tuple[str, ...] = ()
    offered_profile: int | None = None
    any_subject: bool = False

    def heartbeat(self, default: int) -> int:
        """Return the heartbeat interval of the station: its own, that of its make, or that of all."""
        return self.heartbeat_s or self.habits.heartbeat_s or default

    def timeout(self, default: float) -> float:
        """Return how long a call of ours to it may take."""
        return self.call_timeout_s or self.habits.call_timeout_s or default


class StationRegistry(Protocol):
    """Who may connect."""

    async def find(self, station: str) -> RegisteredStation | None:
        """Return the station, letter case aside; raise `JournalUnavailable` if the database is away."""

    async def forget_old_password(self, station: str) -> None:
        """End the time of the password before the present one; raise `JournalUnavailable`."""

    async def use_new_password(self, station: str, hashed: str) -> None:
        """Make a password that the station was sent, and has used, its only one; raise `JournalUnavailable`."""

    async def raise_profile(self, station: str, profile: int) -> None:
        """Have a station come in by no lower security profile any more; raise `JournalUnavailable`."""


class Tokens(Protocol):
    """Who may charge."""

    async def find(self, presented: TokenRef) -> Token | None:
        """Return the token, letter case and (where it is `Central` or unknown) kind aside."""


class Sign(NamedTuple):
    """That a station is connected to this node, and when bytes of it came in last."""

    station: str
    version: str
    remote: str
    heard_at: datetime


class Presence(Protocol):
    """Who is there; written in sweeps, never for each message. No method blocks or raises."""

    def seen(self, station: str, *, online: bool, version: str, remote: str) -> None:
        """Note that a station is, or is no longer, connected."""

    def heard(self, station: str, at: datetime) -> None:
        """Note when the line that a station is losing was heard last; `seen` follows."""
