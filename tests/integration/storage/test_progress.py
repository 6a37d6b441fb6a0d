"""Progress is shown behind the commit: late, never wrong, and made up for after a crash."""

import asyncio
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from csms.domain.session.commands import BeginSession, PresumeEnded
from csms.domain.session.evolve import evolve
from csms.domain.session.state import Phase, Session
from csms.kit.tasks import Tasks
from csms.ports.journal import Commit, Kind
from csms.storage import engine
from csms.storage.progress import SessionProgress
from csms.storage.projection import COLUMNS
from tests.eventually import eventually
from tests.integration.storage.conftest import Stores
from tests.integration.strait import strait_to
from tests.unit.domain.stories import SessionCommand, at, begin, end, play, update
from tests.unit.domain.test_session_order import ANY_BEGIN, ANY_END, ANY_UPDATE


def shown(state: Session) -> dict[str, object]:
    """Return what readers should see of a session."""
    row = {name: getattr(state, name, None) for name in COLUMNS if name not in {"key", "station_id", "sequence"}}
    token, stop = state.token, state.stop_token
    return row | {
        "active": state.phase is Phase.ACTIVE,
        "token": token and token.value,
        "token_kind": token and token.kind,
        "stop_token": stop and stop.value,
        "flags": list(state.flags),
    }


async def told(stores: Stores, key: str) -> tuple[dict[str, object], int]:
    """Return what the facts of a session add up to, and how many they are."""
    history = await stores.archive.history(Kind.SESSION, key)
    state = Session()
    for event in history.events:
        state = evolve(state, event)  # type: ignore[arg-type]
    return shown(state), len(history.events)


async def assert_shown_as_told(stores: Stores, *keys: str) -> None:
    for key in keys:
        row = await stores.row(key)
        expected, facts = await told(stores, key)
        assert {name: row[name] for name in expected} == expected
        assert row["sequence"] == facts


PRESUMED = st.builds(
    lambda minutes, after: PresumeEnded(at(minutes), "Vacated", None if after is None else at(minutes + after)),
    st.integers(0, 20),
    st.none() | st.integers(0, 5),
)
TURNS = st.lists(
    st.tuples(
        st.sampled_from(["one", "two"]),
        st.one_of(ANY_BEGIN, ANY_UPDATE, ANY_UPDATE, ANY_UPDATE, ANY_END, PRESUMED),
        st.sampled_from(["", "", "", "write", "crash"]),
    ),
    min_size=1,
    max_size=14,
)


def without_number(command: SessionCommand) -> SessionCommand:
    return replace(command, number=None) if isinstance(command, BeginSession) else command


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TURNS)
@pytest.mark.covers("Q71", "Q72")
async def test_after_any_story_and_any_crash_sessions_are_shown_as_their_facts_tell(
    stores: Stores, turns: list[tuple[str, SessionCommand, str]]
) -> None:
    await stores.pool.execute("TRUNCATE journal, outbox, sessions")
    sessions = {key: stores.session(key) for key in ("one", "two")}
    for key, command, then in turns:
        session = sessions[key]
        if session.state.phase is Phase.NEW and not isinstance(command, BeginSession):
            command = begin(0, 1000)  # noqa: PLW2901  # a presumption needs a session
        await session.execute(without_number(command))
        if then == "write":
            await stores.progress.write()
        elif then == "crash":
            stores.progress._behind.clear()
    stores.progress._behind.clear()
    after = SessionProgress(pool=stores.pool)
    lagging = await after.catch_up()
    await after.write()
    known = {key for key, _, _ in turns}
    assert lagging <= len(known)
    await assert_shown_as_told(stores, *known)
    assert await after.catch_up() == 0, "nothing lags any more"


async def test_what_a_crash_left_behind_lags_until_it_is_caught_up(stores: Stores) -> None:
    session = stores.session("key")
    for command in (begin(), update(1, 1100), update(2, 1250)):
        await session.execute(command)
    assert (await stores.row("key"))["energy_wh"] == 0
    after = SessionProgress(pool=stores.pool)
    assert await after.catch_up() == 1
    await after.write()
    assert (await stores.row("key"))["energy_wh"] == 250
    await assert_shown_as_told(stores, "key")


async def test_begins_and_ends_wait_for_nobody(stores: Stores) -> None:
    session = stores.session("key")
    await session.execute(begin())
    assert (await stores.row("key"))["active"] is True
    await session.execute(update(1, 1100))
    await session.execute(end(2, 1300))
    row = await stores.row("key")
    assert (row["active"], row["energy_wh"], row["sequence"]) == (False, 300, 3)
    await stores.progress.write()
    await assert_shown_as_told(stores, "key")


async def test_a_history_that_cannot_be_read_is_left_out_alone(stores: Stores) -> None:
    for key in ("a", "b", "c"):
        session = stores.session(key)
        await session.execute(begin(number=None))
        await session.execute(update(1, 1100))
    newer = """INSERT INTO journal (kind, key, sequence, station_id, type, data)
        VALUES (2, 'b', 3, 'CP7', 'SessionPaused', '{"type":"SessionPaused"}')"""
    await stores.pool.execute(newer)
    after = SessionProgress(pool=stores.pool)
    assert await after.catch_up() == 2
    await after.write()
    await assert_shown_as_told(stores, "a", "c")
    assert (await stores.row("b"))["sequence"] == 1


