"""What the answer to a token may depend on, beside the token."""

from collections.abc import Collection
from typing import Protocol

from csms.domain.access import TokenRef
from csms.domain.premises import Premises


class Grounds(Protocol):
    """Read for tokens that are bound to something, and for no others. Every method may raise `JournalUnavailable`."""

    async def premises(self, station: str) -> Premises:
        """Return where a station stands, and what it is, as it is known now."""

    async def busy_at(self, token: TokenRef) -> Collection[str]:
        """Return the stations where a token has a session that was heard of lately."""
