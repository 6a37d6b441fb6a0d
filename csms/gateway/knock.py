"""An upgrade request as it is judged, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from csms.domain.proof import Proof
from csms.gateway.subprotocol import Choice
from csms.kit.x509 import Certificate
from csms.ports.registry import RegisteredStation

RETRY_AFTER_S = 10


@dataclass(frozen=True, slots=True)
class Knock:
    """An upgrade request: what it says, and how it came.

    `profiles` are the security profiles of the door it came by, `certificate` the verified one of its peer.
    """

    path: str
    offered: Sequence[str]
    authorization: Sequence[str]
    remote: str
    profiles: frozenset[int]
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """The station may come in."""

    station: RegisteredStation
    choice: Choice
    proof: Proof


@dataclass(frozen=True, slots=True)
class Refusal:
    """The station may not come in; the reason tells it nothing that helps to guess (Q124)."""

    status: int
    outcome: str
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


def unavailable(outcome: str) -> Refusal:
    """Return the refusal of a house that cannot make answers durable now (Q70)."""
    return Refusal(503, outcome, "try again later", (("Retry-After", str(RETRY_AFTER_S)),))
