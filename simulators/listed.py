"""What a station keeps in its local authorization list, in its way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

ROOM, ROOM_OF_FEW, ITEMS = 1000, 4, 20


class Lists(StrEnum):
    """How the local list is kept (Q112): not at all, in vain, for four tokens, or not over a restart.

    `mismatch` takes no changes, only the whole; `version-0` has its list after a restart, and says that it has none.
    """

    RIGHT = "right"
    NONE = "v-1"
    NOT_SUPPORTED = "not-supported"
    FAIL = "fail"
    MISMATCH = "mismatch"
    FEW = "max4"
    FORGET = "forget"
    VERSION_0 = "v0"


@dataclass(frozen=True, slots=True)
class ListedToken:
    """What a list says of a token."""

    status: str
    group: str | None = None
    expires_at: datetime | None = None


Entry = tuple[str, ListedToken | None]
"""A token, and what is to be said of it; nothing takes it out of the list."""


class TokenList:
    """Takes updates, and knows tokens whatever the case of their letters."""

    def __init__(self, *, habit: Lists, clock: Callable[[], datetime]) -> None:
        self._habit = habit
        self._clock = clock
        self._tokens: dict[str, ListedToken] = {}
        self.version = 0

    def __len__(self) -> int:
        return len(self._tokens)

    def __getitem__(self, token: str) -> ListedToken | None:
        return self._tokens.get(token.casefold())

    @property
    def told_version(self) -> int:
        """The version that is told when it is asked for."""
        return -1 if self._habit is Lists.NONE else self.version

    @property
    def room(self) -> int:
        """How many tokens there is room for."""
        return ROOM_OF_FEW if self._habit is Lists.FEW else ROOM

    def update(self, version: int, entries: Iterable[Entry], *, full: bool) -> str:
        """Take an update, and return the status that it is answered with."""
        given = list(entries)
        match self._habit:
            case Lists.NONE | Lists.NOT_SUPPORTED:
                return "NotSupported"
            case Lists.FAIL:
                return "Failed"
            case Lists.MISMATCH if not full:
                return "VersionMismatch"
        if not full and version <= self.version:
            return "VersionMismatch"
        tokens = {} if full else dict(self._tokens)
        for token, info in given:
            tokens.pop(token.casefold(), None)
            if info is not None:
                tokens[token.casefold()] = info
        if len(tokens) > self.room or len(given) > ITEMS or len({token.casefold() for token, _ in given}) < len(given):
            return "Failed"
        self._tokens, self.version = tokens, version
        return "Accepted"

    def admits(self, token: str) -> bool:
        """Whether a driver is let in by the list alone."""
        listed = self[token]
        if listed is None or listed.status != "Accepted":
            return False
        return listed.expires_at is None or listed.expires_at > self._clock()

    def restart(self) -> None:
        """Forget over a restart what the habit forgets."""
        if self._habit is Lists.FORGET:
            self._tokens.clear()
        if self._habit in {Lists.FORGET, Lists.VERSION_0}:
            self.version = 0
