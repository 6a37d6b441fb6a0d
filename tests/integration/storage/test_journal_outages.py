"""The group commit while the database is away, dies in the middle, and comes back."""

import asyncio
from functools import partial

import asyncpg
import pytest

from csms.ports.journal import JournalUnavailable, OwnershipLost
from csms.storage import engine
from csms.storage import journal as journals
from csms.storage.archive import PostgresArchive
from csms.storage.journal import PostgresJournal
from tests.eventually import eventually
from tests.integration.storage.conftest import Stores, outcomes
from tests.integration.strait import strait_to
from tests.unit.domain.stories import begin, update


@pytest.fixture(autouse=True)
def brisk_probes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "PROBE_EVERY_S", 0.05)


async def lock_journal(stores: Stores) -> asyncpg.Connection:
    """Keep everybody out of the journal until the connection is closed."""
    blocker = await asyncpg.connect(stores.dsn)
    await blocker.execute("BEGIN; LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
    return blocker


WAITING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@pytest.mark.covers("Q70")
async def test_a_connection_killed_in_mid_commit_fails_all_on_board_and_nothing_is_sent_twice(stores: Stores) -> None:
    blocker = await lock_journal(stores)
    works = [asyncio.create_task(stores.session(f"key-{n}").execute(begin(number=None))) for n in range(5)]
    pid = await eventually(lambda: stores.pool.fetchval(WAITING))
    late = asyncio.create_task(stores.session("late").execute(begin(number=None)))
    await asyncio.sleep(0)
    await blocker.execute("SELECT pg_terminate_backend($1)", pid)
    results = await outcomes(*works, late)
    assert [type(result) for result in results] == [JournalUnavailable] * 6
    assert not stores.journal.ready
    await blocker.close()
    await eventually(lambda: stores.journal.ready)
    assert await stores.facts() == await stores.posted() == []
    await stores.session("key-0").execute(begin(number=None))
    assert await stores.facts() == [("key-0", 1)]


@pytest.mark.covers("Q70")
async def test_while_the_database_is_silent_over_a_commit_nobody_is_let_in(stores: Stores) -> None:
    journal = stores.open_journal(hold_s=0)
    await stores.session("first", journal=journal).execute(begin(number=None))
    assert journal.ready
    blocker = await lock_journal(stores)
    working = asyncio.create_task(stores.session("key", journal=journal).execute(begin(number=None)))
    await eventually(lambda: not journal.ready)
    await blocker.close()
    await working
    assert journal.ready
    assert await stores.facts() == [("first", 1), ("key", 1)]
    await journal.close()


@pytest.mark.covers("Q70")
async def test_a_commit_whose_answer_is_lost_is_durable_once_and_not_called_so(stores: Stores) -> None:
    async with strait_to(stores.dsn) as strait:
        journal = stores.open_journal(partial(engine.connect, strait.url))
        session = stores.session("known", journal=journal)
        await session.execute(begin(number=None))
        strait.mute()
        working = asyncio.create_task(session.execute(update(1, 1100)))
        await eventually(lambda: stores.pool.fetchval("SELECT count(*) = 2 FROM journal"))
        strait.close()
        assert [type(result) for result in await outcomes(working)] == [JournalUnavailable]
        assert not journal.ready
        strait.unmute()
        await strait.open()
        await eventually(lambda: journal.ready)
        assert await stores.facts() == [("known", 1), ("known", 2)], "it was not sent again"
        with pytest.raises(OwnershipLost):
            await session.execute(update(1, 1100))
        again = stores.session("known", journal=journal, sequence=3)
        again.state = session.state
        await again.execute(update(2, 1200))
        assert await stores.posted() == [("known", 1), ("known", 2), ("known", 3)]
        await journal.close()


async def test_while_the_journal_is_away_commits_fail_at_once(stores: Stores) -> None:
    journal = stores.open_journal(nowhere, hold_s=0.2)
    session = stores.session("key", journal=journal)
    with pytest.raises(JournalUnavailable):
        await session.execute(begin())
    began = asyncio.get_running_loop().time()
    for _ in range(20):
        with pytest.raises(JournalUnavailable):
            await session.execute(begin())
    assert asyncio.get_running_loop().time() - began < 0.15
    assert not journal.ready


async def nowhere() -> "asyncpg.Connection[asyncpg.Record]":
    raise OSError("no way")


@pytest.mark.parametrize("hold_s", [0.0, 0.01, 0.4])
async def test_a_batch_waits_for_the_database_as_long_as_it_was_told(stores: Stores, hold_s: float) -> None:
    journal = stores.open_journal(nowhere, hold_s=hold_s)
    began = asyncio.get_running_loop().time()
    with pytest.raises(JournalUnavailable, match="no way"):
        await stores.session("key", journal=journal).execute(begin())
    assert hold_s <= asyncio.get_running_loop().time() - began < hold_s + 0.3


@pytest.mark.parametrize("hold_s", [0.0, 0.001, 3.0])
async def test_a_journal_works_and_comes_back_however_short_it_holds(stores: Stores, hold_s: float) -> None:
    connect, away = partial(engine.connect, stores.dsn), False

    async def maybe() -> "asyncpg.Connection[asyncpg.Record]":
        return await (nowhere if away else connect)()

    journal = stores.open_journal(maybe, hold_s=hold_s)
    await stores.session("before", journal=journal).execute(begin(number=None))
    away = True
    await kill(stores, journal)
    if hold_s < 1:
        with pytest.raises(JournalUnavailable):
            await stores.session("lost", journal=journal).execute(begin(number=None))
    else:
        held = asyncio.create_task(stores.session("held", journal=journal).execute(begin(number=None)))
        await asyncio.sleep(0.05)
        assert not held.done()
    away = False
    await eventually(lambda: journal.ready, within=2)
    await stores.session("after", journal=journal).execute(begin(number=None))
    assert ("after", 1) in await stores.facts()
    assert (("held", 1) in await stores.facts()) is (hold_s >= 1)
    await journal.close()


async def kill(stores: Stores, journal: PostgresJournal) -> None:
    """End the journal's connection from the other side, and wait until it has heard."""
    connection = journal._connection
    assert connection is not None
    await stores.pool.execute("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    await eventually(connection.is_closed)


async def test_a_connection_that_ends_between_commits_is_replaced_and_nobody_notices(stores: Stores) -> None:
    session = stores.session("key")
    await session.execute(begin())
    for minutes in (1, 2, 3):
        await kill(stores, stores.journal)
        await session.execute(update(minutes, 1000 + minutes))
    assert await stores.facts() == [("key", n) for n in (1, 2, 3, 4)]
    assert stores.journal.ready


class Watched:
    """A connection whose plain statements wait for a gate; it serves one at a time, as all do."""

    def __init__(self, connection: asyncpg.Connection, gate: asyncio.Event) -> None:
        self._connection = connection
        self._gate = gate
        self.busy = False

    async def execute(self, *statement: object) -> str:
        self.busy = True
        await self._gate.wait()
        self.busy = False
        return await self._connection.execute(*statement)

    async def fetch(self, *statement: object) -> list[asyncpg.Record]:
        if self.busy:
            raise asyncpg.InterfaceError("another operation is in progress")
        return await self._connection.fetch(*statement)

    def __getattr__(self, name: str) -> object:
        return getattr(self._connection, name)


async def test_a_probe_that_is_still_looking_lends_its_connection_to_nobody(stores: Stores) -> None:
    gate, opened = asyncio.Event(), []

    async def connect() -> Watched:
        opened.append(Watched(await engine.connect(stores.dsn), gate))
        return opened[-1]

    gate.set()
    journal = stores.open_journal(connect)  # type: ignore[arg-type]
    session = stores.session("key", journal=journal)
    await session.execute(begin(number=None))
    gate.clear()
    journal._fail(journal._connection)
    await eventually(lambda: len(opened) == 2 and opened[1].busy)
    (result,) = await outcomes(session.execute(update(1)))
    assert isinstance(result, JournalUnavailable)
    gate.set()
    await eventually(lambda: journal.ready)
    await session.execute(update(2))
    assert len(opened) == 2, "the connection of the probe is the one that is used"
    await journal.close()


async def test_a_probe_that_gets_no_answer_leaves_no_connection_behind(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "TRY_FOR_S", 0.3)
    gate, opened = asyncio.Event(), []

    async def connect() -> Watched:
        opened.append(Watched(await engine.connect(stores.dsn), gate))
        return opened[-1]

    journal = stores.open_journal(connect, hold_s=0.0)  # type: ignore[arg-type]
    (result,) = await outcomes(stores.session("key", journal=journal).execute(begin()))
    assert isinstance(result, JournalUnavailable)
    await eventually(lambda: len(opened) == 2)
    gate.set()
    await eventually(lambda: journal.ready)
    assert [connection.is_closed() for connection in opened] == [True] * (len(opened) - 1) + [False]
    await journal.close()


async def test_whatever_goes_wrong_on_the_way_to_the_database_the_journal_comes_back(stores: Stores) -> None:
    failures = [
        asyncpg.InternalClientError("odd"),
        asyncpg.TooManyConnectionsError("full"),
        asyncpg.CannotConnectNowError("starting"),
        ConnectionResetError("reset"),
        TimeoutError(),
        ValueError("odd"),
    ]

    async def hard_way() -> "asyncpg.Connection[asyncpg.Record]":
        if failures:
            raise failures.pop(0)
        return await engine.connect(stores.dsn)

    journal = stores.open_journal(hard_way, hold_s=0.0)
    (result,) = await outcomes(stores.session("key", journal=journal).execute(begin()))
    assert isinstance(result, JournalUnavailable)
    await eventually(lambda: journal.ready)
    assert failures == []
    await stores.session("key", journal=journal).execute(begin())
    await journal.close()


@pytest.mark.covers("Q70")
async def test_a_commit_over_which_the_database_stays_silent_is_given_up_in_time(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "LEAST_SILENCE_S", 0.1)
    monkeypatch.setattr(journals, "LOOK_EVERY_S", 0.02)
    async with strait_to(stores.dsn) as strait:
        journal = stores.open_journal(partial(engine.connect, strait.url), hold_s=0.3)
        watch = asyncio.create_task(journal.watch())
        await stores.session("first", journal=journal).execute(begin(number=None))
        strait.mute()
        began = asyncio.get_running_loop().time()
        with pytest.raises(JournalUnavailable):
            await stores.session("key", journal=journal).execute(begin(number=None))
        assert 0.3 <= asyncio.get_running_loop().time() - began < 1.5
        assert not journal.ready
        strait.unmute()
        await eventually(lambda: journal.ready)
        await stores.session("last", journal=journal).execute(begin(number=None))
        watch.cancel()
        await journal.close()


@pytest.mark.covers("Q70")
async def test_what_a_station_waits_for_is_read_in_time_or_not_at_all(stores: Stores) -> None:
    async with strait_to(stores.dsn) as strait:
        pool = await engine.open_pool(strait.url, size=2)
        archive = PostgresArchive(pool=pool, tasks=stores.tasks, number_key=b"key", within_s=0.2)
        assert await archive.newest_begin("CP-1") is None
        strait.mute()
        began = asyncio.get_running_loop().time()
        answers = await outcomes(archive.newest_begin("CP-1"), archive.station("CP-1"))
        assert {type(answer) for answer in answers} == {JournalUnavailable}
        assert asyncio.get_running_loop().time() - began < 1.5
        strait.unmute()
        assert await archive.newest_begin("CP-1") is None, "no connection is left that owes an answer"
        pool.terminate()
