"""How facts leave the house."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Fact(msgspec.Struct, frozen=True):
    """One fact on its way out.

    It is the same fact as any other with this kind, key and sequence, however often it comes.
    `kind` is 1 for stations and 2 for sessions; `data` is the event as the journal keeps it.
    """

    station: str
    kind: int
    key: str
    sequence: int
    type: str
    data: msgspec.Raw


facts_decoder = msgspec.json.Decoder(list[Fact])
"""Reads what one group commit posted."""


class Publisher(Protocol):
    """Takes facts out; raises what it likes when it cannot, and is asked again."""

    async def publish(self, batches: Sequence[str]) -> None:
        """Return once the facts are out; each batch is a JSON array of `Fact`, in the order of commits."""
