"""The message log: in bulk, by the day, and never in the way of an answer."""

import asyncio
import contextlib
from collections import deque
from datetime import UTC, date, timedelta

import asyncpg
import msgspec
import structlog

from csms.kit.clock import Clock
from csms.ports.frames import LEAF_ROOM, Frame
from csms.storage.archive import asyncpg_timeout
from csms.storage.engine import AWAY, REFUSALS

log = structlog.get_logger(__name__)

COLUMNS = ["station_id", "at", "leaf"]
MAX_LEAVES = 1_000

Leaf = tuple[str, list[Frame]]


class PostgresFrameLog:
    """Keeps frames in memory for a moment, and then, a leaf for each station, in the partition of their day.

    `dropped` counts the frames that did not fit while the database was slow or away.
    """

    def __init__(
        self, *, pool: "asyncpg.Pool[asyncpg.Record]", clock: Clock, keep_days: int, room: int = 50_000
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._keep_days = keep_days
        self._room = room
        self._open: dict[str, list[Frame]] = {}
        self._closed: deque[Leaf] = deque()
        self._held = 0
        self._days: set[date] = set()
        self._writing = asyncio.Lock()
        self.dropped = 0
        self.written = 0

    def record(self, station: str, frame: Frame) -> None:
        """Keep the frame soon."""
        if self._held >= self._room:
            self.dropped += 1
            return
        self._held += 1
        leaf = self._open.get(station)
        if leaf is None:
            self._open[station] = [frame]
        else:
            leaf.append(frame)

    async def run(self, every_s: float = 0.5) -> None:
        """Write again and again, until cancelled."""
        while True:
            await asyncio.sleep(every_s)
            await self.write()

    async def write(self) -> None:
        """Write all that waits; what the database does not take now is tried once more later."""
        async with self._writing:
            self._close_leaves()
            while self._closed:
                batch = [self._closed.popleft() for _ in range(min(len(self._closed), MAX_LEAVES))]
                frames = sum(len(leaf) for _, leaf in batch)
                try:
                    await self._ensure_partitions()
                    await self._copy(batch)
                except REFUSALS as error:
                    log.warning("frames_refused", frames=frames, error=str(error))
                    self.dropped += frames
                except AWAY as error:
                    log.warning("frames_not_written", frames=frames, error=str(error))
                    self._closed.extendleft(reversed(batch))
                    return
                else:
                    self.written += frames
                self._held -= frames

    def _close_leaves(self) -> None:
        opened, self._open = self._open, {}
        for station, frames in opened.items():
            for place in range(0, len(frames), LEAF_ROOM):
                self._closed.append((station, frames[place : place + LEAF_ROOM]))

    async def _copy(self, batch: list[Leaf]) -> None:
        records = [(station, leaf[0].at, _text(leaf)) for station, leaf in batch]
        async with asyncpg_timeout(self._pool) as connection:
            await connection.copy_records_to_table("frames", records=records, columns=COLUMNS)

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


_encoder = msgspec.json.Encoder()


def _text(leaf: list[Frame]) -> str:
    """Return a leaf as JSON that Postgres can read."""
    try:
        text = _encoder.encode(leaf)
    except UnicodeEncodeError:
        text = rb"\u0000"
    if rb"\u0000" in text:
        text = _encoder.encode([_readable(frame) for frame in leaf])
    return text.decode()


def _readable(frame: Frame) -> Frame:
    """Return a frame without what no text of Postgres may hold."""
    texts = (_plain(text) for text in (frame.text, frame.message_id, frame.action, frame.note))
    return Frame(frame.at, frame.direction, *texts)  # type: ignore[arg-type]  # a text stays a text


def _plain(text: str | None) -> str | None:
    return None if text is None else text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
