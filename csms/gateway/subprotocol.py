"""Which version a connection speaks: the station's choice among those that both know."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from csms.ocpp.version import Version

ALIASES = {
    "ocpp1.6": Version.V16,
    "ocpp1.6j": Version.V16,
    "ocpp16": Version.V16,
    "ocpp1.6-json": Version.V16,
    "ocpp2.0.1": Version.V201,
    "ocpp201": Version.V201,
    "ocpp2.0.1j": Version.V201,
    "ocpp2.1": Version.V21,
    "ocpp21": Version.V21,
}
"""Spellings seen in the field, in lower case (Q2)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A version, and the token to echo: just as the station spelled it, or None for one that offered none."""

    version: Version
    token: str | None


def choose(offered: Sequence[str], *, pinned: str | None, assume_16: bool) -> Choice | None:
    """Return what to speak, or None for nothing in common (J-05 to J-08).

    The order is the station's (J-06). A station that is pinned to a version gets that one if it
    offers it, else the first of its own that we know: a pin is a preference, not a lock-out.
    """
    if not offered:
        return Choice(Version.V16, None) if assume_16 else None
    known = [Choice(ALIASES[token.lower()], token) for token in offered if token.lower() in ALIASES]
    preferred = [choice for choice in known if pinned is not None and choice.version.value == pinned]
    best = preferred or known
    return best[0] if best else None


def tokens_in(headers: Iterable[str]) -> list[str]:
    """Return the tokens of all `Sec-WebSocket-Protocol` headers, in order; blanks may part them too (Q2)."""
    parts = (part.partition(";")[0] for header in headers for part in header.split(","))
    return [token for part in parts for token in part.split()]
