"""How active sessions go on, shown to readers a moment after it is durable (decision 0007)."""

import asyncio

import asyncpg
import structlog

from csms.domain.session.evolve import evolve
from csms.domain.session.state import Session
from csms.ports.journal import Commit, Kind
from csms.storage import facts
from csms.storage.archive import HISTORY, asyncpg_timeout
from csms.storage.engine import AWAY
from csms.storage.projection import PROJECT, sessions_document

log = structlog.get_logger(__name__)

BEHIND = """
SELECT key, station_id FROM sessions WHERE active AND sequence <
    (SELECT max(sequence) FROM journal WHERE journal.kind = 2 AND journal.key = sessions.key)
"""


class SessionProgress:
    """Rows of `sessions` that may lag behind the journal, each to be replaced by the newest.

    Only what goes on in an active session lags; begins, ends and all that finds a session are
    written with their commit. What a crash leaves behind is made up for by `catch_up`.
    """

    def __init__(self, *, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._behind: dict[str, Commit] = {}
        self._noted = asyncio.Event()
        self._writing = asyncio.Lock()

    def note(self, commit: Commit) -> None:
        """Show the state of a durable commit soon."""
        self._behind[commit.key] = commit
        self._noted.set()

    async def run(self, pause_s: float = 0.5) -> None:
        """Write at once what comes after a pause, and what comes meanwhile together; until cancelled."""
        while True:
            await self._noted.wait()
            await self.write()
            await asyncio.sleep(pause_s)

    async def run_catch_up(self, every_s: float = 60.0) -> None:
        """Make up for what nodes left behind, now and then; until cancelled."""
        while True:
            try:
                await self.catch_up()
            except AWAY as error:
                log.warning("progress_not_caught_up", error=str(error))
            await asyncio.sleep(every_s)

    async def write(self) -> None:
        """Write all that was noted before; it stays noted if the database is away."""
        async with self._writing:
            behind, self._behind = self._behind, {}
            self._noted.clear()
            if not behind:
                return
            try:
                await self._project(list(behind.values()))
            except (asyncpg.DataError, ValueError):
                await self._project_singly(behind)
            except AWAY as error:
                log.warning("progress_not_written", sessions=len(behind), error=str(error))
                self._behind = behind | self._behind
                self._noted.set()

    async def catch_up(self) -> int:
        """Read the sessions again that lag behind their facts, and show them; return how many."""
        async with asyncpg_timeout(self._pool) as connection:
            behind = await connection.fetch(BEHIND)
            for row in behind:
                records = await connection.fetch(HISTORY, facts.CODES[Kind.SESSION], row["key"])
                state = Session()
                for record in records:
                    state = evolve(state, facts.decode(Kind.SESSION, record["data"]))
                self._behind.setdefault(
                    row["key"], Commit(Kind.SESSION, row["key"], row["station_id"], 0, len(records) + 1, (), state)
                )
                self._noted.set()
        return len(behind)

    async def _project(self, commits: list[Commit]) -> None:
        async with asyncpg_timeout(self._pool) as connection:
            await connection.execute(PROJECT, sessions_document(enumerate(commits)))

    async def _project_singly(self, behind: dict[str, Commit]) -> None:
        """Write one by one what was refused together, and leave out what is at fault."""
        for commit in behind.values():
            try:
                await self._project([commit])
            except (*AWAY, ValueError):
                log.exception("session_not_shown", session=commit.key)
