"""Certificate orders, as readers see them."""

from datetime import datetime

import asyncpg
from msgspec import Struct

COLUMNS = """
id, station_id, coalesce(kind, 'station') AS kind, request_id, subject, key_kind, key_bits, stage, reason, detail, repeats,
asked_at, changed_at, CASE WHEN stage = 'asked' THEN due_at END AS next_try_at, tries, deliveries, issued_at, issuer, serial,
not_before, not_after, fingerprint, chain, call_id, sent_at, status, disputed_at, dispute
"""
SOME = f"""
SELECT {COLUMNS} FROM certificate_orders
WHERE ($1::text IS NULL OR lower(station_id) = lower($1)) AND ($2::text IS NULL OR stage = $2)
    AND ($3::timestamptz IS NULL OR (asked_at, id) < ($3, $4))
ORDER BY asked_at DESC, id DESC LIMIT $5
"""  # names of our own columns


class CertificateOrder(Struct, frozen=True):
    """What a station asked to have signed, and what came of it.

    `stage`: `asked` (to be signed, next at `next_try_at`), `issued` (to be brought to it), `sent`, `installed` (it took it),
    `unanswered` (nobody knows), `refused` (it did not take it, with its `status`), `denied` (we did not grant it, for `reason`),
    `failed` (it will not be signed or sent, for `reason`), `superseded` (it asked with another key). `detail` says more of
    the last two and of what is tried again. From `issuer` on the facts are of its certificate; `chain` is PEM, its own first.
    `disputed_at`: it told, by a security event, that what it was brought is not valid, with `dispute` as its information.
    """

    id: str
    station_id: str
    kind: str
    request_id: int | None
    subject: str
    key_kind: str | None
    key_bits: int | None
    stage: str
    reason: str | None
    detail: str | None
    repeats: int
    asked_at: datetime
    changed_at: datetime
    next_try_at: datetime | None
    tries: int
    deliveries: int
    issued_at: datetime | None
    issuer: str | None
    serial: str | None
    not_before: datetime | None
    not_after: datetime | None
    fingerprint: str | None
    chain: str | None
    call_id: str | None
    sent_at: datetime | None
    status: str | None
    disputed_at: datetime | None
    dispute: str | None


class CertificateOrders:
    """Reads certificate orders."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def some(
        self, *, station: str | None, stage: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> list[CertificateOrder]:
        """Return orders, the youngest first."""
        at, order = after or (None, None)
        records = await self._pool.fetch(SOME, station, stage, at, order, limit)
        return [CertificateOrder(**dict(record)) for record in records]
