"""Certificates that stations took from us, and which stations have them, in the database."""

from datetime import datetime
from typing import Literal

import asyncpg
from msgspec import Struct

Has = Literal["has", "lacks", "unknown"]

SENT = """
WITH holders AS (
    SELECT fingerprint, count(DISTINCT station_id) AS stations FROM (
        SELECT certificates.fingerprint, station_id
        FROM certificates, unnest(names) AS called JOIN station_certificates AS known ON known.name = called
        UNION
        SELECT certificates.fingerprint, station_id
        FROM certificates, unnest(names) AS called JOIN station_certificates AS known ON known.rough_name = called
    ) AS pairs GROUP BY fingerprint
)
SELECT fingerprint, subject, not_after, sent_at, coalesce(stations, 0) AS stations
FROM certificates LEFT JOIN holders USING (fingerprint)
WHERE ($1::timestamptz IS NULL OR not_after < $1) AND ($2::timestamptz IS NULL OR (not_after, fingerprint) > ($2, $3))
ORDER BY not_after, fingerprint LIMIT $4
"""
HAVING = """
SELECT id AS station_id, has, told_at, installed_at, listed_at FROM (
    SELECT stations.id, told_at, installed_at, listed_at,
        CASE WHEN known.station_id IS NOT NULL THEN 'has' WHEN listed_at IS NOT NULL THEN 'lacks' ELSE 'unknown' END AS has
    FROM stations LEFT JOIN LATERAL (
        SELECT station_id, told_at, installed_at FROM station_certificates, certificates
        WHERE station_id = stations.id AND use = $2 AND certificates.fingerprint = $1
            AND (name = ANY (certificates.names) OR rough_name = ANY (certificates.names))
        LIMIT 1
    ) AS known ON true LEFT JOIN LATERAL (
        SELECT max(at) AS listed_at FROM certificate_listings WHERE station_id = stations.id AND use IN ('', $2)
    ) AS listing ON true
) AS found
WHERE ($3::text IS NULL OR has = $3) AND ($4::text IS NULL OR id > $4) ORDER BY id LIMIT $5
"""
THERE = "SELECT EXISTS (SELECT FROM certificates WHERE fingerprint = $1)"


class TrustedCertificate(Struct, frozen=True):
    """A certificate that some station took from us; `stations` are those known to have it, for whatever use."""

    fingerprint: str
    subject: str
    not_after: datetime
    sent_at: datetime
    stations: int


class StationTrust(Struct, frozen=True):
    """Whether a station has a certificate for a use: it `lacks` what it did not tell of, and if it never told, that is `unknown`."""

    station_id: str
    has: Has
    told_at: datetime | None
    installed_at: datetime | None
    listed_at: datetime | None


class TrustedCertificates:
    """Reads which certificates there are, and where."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def some(
        self, *, ends_before: datetime | None, after: tuple[datetime, str] | None, limit: int
    ) -> list[TrustedCertificate]:
        """Return certificates, those that end first at first."""
        records = await self._pool.fetch(SENT, ends_before, *(after or (None, None)), limit)
        return [TrustedCertificate(**dict(record)) for record in records]

    async def exists(self, fingerprint: str) -> bool:
        """Whether some station took this certificate from us."""
        return bool(await self._pool.fetchval(THERE, fingerprint))

    async def stations(
        self, fingerprint: str, use: str, *, has: Has | None, after: str | None, limit: int
    ) -> list[StationTrust]:
        """Return stations by their ids, all or those that have it, lack it, or of which nobody knows."""
        records = await self._pool.fetch(HAVING, fingerprint, use, has, after, limit)
        return [StationTrust(**dict(record)) for record in records]
