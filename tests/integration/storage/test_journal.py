"""The group commit: poison, fences and clashes, each told to the one it concerns."""

import asyncio
import random
import string

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.domain.access import TokenRef
from csms.domain.station.commands import ReportNotice, ReportStatus
from csms.ports.journal import Commit, CommitRefused, Kind, OwnershipLost
from csms.storage import journal
from csms.storage.engine import is_refusal
from csms.storage.projection import COMMIT
from tests.integration.storage.conftest import Stores, outcomes
from tests.unit.domain.stories import at, begin, end, update

LONG = "".join(random.Random(7).choices(string.ascii_letters + string.digits, k=9000))  # too much for an index
POISON = {
    "a NUL in a token": {"token": TokenRef("A\0B")},
    "a NUL in a flag": {"flags": ("a\0b",)},
    "an EVSE beyond 64 bits": {"evse": 2**70},
    "an EVSE beyond a bigint": {"evse": 2**63},
    "half a surrogate pair": {"token": TokenRef("A\ud800")},
}
OUTCOMES = {
    "good": type(None),
    "poison": CommitRefused,
    "stale": OwnershipLost,
    "clash": OwnershipLost,
    "unowned": OwnershipLost,
}


@pytest.mark.parametrize("poison", POISON)
async def test_one_bad_commit_among_many_good_ones_fails_alone(stores: Stores, poison: str) -> None:
    works = [stores.session(f"key-{n:02}").execute(begin(number=None)) for n in range(20)]
    works[13].close()
    works[13] = stores.session("key-13").execute(begin(number=None, **POISON[poison]))
    results = await outcomes(*works)
    assert [n for n, result in enumerate(results) if isinstance(result, Exception)] == [13]
    assert isinstance(results[13], CommitRefused)
    good = [(f"key-{n:02}", 1) for n in range(20) if n != 13]
    assert await stores.facts() == good
    assert sorted(await stores.posted()) == good
    assert await stores.pool.fetchval("SELECT count(*) FROM sessions") == 19
    assert stores.journal.ready
    assert stores.journal.committed == 19


async def test_the_fence_looks_leases_up_and_never_reads_them_all(stores: Stores) -> None:
    many = (
        "INSERT INTO leases (station_id, epoch, node) SELECT 'MANY-' || n, 1, 'one' FROM generate_series(1, 5000) AS n"
    )
    await stores.pool.execute(many)
    await stores.pool.execute("ANALYZE leases")
    plan = "\n".join(row[0] for row in await stores.pool.fetch("EXPLAIN " + COMMIT, "[]", "[]"))
    assert "on leases" in plan
    assert "Seq Scan on leases" not in plan


@pytest.mark.parametrize("bad", ["a key", "a name"])
async def test_what_no_index_can_hold_is_refused_and_costs_nobody_the_journal(stores: Stores, bad: str) -> None:
    key = LONG if bad == "a key" else "bad"
    poison = begin(number=None) if bad == "a key" else type(begin())("CP7", LONG, begin().observation)
    results = await outcomes(
        stores.session("good-1").execute(begin(number=None)),
        stores.session(key).execute(poison),
        stores.session("good-2").execute(begin(number=None)),
    )
    assert isinstance(results[1], CommitRefused)
    assert await stores.facts() == [("good-1", 1), ("good-2", 1)]
    assert stores.journal.ready


async def test_a_station_with_poison_in_a_table_of_its_own_fails_alone_too(stores: Stores) -> None:
    results = await outcomes(
        stores.session("good").execute(begin(number=None)),
        stores.station().execute(ReportStatus(2**63, 1, "Available", at(0), at(0))),
    )
    assert isinstance(results[1], CommitRefused)
    assert await stores.facts() == [("good", 1)]
    assert await stores.posted() == [("good", 1)]


