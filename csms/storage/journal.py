"""Group commit: all that waits becomes durable in one transaction."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import structlog

from csms.domain.command import Event
from csms.kit.batching import Batcher
from csms.kit.tasks import Tasks
from csms.ports.journal import Commit, CommitRefused, JournalUnavailable, Kind, OwnershipLost
from csms.storage.engine import AWAY, REFUSALS, UNREACHABLE, is_mistake
from csms.storage.progress import SessionProgress
from csms.storage.projection import COMMIT, facts_document, is_progress, sessions_document
from csms.storage.station_projection import PROJECTIONS, statements

log = structlog.get_logger(__name__)

Connect = Callable[[], Awaitable["asyncpg.Connection[asyncpg.Record]"]]

TRY_FOR_S = 3.0
"""How long one try to connect may take, however short commits are held."""
PROBE_EVERY_S = 0.25
LOOK_EVERY_S = 0.25
LEAST_SILENCE_S = 1.0
"""A commit may take this long before the database counts as silent, however short commits are held."""


class PostgresJournal:
    """The journal on a connection of its own.

    One transaction runs at a time and the next carries all that waited meanwhile. A batch that
    is refused for its content is halved until the item at fault stands alone. When the
    database is away, a batch waits `hold_s` for it before it is sent; once sent, its fate may
    be unknown, and nothing is sent twice. `watch` gives up one that stays unanswered for as long.
    """

    def __init__(
        self, *, connect: Connect, tasks: Tasks, progress: SessionProgress, hold_s: float = 3.0, limit: int = 400
    ) -> None:
        self._connect = connect
        self._progress = progress
        self._hold_s = hold_s
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._ready = True
        self._sent_at: float | None = None
        self._tasks = tasks
        self._probe: asyncio.Task[None] | None = None
        self._batcher: Batcher[Commit, None] = Batcher(
            self._flush, name="journal", tasks=tasks, splits_on=(CommitRefused,), limit=limit
        )
        self.batches = 0
        self.committed = 0
        self.on_written: Callable[[], None] = lambda: None

    @property
    def ready(self) -> bool:
        """Whether commits are expected to succeed now; a database that is silent over one is as good as away."""
        return self._ready and not self._is_overdue

    @property
    def patience_s(self) -> float:
        """How long the database may be silent over a statement."""
        return max(self._hold_s, LEAST_SILENCE_S)

    @property
    def _is_overdue(self) -> bool:
        return self._sent_at is not None and time.monotonic() - self._sent_at > self.patience_s

    def commit(self, commit: Commit) -> "asyncio.Future[None]":
        """Return what is done once the events are durable; it raises a `JournalError`, and none of them is."""
        return self._batcher.submit(commit)

    async def watch(self) -> None:
        """Give up commits over which the database is silent, until cancelled: those who wait for them must not (Q70).

        One is overdue at two looks in a row, for a loop that was held up itself has not read the answer yet.
        """
        suspect: float | None = None
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            overdue = self._sent_at if self._is_overdue else None
            if overdue is not None and overdue == suspect:
                log.warning("journal_silent", seconds=self.patience_s)
                self._fail(self._connection)
            suspect = overdue

    async def close(self) -> None:
        """Close the connection; call it when no commit is on its way."""
        if self._connection is not None:
            await self._connection.close()

    async def _flush(self, commits: Sequence[Commit]) -> list[None | Exception]:
        connection = await self._acquire()
        self._sent_at = time.monotonic()
        try:
            lost = await self._write(connection, list(commits))
        except asyncpg.UniqueViolationError as violation:
            if len(commits) > 1:
                raise CommitRefused(str(violation)) from violation
            # Another node wrote this place of the line: what we know of the entity is behind.
            return [OwnershipLost(f"outrun: {violation.detail or violation}")]
        except REFUSALS as refusal:
            raise CommitRefused(str(refusal)) from refusal
        except AWAY as error:
            if is_mistake(error):
                log.error("journal_mistaken", commits=len(commits), error=str(error))  # noqa: TRY400  # who asked raises it
                raise CommitRefused(f"{type(error).__name__}: {error}") from error
            self._fail(connection)
            raise JournalUnavailable(f"{type(error).__name__}: {error}") from error
        finally:
            self._sent_at = None
        self.batches += 1
        self.committed += len(commits) - len(lost)
        self.on_written()
        return [
            OwnershipLost(f"epoch {commit.epoch} of {commit.station} is over") if place in lost else None
            for place, commit in enumerate(commits)
        ]

    async def _write(self, connection: "asyncpg.Connection[asyncpg.Record]", commits: list[Commit]) -> set[int]:
        """Write a batch; return the places of the commits that were not written, for their epochs are over."""
        at_once: list[tuple[int, Commit]] = []
        later: list[tuple[int, Commit]] = []
        shown: list[tuple[int, str, Event]] = []
        for place, commit in enumerate(commits):
            if commit.kind is Kind.SESSION:
                (later if is_progress(commit) else at_once).append((place, commit))
            else:
                shown += [(place, commit.station, event) for event in commit.events if type(event) in PROJECTIONS]
        documents = facts_document(commits), sessions_document(at_once)
        if not shown:
            lost = await self._write_facts(connection, documents)
        else:
            async with connection.transaction():
                lost = await self._write_facts(connection, documents)
                held: list[tuple[str, Event]] = [
                    (station, event) for place, station, event in shown if place not in lost
                ]
                for statement, columns in statements(held):
                    await connection.execute(statement, *columns)
        for place, commit in later:
            if place not in lost:
                self._progress.note(commit)
        return lost

    async def _write_facts(
        self, connection: "asyncpg.Connection[asyncpg.Record]", documents: tuple[str, str]
    ) -> set[int]:
        return {record[0] for record in await connection.fetch(COMMIT, *documents)}

    async def _acquire(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        if not self._ready:
            raise JournalUnavailable("the database is away")
        deadline = asyncio.get_running_loop().time() + self._hold_s
        while True:
            try:
                self._connection = await self._try()
            except UNREACHABLE as error:
                if asyncio.get_running_loop().time() >= deadline:
                    self._fail(None)
                    raise JournalUnavailable(f"no connection: {error}") from error
                await asyncio.sleep(0.1)
            else:
                return self._connection

    def _fail(self, connection: "asyncpg.Connection[asyncpg.Record] | None") -> None:
        """Refuse new work at once until a probe reaches the database again."""
        if connection is not None:
            connection.terminate()
        self._connection = None
        if self._ready:
            log.error("journal_unavailable")
        self._ready = False
        if self._probe is None or self._probe.done():
            self._probe = self._tasks.spawn(self._recover(), name="journal/probe")

    async def _recover(self) -> None:
        while not self._ready:
            await asyncio.sleep(PROBE_EVERY_S)
            try:
                connection = await self._try()
            except UNREACHABLE:
                continue
            self._connection = connection
            self._ready = True
            log.warning("journal_available")

    async def _try(self) -> "asyncpg.Connection[asyncpg.Record]":
        """Return a connection on which the database has answered."""
        async with asyncio.timeout(TRY_FOR_S):
            connection = await self._connect()
            try:
                await connection.execute("SELECT 1")
            except BaseException:
                connection.terminate()
                raise
            return connection
