"""What is to be done with certificate orders, kept in the database: every step is noted before the next is taken."""

import asyncpg
from msgspec import Struct

from csms.domain.station.signing import Stage
from csms.kit.x509 import Certificate
from csms.storage.certificate_orders import OTHERS, chain_room

TO_SIGN = """
UPDATE certificate_orders AS o SET held_until = now() + interval '2 minutes', tries = o.tries + 1
FROM (
    SELECT id FROM certificate_orders
    WHERE stage = 'asked' AND due_at <= now() AND (held_until IS NULL OR held_until < now())
    ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
) AS due JOIN certificate_orders AS known USING (id) JOIN stations ON stations.id = known.station_id
WHERE o.id = due.id
RETURNING o.id, o.station_id, o.csr, o.key_digest, o.tries, o.asked_at < now() - interval '7 days' AS is_old, any_subject
"""
ISSUED = """
UPDATE certificate_orders SET stage = 'issued', chain = $2, issuer = $3, serial = $4, not_before = $5, not_after = $6,
    fingerprint = $7, issued_at = now(), changed_at = now(), due_at = now(), held_until = NULL, detail = NULL
WHERE id = $1 AND stage = 'asked'
"""
LATER = """
UPDATE certificate_orders SET due_at = now() + make_interval(secs => $2), detail = $3, held_until = NULL
WHERE id = $1 AND stage IN ('asked', 'issued')
"""
ENDED = """
UPDATE certificate_orders SET stage = $2, reason = $3, detail = $4, changed_at = now(), held_until = NULL
WHERE id = $1 AND stage IN ('asked', 'issued', 'sent')
"""
TO_SEND = """
UPDATE certificate_orders AS o SET stage = 'sent', call_id = gen_random_uuid()::text, sent_at = now(), changed_at = now(),
    deliveries = o.deliveries + 1, held_until = now() + interval '15 minutes'
FROM (
    SELECT known.id FROM certificate_orders AS known
        JOIN presence ON presence.station_id = known.station_id AND presence.online
        JOIN stations ON stations.id = known.station_id AND stations.registration IS DISTINCT FROM 'Rejected'
    WHERE known.stage = 'issued' AND known.due_at <= now() ORDER BY known.due_at LIMIT $1 FOR UPDATE OF known SKIP LOCKED
) AS due WHERE o.id = due.id
RETURNING o.id, o.station_id, o.chain, o.kind, o.request_id, o.call_id, o.deliveries
"""
UNSENT = """
UPDATE certificate_orders SET stage = 'issued', deliveries = deliveries - 1, due_at = now() + make_interval(secs => $2),
    held_until = NULL WHERE id = $1 AND stage = 'sent'
"""
AGAIN = """
UPDATE certificate_orders SET stage = 'issued', detail = $3, due_at = now() + make_interval(secs => $2), held_until = NULL
WHERE id = $1 AND stage = 'sent'
"""
LOST = """
SELECT o.id, o.deliveries, call.outcome FROM certificate_orders AS o LEFT JOIN station_calls AS call ON call.id = o.call_id
WHERE o.stage = 'sent' AND o.held_until < now() LIMIT 100
"""


EXPIRED = """
UPDATE certificate_orders SET stage = 'failed', reason = 'expired', changed_at = now() WHERE stage = 'issued' AND not_after <= now()
"""
WAITING = """
SELECT stage, count(*) FROM certificate_orders WHERE stage = ANY (ARRAY['asked', 'issued', 'sent']) GROUP BY stage
"""


class ToSign(Struct, frozen=True):
    """An order that is to be signed; `tries` counts this one. An `is_old` one is not tried any more after it."""

    id: str
    station_id: str
    csr: str
    key_digest: str
    tries: int
    is_old: bool
    any_subject: bool


class ToSend(Struct, frozen=True):
    """A certificate on its way to its station, as the call that it is; `deliveries` counts this one."""

    id: str
    station_id: str
    chain: str
    kind: str | None
    request_id: int | None
    call_id: str
    deliveries: int


class OrderQueue:
    """The orders of which something is due; what one worker takes no other does at the same time."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def to_sign(self, most: int) -> list[ToSign]:
        """Take orders that are to be signed; a worker that dies over one leaves it to the others in two minutes."""
        return [ToSign(**dict(record)) for record in await self._pool.fetch(TO_SIGN, most)]

    async def issued(self, order: str, chain: str, leaf: Certificate) -> None:
        """Note what was signed; from here on it is to be brought to its station."""
        facts = leaf.issuer, leaf.serial, leaf.not_before, leaf.not_after, leaf.fingerprint
        await self._pool.execute(ISSUED, order, chain, *facts)

    async def later(self, order: str, seconds: float, why: str) -> None:
        """Leave an order for later."""
        await self._pool.execute(LATER, order, seconds, why)

    async def ended(self, order: str, stage: Stage, reason: str, detail: str | None = None) -> None:
        """Note that nothing more is done for an order, and why."""
        await self._pool.execute(ENDED, order, stage.value, reason, detail)

    async def others(self, names: list[str], station: str) -> list[str]:
        """Return which of some names are ids of other stations."""
        return [record["id"] for record in await self._pool.fetch(OTHERS, names, station)]

    async def to_send(self, most: int) -> list[ToSend]:
        """Take certificates whose stations are there."""
        return [ToSend(**dict(record)) for record in await self._pool.fetch(TO_SEND, most)]

    async def unsent(self, order: str, seconds: float) -> None:
        """Note that a certificate was not sent after all."""
        await self._pool.execute(UNSENT, order, seconds)

    async def again(self, order: str, seconds: float, why: str) -> None:
        """Bring a certificate once more, for nobody knows whether it arrived."""
        await self._pool.execute(AGAIN, order, seconds, why)

    async def lost(self) -> list[tuple[str, int, str | None]]:
        """Return what was being sent by a worker that is gone: order, deliveries, and the outcome of the call if it is known."""
        return [tuple(record) for record in await self._pool.fetch(LOST)]

    async def expire(self) -> None:
        """End the orders whose certificates are over before they could be brought."""
        await self._pool.execute(EXPIRED)

    async def waiting(self) -> dict[str, int]:
        """Return how many orders are to be signed, to be brought, or on their way, by their stage."""
        counts = dict.fromkeys((Stage.ASKED.value, Stage.ISSUED.value, Stage.SENT.value), 0)
        return counts | {record[0]: record[1] for record in await self._pool.fetch(WAITING)}

    async def room(self, station: str) -> int | None:
        """Return how many characters of a chain a station says that it takes (SEC-42)."""
        return await chain_room(self._pool, station)
