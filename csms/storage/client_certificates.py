"""The certificates that stations came in by, written in sweeps."""

import asyncio
from datetime import datetime

import asyncpg
import structlog

from csms.kit.clock import Clock
from csms.kit.x509 import Certificate
from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY
from csms.storage.texts import clean

log = structlog.get_logger(__name__)

SHOWN = """
INSERT INTO client_certificates (station_id, fingerprint, subject, issuer, serial, not_before, not_after, key_kind, key_bits,
    first_shown_at, last_shown_at)
SELECT row.*, at FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
    $8::text[], $9::int[], $10::timestamptz[])
    AS row (station_id, fingerprint, subject, issuer, serial, not_before, not_after, key_kind, key_bits, at)
JOIN stations ON stations.id = row.station_id ORDER BY row.station_id
ON CONFLICT (station_id, fingerprint) DO UPDATE SET last_shown_at = excluded.last_shown_at,
    first_shown_at = coalesce(client_certificates.first_shown_at, excluded.first_shown_at)
"""
EVERY_S = 1.0


class PostgresClientCertificates:
    """Notes what stations show, and writes it down every second; it stays noted while the database is away."""

    def __init__(self, *, pool: "asyncpg.Pool[asyncpg.Record]", clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._shown: dict[str, tuple[Certificate, datetime]] = {}
        self._writing = asyncio.Lock()

    def shown(self, station: str, certificate: Certificate) -> None:
        """Note that a station came in by a certificate."""
        self._shown[station] = certificate, self._clock.now()

    async def run(self, every_s: float = EVERY_S) -> None:
        """Write again and again, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.write()

    async def write(self) -> None:
        """Write what was noted."""
        async with self._writing:
            shown, self._shown = self._shown, {}
            if not shown:
                return
            rows = [
                (
                    station,
                    one.fingerprint,
                    clean(one.subject.text),
                    clean(one.issuer),
                    one.serial,
                    one.not_before,
                    one.not_after,
                    one.key.kind,
                    one.key.bits,
                    at,
                )
                for station, (one, at) in shown.items()
            ]
            try:
                async with asyncpg_timeout(self._pool) as connection:
                    await connection.execute(SHOWN, *map(list, zip(*rows, strict=True)))
            except AWAY as error:
                log.warning("client_certificates_not_written", error=str(error))
                self._shown = shown | self._shown
