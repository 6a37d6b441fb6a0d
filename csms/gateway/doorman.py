"""Who may come in: everything that is decided before the upgrade is answered."""

import structlog

from csms.domain.proof import Proof, profiles_by
from csms.gateway.identity import BadPath, station_in
from csms.gateway.knock import Admission, Knock, Refusal, unavailable
from csms.gateway.proofs import Proofs
from csms.gateway.subprotocol import choose
from csms.gateway.turnstile import Turnstile
from csms.kit.metrics import Metrics
from csms.ports.journal import JournalUnavailable
from csms.ports.line import House
from csms.ports.registry import RegisteredStation, StationRegistry

log = structlog.get_logger(__name__)

WRONG_PASSWORD_COST = 10


class Doorman:
    """Judges upgrade requests. Nothing is recorded of one that is refused but a log line and a count."""

    def __init__(
        self,
        *,
        registry: StationRegistry,
        house: House,
        proofs: Proofs,
        turnstile: Turnstile,
        metrics: Metrics,
        assume_16: bool,
    ) -> None:
        self._registry = registry
        self._house = house
        self._proofs = proofs
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

    def shuts_out(self, remote: str) -> bool:
        """Whether nobody but strangers comes from an address that was refused too often: spare us its handshakes."""
        if not self._turnstile.shuts_out(remote):
            return False
        self._note(remote, "throttled", status=429)
        return True

    def spoilt(self, remote: str, outcome: str, **more: int | str) -> None:
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
        proof = await self._prove(knock, station, name)
        if isinstance(proof, Refusal):
            return proof
        missing = station.habits.missing_subprotocol
        choice = choose(
            knock.offered,
            pinned=station.subprotocol or station.habits.subprotocol,
            assume_16=self._assume_16 if missing is None else missing == "assume-1.6",
        )
        if choice is None:
            return Refusal(400, "subprotocol", "no subprotocol in common: ocpp1.6, ocpp2.0.1 or ocpp2.1")
        return Admission(station, choice, proof)

    async def _prove(self, knock: Knock, station: RegisteredStation, name: str) -> Proof | Refusal:
        """Return the best proof of a station; no other profile than its own, or one that it was offered, will do (SEC-02)."""
        found: Proof | Refusal = Refusal(403, "profile", "not the security profile of this station")
        for profile in profiles_by(station.security_profile, station.offered_profile, knock.profiles):
            found = await self._proofs.check(knock, station, name, profile)
            if isinstance(found, Proof):
                break
        return found


def _named(path: str) -> str:
    try:
        return station_in(path)
    except BadPath:
        return ""
