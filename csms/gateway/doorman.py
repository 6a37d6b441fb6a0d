"""Who may come in: everything that is decided before the upgrade is answered."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from csms.gateway.credentials import PasswordCheck, password_in
from csms.gateway.identity import BadPath, station_in
from csms.gateway.subprotocol import Choice, choose
from csms.gateway.turnstile import Turnstile
from csms.kit.metrics import Metrics
from csms.ports.journal import JournalUnavailable
from csms.ports.line import House
from csms.ports.registry import RegisteredStation, StationRegistry

log = structlog.get_logger(__name__)

RETRY_AFTER_S = 10
TLS_PROFILE = 2
WRONG_PASSWORD_COST = 10


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
        self,
        *,
        registry: StationRegistry,
        house: House,
        passwords: PasswordCheck,
        turnstile: Turnstile,
        metrics: Metrics,
        assume_16: bool,
    ) -> None:
        self._registry = registry
        self._house = house
        self._passwords = passwords
        self._turnstile = turnstile
        self._metrics = metrics
        self._assume_16 = assume_16
        self.draining = False

    async def judge(self, knock: Knock) -> Admission | Refusal:
        """Return whether a station may come in, and as what."""
        verdict = await self._judge(knock)
        if isinstance(verdict, Refusal):
            self.refused(knock, verdict)
        return verdict

    def admitted(self, knock: Knock, station: str) -> None:
        """Note that a station came in."""
        self._metrics.handshakes.labels("accepted").inc()
        if self._turnstile.admitted(knock.remote, station):
            self._metrics.flaps.inc()
            log.warning("station_flaps", station=station, remote=knock.remote)

    def refused(self, knock: Knock, refusal: Refusal) -> None:
        """Note a refusal; it counts against the address unless it is ours (503) or says that it did (429)."""
        if refusal.status not in {429, 503}:
            cost = WRONG_PASSWORD_COST if refusal.status == 401 else 1  # noqa: PLR2004
            self._turnstile.refused(knock.remote, _named(knock.path), cost=cost)
        path, offered = knock.path[:200], ",".join(knock.offered)[:100]
        self._note(knock.remote, refusal.outcome, status=refusal.status, path=path, offered=offered)

    def failed(self, remote: str, outcome: str) -> None:
        """Note a connection that was refused through no fault of its own."""
        self._note(remote, outcome, status=503)

    def spoilt(self, remote: str, outcome: str, **more: int) -> None:
        """Note a connection that never came to knock as a station does: it counts against the address."""
        self._turnstile.refused(remote)
        self._note(remote, outcome, **more)

    def _note(self, remote: str, outcome: str, **more: str | int) -> None:
        self._metrics.handshakes.labels(outcome).inc()
        if self._turnstile.may_log(remote):
            log.info("handshake_refused", outcome=outcome, remote=remote, **more)

    async def _judge(self, knock: Knock) -> Admission | Refusal:
        if self.draining or not self._house.ready:
            return unavailable("draining" if self.draining else "not-ready")
        if wait := self._turnstile.wait(knock.remote, _named(knock.path)):
            return Refusal(429, "throttled", "too many refusals from here", (("Retry-After", str(wait)),))
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
        return password is not None and await self._is_right(station, password)

    async def _is_right(self, station: RegisteredStation, password: bytes) -> bool:
        """Take the present password, or the one before it until the present one was used or its time is over (Q22)."""
        if station.password_hash and await self._passwords.is_right(station.id, password, station.password_hash):
            if station.old_password_hash is not None:
                with contextlib.suppress(JournalUnavailable):  # its time will be over all the same
                    await self._registry.forget_old_password(station.id)
            return True
        if station.old_password_hash is None:
            return False
        return await self._passwords.is_right(station.id, password, station.old_password_hash)


def _named(path: str) -> str:
    try:
        return station_in(path)
    except BadPath:
        return ""


def unavailable(outcome: str) -> Refusal:
    """Return the refusal of a house that cannot make answers durable now (Q70)."""
    return Refusal(503, outcome, "try again later", (("Retry-After", str(RETRY_AFTER_S)),))