@pytest.mark.covers("Q42")
@pytest.mark.parametrize(
    "broken", ["SELECT no_such_column FROM sessions", "SELEKT", "SELECT (SELECT generate_series(1, 2))"]
)
async def test_a_statement_of_ours_that_is_wrong_costs_only_those_whom_it_is_for(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    monkeypatch.setattr(journal, "statements", lambda shown: [(broken, ())] if shown else [])
    results = await outcomes(
        stores.session("good-1").execute(begin(number=None)),
        stores.station().execute(ReportStatus(1, 1, "Available", at(0), at(0))),
        stores.session("good-2").execute(begin(number=None)),
    )
    assert [type(result) is CommitRefused for result in results] == [False, True, False]
    assert await stores.facts() == [("good-1", 1), ("good-2", 1)]
    assert stores.journal.ready
    monkeypatch.undo()
    await stores.station().execute(ReportStatus(1, 1, "Available", at(0), at(0)))


async def test_a_right_that_we_lack_is_an_outage_until_it_is_given() -> None:
    assert not is_refusal(asyncpg.InsufficientPrivilegeError())
    assert not is_refusal(asyncpg.DeadlockDetectedError())
    assert not is_refusal(asyncpg.ConnectionDoesNotExistError())
    assert is_refusal(asyncpg.UndefinedTableError())


@pytest.mark.covers("Q8", "J-11")
async def test_commits_of_an_old_epoch_are_lost_and_the_others_of_their_batch_are_not(stores: Stores) -> None:
    await stores.lease("OLD", 5)
    works = []
    for n in range(6):
        station, epoch = ("OLD", 4) if n % 2 else ("CP7", 1)
        works.append(stores.session(f"key-{n}", station, epoch=epoch).execute(begin(number=None)))
    works.append(stores.station("OLD", epoch=4).execute(ReportNotice("Topic", "{}", at(0))))
    works.append(stores.station("CP7").execute(ReportNotice("Topic", "{}", at(0))))
    results = await outcomes(*works)
    assert [isinstance(result, OwnershipLost) for result in results] == [False, True] * 3 + [True, False]
    written = [("CP7", 1), ("key-0", 1), ("key-2", 1), ("key-4", 1)]
    assert await stores.facts() == written
    assert sorted(await stores.posted()) == written
    assert [row["key"] for row in await stores.pool.fetch("SELECT key FROM sessions ORDER BY key")] == [
        "key-0",
        "key-2",
        "key-4",
    ]
    assert [row["station_id"] for row in await stores.pool.fetch("SELECT station_id FROM notices")] == ["CP7"]
    assert stores.journal.batches == 1
    assert stores.journal.ready


@pytest.mark.parametrize("epoch", [0, 2])
async def test_neither_a_lower_nor_a_higher_epoch_than_the_lease_may_write(stores: Stores, epoch: int) -> None:
    with pytest.raises(OwnershipLost):
        await stores.session("key", epoch=epoch).execute(begin())
    assert await stores.facts() == await stores.posted() == []


async def test_a_place_that_is_taken_is_a_lost_race_and_costs_the_others_nothing(stores: Stores) -> None:
    await stores.session("raced").execute(begin(number=None))
    results = await outcomes(
        stores.session("first").execute(begin(number=None)),
        stores.session("raced").execute(begin(5, number=None)),
        stores.session("last").execute(begin(number=None)),
    )
    assert [type(result) is OwnershipLost for result in results] == [False, True, False]
    assert await stores.facts() == [("first", 1), ("last", 1), ("raced", 1)]
    assert (await stores.row("raced"))["began_at"] == at(0)


async def test_facts_of_one_commit_stand_together_or_not_at_all(stores: Stores) -> None:
    await stores.pool.execute(
        "INSERT INTO journal (kind, key, sequence, station_id, type, data) VALUES (2, 'key', 2, 'CP7', 'x', '{}')"
    )
    entity = stores.session("key")
    first = entity._deciders[type(begin())](entity.state, begin()).events
    state = entity._evolve(entity.state, first[0])
    second = entity._deciders[type(update(1))](state, update(1, 1500)).events
    commit = Commit(Kind.SESSION, "key", "CP7", 1, 1, (*first, *second), entity._evolve(state, second[0]), entity.state)
    with pytest.raises(OwnershipLost):
        await stores.journal.commit(commit)
    assert await stores.facts() == [("key", 2)]
    assert await stores.posted() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(list(OUTCOMES)), min_size=1, max_size=24), st.integers(1, 12))
async def test_any_mixture_in_a_batch_ends_for_each_as_if_it_stood_alone(
    stores: Stores, kinds: list[str], limit: int
) -> None:
    await stores.pool.execute("TRUNCATE journal, outbox, sessions")
    await stores.lease("OLD", 9)
    journal = stores.open_journal(limit=limit)
    works = []
    for n, kind in enumerate(kinds):
        key = f"key-{n:02}"
        if kind == "clash":
            await stores.session(key).execute(begin(number=None))
        station, epoch = {"stale": ("OLD", 8), "unowned": ("NOBODYS", 1)}.get(kind, ("CP7", 1))
        entity = stores.session(key, station, epoch=epoch, journal=journal)
        works.append(entity.execute(begin(number=None, **(POISON["a NUL in a token"] if kind == "poison" else {}))))
    results = await outcomes(*works)
    await journal.close()
    assert [type(result) if isinstance(result, Exception) else type(None) for result in results] == [
        OUTCOMES[kind] for kind in kinds
    ]
    durable = [(f"key-{n:02}", 1) for n, kind in enumerate(kinds) if kind in {"good", "clash"}]
    assert await stores.facts() == durable
    assert sorted(await stores.posted()) == durable


async def test_what_goes_out_is_in_the_order_of_the_commits(stores: Stores) -> None:
    async def story(key: str) -> None:
        session = stores.session(key)
        for command in (begin(number=None), update(1, 1100), update(2, 1200), end(3, 1300)):
            await session.execute(command)

    await asyncio.gather(*(story(f"key-{n}") for n in range(10)))
    posted = await stores.posted()
    assert len(posted) == 40
    for n in range(10):
        assert [sequence for key, sequence in posted if key == f"key-{n}"] == [1, 2, 3, 4]


async def test_an_asker_that_goes_away_leaves_its_facts_durable(stores: Stores) -> None:
    working = asyncio.create_task(stores.session("gone").execute(begin(number=None)))
    await asyncio.sleep(0)
    working.cancel()
    await stores.session("other").execute(begin(number=None))
    assert await stores.facts() == [("gone", 1), ("other", 1)]
    with pytest.raises(OwnershipLost):
        await stores.session("gone").execute(update(1))
