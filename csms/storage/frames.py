"""The message log: in bulk, by the day, and never in the way of an answer."""

import asyncio
import contextlib
from collections import deque
from datetime import UTC, date, timedelta

import asyncpg
import structlog

from csms.kit.clock import Clock
from csms.ports.frames import Frame
from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY, REFUSALS

log = structlog.get_logger(__name__)

COLUMNS = ["station_id", "at", "direction", "message_id", "action", "note", "frame"]
MAX_ROWS = 5_000


class PostgresFrameLog:
    """Keeps frames in memory for a moment, and then in the partition of their day.

    `dropped` counts what did not fit while the database was slow or away.
    """

    def __init__(
        self, *, pool: "asyncpg.Pool[asyncpg.Record]", clock: Clock, keep_days: int, room: int = 50_000
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._keep_days = keep_days
        self._room = room
        self._frames: deque[Frame] = deque()
        self._days: set[date] = set()
        self._writing = asyncio.Lock()
        self.dropped = 0
        self.written = 0

    def record(self, frame: Frame) -> None:
        """Keep the frame soon."""
        if len(self._frames) >= self._room:
            self.dropped += 1
        else:
            self._frames.append(frame)

    async def run(self, every_s: float = 0.2) -> None:
        """Write again and again, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.write()

    async def write(self) -> None:
        """Write all that waits; what the database does not take now is tried once more later."""
        async with self._writing:
            while self._frames:
                batch = [self._frames.popleft() for _ in range(min(len(self._frames), MAX_ROWS))]
                try:
                    await self._ensure_partitions()
                    await self._copy(batch)
                except REFUSALS as error:
                    log.warning("frames_refused", frames=len(batch), error=str(error))
                    self.dropped += len(batch)
                except AWAY as error:
                    log.warning("frames_not_written", frames=len(batch), error=str(error))
                    self._put_back(batch)
                    return

    async def _copy(self, batch: list[Frame]) -> None:
        records = [
            (f.station, f.at, f.direction, _text(f.message_id), _text(f.action), _text(f.note), _text(f.text))
            for f in batch
        ]
        async with asyncpg_timeout(self._pool) as connection:
            await connection.copy_records_to_table("frames", records=records, columns=COLUMNS)
        self.written += len(batch)

    def _put_back(self, batch: list[Frame]) -> None:
        if len(self._frames) + len(batch) > self._room:
            self.dropped += len(batch)
        else:
            self._frames.extendleft(reversed(batch))

    async def _ensure_partitions(self) -> None:
        """Make the partitions of today and tomorrow, and drop what is too old."""
        today = self._clock.now().astimezone(UTC).date()
        wanted = {today, today + timedelta(days=1)}
        if wanted <= self._days:
            return
        async with asyncpg_timeout(self._pool) as connection:
            for day in sorted(wanted):
                await _make_partition(connection, day)
            await _drop_before(connection, today - timedelta(days=self._keep_days))
        self._days = wanted


async def _drop_before(connection: "asyncpg.Connection[asyncpg.Record]", oldest: date) -> None:
    tables = await connection.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'frames'::regclass"
    )
    for record in tables:
        if record["name"].startswith("frames_2") and record["name"] < _name(oldest):
            await connection.execute(f"DROP TABLE IF EXISTS {record['name']}")
    await connection.execute(f"DELETE FROM frames_rest WHERE at < '{oldest}T00:00Z'")


async def _make_partition(connection: "asyncpg.Connection[asyncpg.Record]", day: date) -> None:
    """Make one partition; nodes that start together do so one after the other.

    A day of which `frames_rest` has frames already, since a clock was set, stays there.
    """
    name, end = _name(day), day + timedelta(days=1)
    with contextlib.suppress(asyncpg.CheckViolationError):
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(7205759404)")
            if await connection.fetchval("SELECT to_regclass($1)", name) is None:
                await connection.execute(
                    f"CREATE TABLE {name} PARTITION OF frames FOR VALUES FROM ('{day}T00:00Z') TO ('{end}T00:00Z')"
                )


def _name(day: date) -> str:
    return f"frames_{day:%Y%m%d}"


def _text(text: str | None) -> str | None:
    """Return a text that Postgres takes."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
