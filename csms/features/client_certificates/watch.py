"""Tells of certificates that end, and asks stations for another in time where an operator wants that (SEC-47)."""

import asyncio
import uuid

import msgspec
import structlog

from csms.domain.remote import RequestCertificate
from csms.features.client_certificates.repository import ClientCertificates, Ending
from csms.kit.clock import Clock
from csms.kit.metrics import Metrics
from csms.ports.commands import CallReport, CallRequest, Phrasebook, StationCalls, Unsupported
from csms.ports.journal import JournalUnavailable
from csms.ports.registry import RegisteredStation, StationRegistry
from csms.ports.vendors import Vendors
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 30.0
AT_ONCE = 5
BY = "house"


class CertificateWatch:
    """Looks after the ends of certificates, beside all other workers; nothing is asked where the house asks nothing by itself."""

    def __init__(
        self,
        *,
        certificates: ClientCertificates,
        calls: StationCalls,
        phrasebook: Phrasebook,
        registry: StationRegistry,
        vendors: Vendors,
        metrics: Metrics,
        clock: Clock,
        settle_s: float,
        call_timeout_s: float,
    ) -> None:
        self._certificates = certificates
        self._calls = calls
        self._phrasebook = phrasebook
        self._registry = registry
        self._vendors = vendors
        self._metrics = metrics
        self._clock = clock
        self._settle_s = settle_s
        self._call_timeout_s = call_timeout_s

    async def run(self, every_s: float = LOOK_EVERY_S) -> None:
        """Look again and again, until cancelled."""
        while True:
            try:
                await self.tell()
                if self._settle_s:
                    await self.renew()
            except (JournalUnavailable, *AWAY) as error:
                log.warning("client_certificates_not_watched", error=str(error))
            await asyncio.sleep(every_s)

    async def tell(self) -> None:
        """Tell of each certificate in use once that it ends within a month, and how many do at any time."""
        for within, count in (await self._certificates.counts()).items():
            self._metrics.client_certificates_ending.labels(within).set(count)
        for station, not_after in await self._certificates.to_tell():
            days = (not_after - self._clock.now()).days
            log.warning("client_certificate_ends", station=station, not_after=not_after.isoformat(), days=days)

    async def renew(self) -> int:
        """Ask a few stations whose operator wants it for another certificate, and return how many."""
        by_make = any(profile.habits.renew_days for profile in self._vendors.profiles)
        wanted: list[tuple[Ending, RegisteredStation]] = []
        for ending in await self._certificates.renewable(self._settle_s, by_make=by_make):
            station = await self._registry.find(ending.station_id)
            days = 0 if station is None else station.habits.renew_days or 0
            if station is None or not days or not ending.is_due(self._clock.now(), days):
                continue
            if await self._calls.protocol(station.id) is not None and await self._certificates.take(ending):
                wanted.append((ending, station))
            if len(wanted) == AT_ONCE:
                break
        await asyncio.gather(*(self._ask(ending, station) for ending, station in wanted))
        return len(wanted)

    async def _ask(self, ending: Ending, station: RegisteredStation) -> None:
        protocol = await self._calls.protocol(station.id)
        if protocol is None:
            return
        try:
            action, payload = self._phrasebook.put(protocol, RequestCertificate())
        except Unsupported as unsupported:
            await self._certificates.note(ending, str(unsupported))
            return
        within_s = station.timeout(self._call_timeout_s)
        raw = msgspec.json.encode(payload).decode()
        report = await self._calls.call(CallRequest(str(uuid.uuid4()), station.id, action, raw, within_s, BY))
        outcome = self._outcome(report)
        log.info("renewal_asked", station=station.id, outcome=outcome, not_after=ending.not_after.isoformat())
        await self._certificates.note(ending, outcome)

    def _outcome(self, report: CallReport) -> str:
        if report.unsupported:
            return "Unsupported"
        return report.outcome.value if report.answer is None else self._phrasebook.verdict(report.answer).value
