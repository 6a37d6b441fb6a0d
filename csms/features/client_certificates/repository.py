"""Certificates by which stations come in, in the database."""

from datetime import datetime, timedelta

import asyncpg
from msgspec import Struct

from csms.domain.station.signing import Stage

IN_USE = """
NOT EXISTS (
    SELECT FROM client_certificates AS other WHERE other.station_id = c.station_id
        AND greatest(other.installed_at, other.last_shown_at) > greatest(c.installed_at, c.last_shown_at)
)
"""
"""Of several the one that was installed or shown last; one that a station falls back to is shown."""
SOME = f"""
SELECT * FROM (SELECT c.*, {IN_USE} AS in_use FROM client_certificates AS c) AS c
WHERE ($1::text IS NULL OR lower(station_id) = lower($1)) AND ($2::boolean IS NULL OR in_use = $2)
    AND ($3::int IS NULL OR not_after < now() + make_interval(days => $3))
    AND ($4::timestamptz IS NULL OR (not_after, station_id, fingerprint) > ($4, $5, $6))
ORDER BY not_after, station_id, fingerprint LIMIT $7
"""
COUNTS = f"""
SELECT count(*) FILTER (WHERE not_after <= now()) AS over, count(*) FILTER (WHERE not_after <= now() + interval '7 days') AS week,
    count(*) FILTER (WHERE not_after <= now() + interval '30 days') AS month
FROM client_certificates AS c WHERE not_after <= now() + interval '30 days' AND {IN_USE}
"""
TELL = f"""
UPDATE client_certificates SET told_at = now() FROM (
    SELECT station_id, fingerprint FROM client_certificates AS c
    WHERE told_at IS NULL AND not_after <= now() + interval '30 days' AND {IN_USE}
    ORDER BY not_after LIMIT 100 FOR UPDATE SKIP LOCKED
) AS due WHERE client_certificates.station_id = due.station_id AND client_certificates.fingerprint = due.fingerprint
RETURNING client_certificates.station_id, not_after
"""
RENEWABLE = f"""
SELECT c.station_id, c.fingerprint, c.not_before, c.not_after FROM client_certificates AS c
    JOIN presence ON presence.station_id = c.station_id AND presence.online
    JOIN stations ON stations.id = c.station_id AND stations.registration = 'Accepted'
WHERE c.not_after <= now() + interval '90 days' AND ($1 OR stations.habits ? 'renew_days')
    AND stations.booted_at < now() - make_interval(secs => $2)
    AND NOT EXISTS (
        SELECT FROM client_certificates AS asked WHERE asked.station_id = c.station_id
            AND asked.renewal_asked_at >= now() - CASE asked.renewal_outcome WHEN 'Accepted' THEN interval '1 day' ELSE interval '7 days' END
    )
    AND NOT EXISTS (
        SELECT FROM certificate_orders AS o WHERE lower(o.station_id) = lower(c.station_id) AND o.stage = ANY($3)
    )
    AND {IN_USE}
ORDER BY c.not_after LIMIT 1000
"""
"""A station that said yes and did not ask is reminded a day later, one that did not say yes a week later."""
TAKE = """
UPDATE client_certificates AS c SET renewal_asked_at = now(), renewal_outcome = NULL
WHERE station_id = $1 AND fingerprint = $2 AND (renewal_asked_at IS NULL OR renewal_asked_at < now() - interval '23 hours')
RETURNING 1
"""
NOTE = "UPDATE client_certificates SET renewal_outcome = $3 WHERE station_id = $1 AND fingerprint = $2"
UNDER_WAY = [Stage.ASKED.value, Stage.ISSUED.value, Stage.SENT.value]


class ClientCertificate(Struct, frozen=True):
    """A certificate by which a station comes in.

    `in_use`: of several the one that it showed last, or that was brought to it since. `installed_at`: it took it from us;
    `first_shown_at` and `last_shown_at`: it came in by it. `renewal_asked_at`: it was asked for a request in time, and said
    `renewal_outcome` to that.
    """

    station_id: str
    fingerprint: str
    subject: str
    issuer: str
    serial: str
    not_before: datetime
    not_after: datetime
    key_kind: str
    key_bits: int
    in_use: bool
    installed_at: datetime | None
    first_shown_at: datetime | None
    last_shown_at: datetime | None
    renewal_asked_at: datetime | None
    renewal_outcome: str | None


class Ending(Struct, frozen=True):
    """A certificate that ends."""

    station_id: str
    fingerprint: str
    not_before: datetime
    not_after: datetime

    def is_due(self, now: datetime, days: int) -> bool:
        """Whether it ends within so many days, and half of its time is over: one that is short is not renewed all the time."""
        left = self.not_after - now
        return left <= timedelta(days=days) and left <= (self.not_after - self.not_before) / 2


class ClientCertificates:
    """Reads certificates, and notes what was done about their ends."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def some(  # the filters of the route
        self,
        *,
        station: str | None,
        in_use: bool | None,
        within_days: int | None,
        after: tuple[datetime, str, str] | None,
        limit: int,
    ) -> list[ClientCertificate]:
        """Return certificates, the one that ends first before all others."""
        at, last_station, fingerprint = after or (None, None, None)
        records = await self._pool.fetch(SOME, station, in_use, within_days, at, last_station, fingerprint, limit)
        fields = ClientCertificate.__struct_fields__
        return [ClientCertificate(**{name: record[name] for name in fields}) for record in records]

    async def counts(self) -> dict[str, int]:
        """Return how many that are in use are over, or end within a week or a month."""
        record = await self._pool.fetchrow(COUNTS)
        return {} if record is None else dict(record)

    async def to_tell(self) -> list[tuple[str, datetime]]:
        """Return those whose coming end was not told yet, and note that it is: station, and when."""
        return [(record[0], record[1]) for record in await self._pool.fetch(TELL)]

    async def renewable(self, settle_s: float, *, by_make: bool) -> list[Ending]:
        """Return those that end and whose stations can be asked for another; `by_make`: a make may wish for that."""
        records = await self._pool.fetch(RENEWABLE, by_make, settle_s, UNDER_WAY)
        return [Ending(*record) for record in records]

    async def take(self, ending: Ending) -> bool:
        """Take one for this worker to have renewed; False if another has."""
        return await self._pool.fetchval(TAKE, ending.station_id, ending.fingerprint) is not None

    async def note(self, ending: Ending, outcome: str) -> None:
        """Note what a station said when it was asked."""
        await self._pool.execute(NOTE, ending.station_id, ending.fingerprint, outcome)
