"""What nobody needs any more is swept out."""

import asyncio

import asyncpg
import structlog

from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

OLD_ANSWERS = "DELETE FROM idempotency_keys WHERE created_at < now() - interval '25 hours'"
OLD_REPORTS = "DELETE FROM charging_profile_reports WHERE at < now() - interval '30 days'"


OLD_ORDERS = """
DELETE FROM certificate_orders WHERE changed_at < now() - make_interval(days => $1) AND stage NOT IN ('asked', 'issued', 'sent')
    AND coalesce(not_after, changed_at) < now()
"""
OLD_CERTIFICATES = "DELETE FROM client_certificates WHERE not_after < now() - make_interval(days => $1)"
OLD_EVENTS = "DELETE FROM security_events WHERE received_at < now() - make_interval(days => $1)"


async def run(pool: "asyncpg.Pool[asyncpg.Record]", *, events_keep_days: int, every_s: float = 3600.0) -> None:
    """Sweep again and again, until cancelled; nodes that do so together do no harm."""
    while True:
        try:
            async with asyncpg_timeout(pool) as connection:
                await connection.execute(OLD_ANSWERS)
                await connection.execute(OLD_REPORTS)
                for statement in (OLD_EVENTS, OLD_ORDERS, OLD_CERTIFICATES):
                    await connection.execute(statement, events_keep_days)
        except AWAY as error:
            log.warning("not_swept", error=str(error))
        await asyncio.sleep(every_s)
