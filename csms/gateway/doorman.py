"""Who may come in: everything that is decided before the upgrade is answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from csms.gateway.credentials import PasswordCheck, password_in
from csms.gateway.identity import BadPath, station_in
from csms.gateway.subprotocol import Choice, choose
from csms.kit.metrics import Metrics
from csms.ports.journal import JournalUnavailable
from csms.ports.line import House
from csms.ports.registry import RegisteredStation, StationRegistry

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 10
TLS_PROFILE = 2


@dataclass(frozen=True, slots=True)
class Knock:
    """An upgrade request: what it says, and how it came."""

    path: str
    offered: Sequence[str]
    authorization: Sequence[str]
    remote: str
    tls: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """The station may come in."""

    station: RegisteredStation
    choice: Choice


@dataclass(frozen=True, slots=True)
class Refusal:
    """The station may not come in; the reason tells it nothing that helps to guess (Q124)."""

    status: int
    outcome: str
    reason: str
    headers: tuple[tuple[str, str], ...] = ()


class Doorman:
    """Judges upgrade requests. Nothing is recorded of one that is refused but a log line and a count."""

    def __init__(
        self, *, registry: StationRegistry, house: House, passwords: PasswordCheck, metrics: Metrics, assume_16: bool
    ) -> None:
        self._registry = registry
        self._house = house
        self._passwords = passwords
        self._metrics = metrics
        self._assume_16 = assume_16
        self.draining = False

    async def judge(self, knock: Knock) -> Admission | Refusal:
        """Return whether a station may come in, and as what."""
        verdict = await self._judge(knock)
        if isinstance(verdict, Refusal):
            self.refused(knock, verdict)
        return verdict

    def refused(self, knock: Knock, refusal: Refusal) -> None:
        """Note a refusal."""
        self._metrics.handshakes.labels(refusal.outcome).inc()
        log.info(
            "handshake_refused",
            outcome=refusal.outcome,
            status=refusal.status,
            path=knock.path[:200],
            offered=",".join(knock.offered)[:100],
            remote=knock.remote,
        )

    async def _judge(self, knock: Knock) -> Admission | Refusal:
        if self.draining or not self._house.ready:
            return unavailable("draining" if self.draining else "not-ready")
        try:
            name = station_in(knock.path)
            station = await self._registry.find(name)
        except BadPath as bad:
            return Refusal(404, "bad-path", str(bad))
        except JournalUnavailable:
            return unavailable("not-ready")
        if station is None:
            return Refusal(404, "unknown-station", "no such station")
        if station.security_profile >= TLS_PROFILE and not knock.tls:
            return Refusal(403, "profile", "this station must connect over TLS")
        if not await self._is_authentic(knock, station, name):
            return Refusal(401, "credentials", "unauthorized", (("WWW-Authenticate", 'Basic realm="ocpp"'),))
        choice = choose(knock.offered, pinned=station.subprotocol, assume_16=self._assume_16)
        if choice is None:
            return Refusal(400, "subprotocol", "no subprotocol in common: ocpp1.6, ocpp2.0.1 or ocpp2.1")
        return Admission(station, choice)

    async def _is_authentic(self, knock: Knock, station: RegisteredStation, name: str) -> bool:
        if station.security_profile == 0:
            return True
        if station.password_hash is None or len(knock.authorization) != 1:
            return False
        password = password_in(knock.authorization[0], name)
        if password is None:
            password = password_in(knock.authorization[0], station.id)
        return password is not None and await self._passwords.is_right(station.id, password, station.password_hash)


def unavailable(outcome: str) -> Refusal:
    """Return the refusal of a house that cannot make answers durable now (Q70)."""
    return Refusal(503, outcome, "try again later", (("Retry-After", str(RETRY_AFTER_S)),))
