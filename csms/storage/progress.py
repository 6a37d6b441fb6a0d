"""How active sessions go on, shown to readers a moment after it is durable (decision 0007)."""

import asyncio
from typing import Any

import asyncpg
import msgspec
import structlog

from csms.domain.session.evolve import evolve
from csms.domain.session.state import Session
from csms.ports.journal import Commit, Kind
from csms.storage import facts
from csms.storage.archive import HISTORY, asyncpg_timeout
from csms.storage.engine import AWAY, REFUSALS, is_refusal
from csms.storage.projection import PROJECT, last_of, sessions_document

log = structlog.get_logger(__name__)

ANY = (*AWAY, *REFUSALS)
"""All that the database may say against writing."""

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

    async def run(self, pause_s: float = 1.0) -> None:
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
        """Write all that was noted before; what was not written stays noted."""
        async with self._writing:
            behind, self._behind = self._behind, {}
            self._noted.clear()
            try:
                if behind:
                    await self._show(behind)
            except AWAY as error:
                log.warning("progress_not_written", sessions=len(behind), error=str(error))
            finally:
                if behind:
                    self._behind = behind | self._behind
                    self._noted.set()

    async def catch_up(self) -> int:
        """Read the sessions again that lag behind their facts, and show them; return how many."""
        found = 0
        async with asyncpg_timeout(self._pool) as connection:
            for row in await connection.fetch(BEHIND):
                try:
                    commit = await _read_again(connection, row["key"], row["station_id"])
                except msgspec.MsgspecError:  # told by a newer version of the program, perhaps
                    log.exception("session_not_read", session=row["key"])
                    continue
                known = self._behind.get(commit.key)
                if known is None or last_of(known) < last_of(commit):
                    self.note(commit)
                found += 1
        return found

    async def _show(self, behind: dict[str, Commit]) -> None:
        """Write and take out; one by one what was refused together, so that only what is at fault is left out."""
        try:
            await self._project(list(behind.values()))
            behind.clear()
        except ANY as error:
            if not is_refusal(error):
                raise
            for key, commit in list(behind.items()):
                try:
                    await self._project([commit])
                except ANY as refusal:
                    if not is_refusal(refusal):
                        raise
                    log.exception("session_not_shown", session=key)
                del behind[key]

    async def _project(self, commits: list[Commit]) -> None:
        async with asyncpg_timeout(self._pool) as connection:
            await connection.execute(PROJECT, sessions_document(enumerate(commits)))


async def _read_again(connection: Any, key: str, station: str) -> Commit:
    state, sequence = Session(), 0
    for record in await connection.fetch(HISTORY, facts.CODES[Kind.SESSION], key):
        state, sequence = evolve(state, facts.decode(Kind.SESSION, record["data"])), record["sequence"]
    return Commit(Kind.SESSION, key, station, 0, sequence + 1, (), state)