def commit_of(key: str, sequence: int, *commands: SessionCommand, **changes: Any) -> Commit:
    state = replace(play(*commands), **changes)
    return Commit(Kind.SESSION, key, "CP7", 1, sequence, (), replace(state, number=None))


async def test_an_older_row_never_replaces_a_newer_one(stores: Stores) -> None:
    session = stores.session("key")
    for command in (begin(), update(1, 1100), update(2, 1250)):
        await session.execute(command)
    await stores.progress.write()
    late = SessionProgress(pool=stores.pool)
    late.note(commit_of("key", 3, begin(), update(1, 1100)))
    await late.write()
    assert (await stores.row("key"))["energy_wh"] == 250


async def test_what_another_node_wrote_since_replaces_what_was_noted_here(stores: Stores) -> None:
    session = stores.session("key")
    for command in (begin(), update(1, 1100), update(2, 1250)):
        await session.execute(command)
    here = SessionProgress(pool=stores.pool)
    here.note(commit_of("key", 3, begin(), update(1, 1100)))
    await here.catch_up()
    await here.write()
    await assert_shown_as_told(stores, "key")


async def test_what_is_noted_stays_so_while_the_database_is_away(stores: Stores) -> None:
    session = stores.session("key")
    for command in (begin(), update(1, 1100)):
        await session.execute(command)
    async with strait_to(stores.dsn) as strait:
        pool = await engine.open_pool(strait.url, size=2)
        progress = SessionProgress(pool=pool)
        progress.note(commit_of("key", 3, begin(), update(1, 1100)))
        strait.close()
        await progress.write()
        await strait.open()
        progress.note(commit_of("other", 2, begin(number=None)))
        await progress.write()
        assert (await stores.row("key"))["energy_wh"] == 100
        assert (await stores.row("other"))["active"] is True
        await pool.close()


async def test_a_write_that_is_cancelled_loses_nothing(stores: Stores) -> None:
    session = stores.session("key")
    for command in (begin(), update(1, 1100)):
        await session.execute(command)
    blocker = await asyncpg.connect(stores.dsn)
    await blocker.execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
    writing = asyncio.create_task(stores.progress.write())
    await eventually(lambda: blocker.fetchval("SELECT count(*) = 1 FROM pg_locks WHERE NOT granted"))
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await blocker.close()
    await stores.progress.write()
    await assert_shown_as_told(stores, "key")


BAD_ROWS = {"too large for anything": {"energy_wh": 2**70}, "too large for the column": {"energy_wh": 2**63}}
BAD_ROWS["a text with a NUL"] = {"charging_state": "a\0b"}


@pytest.mark.parametrize("bad", BAD_ROWS)
async def test_a_row_that_is_refused_is_left_out_alone(stores: Stores, bad: str) -> None:
    for key in ("a", "b", "c"):
        stores.progress.note(commit_of(key, 2, begin(), **(BAD_ROWS[bad] if key == "b" else {})))
    await stores.progress.write()
    rows = await stores.pool.fetch("SELECT key FROM sessions ORDER BY key")
    assert [row["key"] for row in rows] == ["a", "c"]
    assert stores.progress._behind == {}


class FailingAfter:
    """A pool that is gone after some connections."""

    def __init__(self, pool: Any, times: int) -> None:
        self._pool = pool
        self.times = times

    def acquire(self, **more: Any) -> Any:
        self.times -= 1
        if self.times < 0:
            raise ConnectionResetError("gone")
        return self._pool.acquire(**more)


async def test_what_was_not_reached_when_the_database_went_away_stays_noted(stores: Stores) -> None:
    pool = FailingAfter(stores.pool, times=2)
    progress = SessionProgress(pool=pool)  # type: ignore[arg-type]
    for key in ("a", "b", "c"):
        progress.note(commit_of(key, 2, begin(), **(BAD_ROWS["a text with a NUL"] if key == "a" else {})))
    await progress.write()
    assert await stores.pool.fetchval("SELECT count(*) FROM sessions") == 0
    pool.times = 10
    await progress.write()
    rows = await stores.pool.fetch("SELECT key FROM sessions ORDER BY key")
    assert [row["key"] for row in rows] == ["b", "c"]


async def test_a_running_writer_shows_at_once_and_catches_up_again_and_again(stores: Stores) -> None:
    session = stores.session("key")
    for command in (begin(), update(1, 1100)):
        await session.execute(command)
    tasks = Tasks()
    after = SessionProgress(pool=stores.pool)
    tasks.spawn(after.run(pause_s=0.01), name="progress")
    tasks.spawn(after.run_catch_up(every_s=0.01), name="catch-up")
    for minutes in (2, 3, 4):
        await eventually(lambda: is_shown(stores, "key"))
        await session.execute(update(minutes, 1000 + 100 * minutes))
    await eventually(lambda: is_shown(stores, "key"))
    await tasks.stop()


async def is_shown(stores: Stores, key: str) -> bool:
    return bool((await stores.row(key))["sequence"] == (await told(stores, key))[1])


async def test_nothing_is_written_where_nothing_was_noted() -> None:
    await SessionProgress(pool=FailingAfter(None, times=0)).write()  # type: ignore[arg-type]
