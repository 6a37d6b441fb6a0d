"""Facts as texts, and back."""

from functools import cache
from typing import Any

import msgspec

from csms.domain.session.events import SessionEvent
from csms.domain.station.events import StationEvent
from csms.ports.journal import Kind

CODES = {Kind.STATION: 1, Kind.SESSION: 2}
KINDS = {code: kind for kind, code in CODES.items()}


def decode(kind: Kind, text: str) -> Any:
    """Return the fact that a text of the journal tells."""
    return _decoder(kind).decode(text)


@cache
def _decoder(kind: Kind) -> "msgspec.json.Decoder[Any]":
    return msgspec.json.Decoder(SessionEvent if kind is Kind.SESSION else StationEvent)
