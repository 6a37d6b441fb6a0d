"""The relay: takes committed facts out of the database, in order, at least once."""

import asyncio

import asyncpg
import structlog

from csms.kit.backoff import Backoff
from csms.ports.events import Publisher
from csms.storage.engine import UNREACHABLE
from csms.storage.journal import Connect

log = structlog.get_logger(__name__)

LEAD = "SELECT pg_try_advisory_lock(7205759405)"
READ = "SELECT id, facts FROM outbox ORDER BY id LIMIT $1"
REMOVE = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"
BATCH = 64
LEAD_AGAIN_S = 1.0
GATHER_S = 0.02
"""What comes so soon after a relay goes out together with the next."""


class OutboxRelay:
    """One of all nodes relays at a time; another one takes over when its connection ends.

    A row is removed only after its facts are out, so a crash between the two sends them again.
    The order of rows is the order of commits for each station: a row of a station's new owner
    is numbered after the last one of the old (see the decision on the outbox).
    """

    def __init__(self, *, connect: Connect, publisher: Publisher) -> None:
        self._connect = connect
        self._publisher = publisher
        self._written = asyncio.Event()
        self.published = 0

    def wake(self) -> None:
        """Tell that this node has just written a row."""
        self._written.set()

    async def run(self, poll_s: float = 0.1) -> None:
        """Relay until cancelled; outages of either side are waited out."""
        backoff = Backoff(first_s=0.2, most_s=5.0)
        while True:
            try:
                connection = await self._connect()
                try:
                    await self._serve(connection, poll_s, backoff)
                finally:
                    connection.terminate()
            except UNREACHABLE as error:
                log.warning("outbox_waits", reason=f"{type(error).__name__}: {error}")
                await asyncio.sleep(backoff.next_s())

    async def _serve(self, connection: "asyncpg.Connection[asyncpg.Record]", poll_s: float, backoff: Backoff) -> None:
        while not await connection.fetchval(LEAD):
            await asyncio.sleep(LEAD_AGAIN_S)
        while True:
            self._written.clear()
            while (relayed := await self._relay(connection)) == BATCH:
                backoff.reset()
            if relayed:
                backoff.reset()
                await asyncio.sleep(GATHER_S)
            try:
                async with asyncio.timeout(poll_s):
                    await self._written.wait()
            except TimeoutError:
                continue

    async def _relay(self, connection: "asyncpg.Connection[asyncpg.Record]") -> int:
        rows = await connection.fetch(READ, BATCH)
        if not rows:
            return 0
        try:
            await self._publisher.publish([row["facts"] for row in rows])
        except Exception as error:
            raise OSError(f"not published: {error}") from error
        await connection.execute(REMOVE, [row["id"] for row in rows])
        self.published += len(rows)
        return len(rows)
