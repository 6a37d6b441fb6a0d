"""What actors read when they wake, held against a plain search through everything."""

import asyncio
import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from csms.domain.command import Event
from csms.domain.station.commands import BootReport, RecordBoot, Registration, ReportNotice, ReportStatus
from csms.ports.journal import JournalUnavailable, Kind, SessionHeading
from csms.storage import engine
from csms.storage.archive import BLOCK, TOP, PostgresArchive, permute
from tests.integration.storage.conftest import Stores, outcomes
from tests.integration.strait import strait_to
from tests.unit.domain.stories import at, begin, end, update

STATIONS = ("CP7", "cp7", "CP8")
TOKENS = ("TAG", "tag", "OTHER", None)
MINUTES = st.integers(0, 60)


class Kept(Struct):
    """A session as a reader sees it; times are minutes, `began` is unique."""

    station: str
    ref: str
    evse: int | None
    token: str | None
    began: int
    ended: int | None
    estimated: bool
    active: bool
    key: str = ""


@st.composite
def kept(draw: st.DrawFn) -> Kept:
    began, phase = draw(st.integers(-20, 40)), draw(st.sampled_from(["active", "ended", "presumed"]))
    return Kept(
        station=draw(st.sampled_from(STATIONS)),
        ref=draw(st.sampled_from(["7", "Tx", "tX", "8"])),
        evse=draw(st.sampled_from([1, 2, None])),
        token=draw(st.sampled_from(TOKENS)),
        began=began * 600 if draw(st.booleans()) else began,
        ended=None if phase == "active" else began * 600 + 3 if draw(st.booleans()) else began + 5,
        estimated=phase == "presumed",
        active=phase == "active",
    )


ALL = st.lists(kept(), max_size=12, unique_by=lambda one: one.began)


async def lay(stores: Stores, rows: list[Kept]) -> None:
    await stores.pool.execute("TRUNCATE sessions")
    for n, row in enumerate(rows):
        row.key = f"key-{n}"
        await stores.pool.execute(
            """INSERT INTO sessions (key, station_id, sequence, ref, active, evse, token, began_at, ended_at, energy_wh,
            estimated, flags, created_at) VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, 0, $9, '{}', $10)""",
            *(row.key, row.station, row.ref, row.active, row.evse, row.token, at(row.began)),
            *(None if row.ended is None else at(row.ended), row.estimated, at(n)),
        )


def key_of(heading: SessionHeading | None) -> str | None:
    return None if heading is None else heading.key


def around(rows: list[Kept], station: str, evse: int | None, token: str | None, moment: int, since: int) -> list[str]:
    """Return the keys of the sessions that `sessions_around` should find, in the words of its port."""
    week = timedelta(days=7) // timedelta(minutes=1)
    newest: dict[int | None, Kept] = {}
    for row in sorted(rows, key=lambda row: row.began):
        fits = row.station == station and (evse is None or row.evse in (None, evse))
        fits = fits and (token is None or row.token is None or row.token.lower() == token.lower())
        if fits and moment - week < row.began <= moment:
            newest[row.evse] = row
    last = [
        row for row in newest.values() if row.active or row.estimated or (row.ended is not None and row.ended >= since)
    ]
    return [row.key for row in sorted(last, key=lambda row: row.began, reverse=True)]


PROPERTY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@PROPERTY
@given(ALL, st.sampled_from(STATIONS), st.sampled_from([1, 2, None]), st.sampled_from(TOKENS), MINUTES, MINUTES)
async def test_the_sessions_around_a_time_are_those_that_a_plain_search_finds(
    stores: Stores, rows: list[Kept], station: str, evse: int | None, token: str | None, moment: int, grace: int
) -> None:
    await lay(stores, rows)
    for when in (moment, moment * 600):
        found = await stores.archive.sessions_around(station, evse, token, at(when), at(when - grace))
        assert [heading.key for heading in found] == around(rows, station, evse, token, when, when - grace)


@PROPERTY
@given(ALL, st.lists(st.sampled_from([*STATIONS, "NOBODY"]), min_size=1, max_size=6))
async def test_begins_and_active_sessions_are_those_that_a_plain_search_finds(
    stores: Stores, rows: list[Kept], wanted: list[str]
) -> None:
    await lay(stores, rows)
    begins = await asyncio.gather(*(stores.archive.newest_begin(station) for station in wanted))
    actives = await asyncio.gather(*(stores.archive.active_sessions(station) for station in wanted))
    for station, newest, active in zip(wanted, begins, actives, strict=True):
        began = [row.began for row in rows if row.station == station]
        assert newest == (at(max(began)) if began else None)
        assert [heading.key for heading in active] == [
            row.key for row in rows if row.station == station and row.active
        ], "oldest first"


@PROPERTY
@given(ALL, st.sampled_from(STATIONS), st.sampled_from(["7", "TX", "tx", "9", "7\0"]))
async def test_a_name_finds_the_newest_session_that_has_it_letter_case_aside(
    stores: Stores, rows: list[Kept], station: str, ref: str
) -> None:
    await lay(stores, rows)
    named = ref.replace("\0", "").lower()
    fitting = [row for row in rows if row.station == station and row.ref.lower() == named]
    expected = max(fitting, key=lambda row: row.began).key if fitting else None
    assert key_of(await stores.archive.find_session(station, ref)) == expected


async def test_a_history_is_what_was_written_fact_for_fact_and_of_its_own_kind(stores: Stores) -> None:
    session, station = stores.session("CP7"), stores.station("CP7")
    written: list[Event] = []
    for command in (begin(), update(1, 1100, charging_state="Charging"), end(2, "1300.5", reason=None)):
        written += session._deciders[type(command)](session.state, command).events
        await session.execute(command)
    await station.execute(ReportNotice("Topic", '{"a": "b"}', at(0)))
    history = await stores.archive.history(Kind.SESSION, "CP7")
    assert (history.events, history.sequence) == (tuple(written), 4)
    assert len((await stores.archive.history(Kind.STATION, "CP7")).events) == 1
    nothing = await stores.archive.history(Kind.SESSION, "unknown")
    assert (nothing.events, nothing.sequence) == ((), 1)


async def test_a_station_wakes_as_it_went_to_sleep(stores: Stores) -> None:
    await stores.pool.execute("INSERT INTO stations (id) VALUES ('CP7'), ('CP8')")
    station = stores.station("CP7")
    report = BootReport("V", "M", serial="S", iccid="1")
    await station.execute(RecordBoot(report, Registration.PENDING, at(0)))
    for evse, status in ((2, "Available"), (1, "Charging"), (0, "Faulted"), (1, "Finishing")):
        await station.execute(ReportStatus(evse, min(evse, 1), status, at(evse + 1), at(5), error="x"))
    states = await asyncio.gather(*(stores.archive.station(name) for name in ("CP7", "CP8", "unknown", "CP7")))
    (woken, sequence), fresh, unknown, again = states
    assert sequence == station.sequence
    assert (woken, sequence) == again
    assert (woken.registration, woken.booted_at) == (Registration.PENDING, at(0))
    assert woken.report is not None
    assert (woken.report.vendor, woken.report.serial, woken.report.iccid) == ("V", "S", "1")
    assert [(place, state.status, state.error) for place, state in woken.connectors] == [
        ((0, 0), "Faulted", "x"),
        ((1, 1), "Finishing", "x"),
        ((2, 1), "Available", "x"),
    ]
    assert woken.connectors == station.state.connectors
    assert fresh[1] == unknown[1] == 1


@pytest.mark.covers("Q67")
async def test_transaction_numbers_are_never_given_twice_not_even_by_two_nodes(stores: Stores) -> None:
    other = PostgresArchive(pool=stores.pool, tasks=stores.tasks, number_key=b"key")
    wanted = [archive.next_transaction_number() for archive in (stores.archive, other) for _ in range(BLOCK * 3)]
    numbers = await asyncio.gather(*wanted)
    assert len(set(numbers)) == len(numbers)
    assert all(0 < number < TOP for number in numbers)
    assert sum(abs(one - next_) < 1000 for one, next_ in itertools.pairwise(numbers)) < 5, "hard to guess"


@pytest.mark.covers("Q67")
@given(st.sets(st.integers(1, TOP - 1), max_size=50), st.binary(min_size=1, max_size=32))
def test_different_numbers_stay_different_under_any_key(numbers: set[int], key: bytes) -> None:
    permuted = {permute(number, key) for number in numbers}
    assert len(permuted) == len(numbers)
    assert all(0 < number < TOP for number in permuted)


@pytest.mark.covers("Q70")
async def test_while_the_database_is_away_every_question_says_so_and_afterwards_none_does(stores: Stores) -> None:
    async with strait_to(stores.dsn) as strait:
        pool = await engine.open_pool(strait.url, size=3)
        archive = PostgresArchive(pool=pool, tasks=stores.tasks, number_key=b"key")

        def questions() -> list[Any]:
            moment: datetime = at(0)
            return [
                archive.station("CP7"),
                archive.history(Kind.SESSION, "key"),
                archive.active_sessions("CP7"),
                archive.newest_begin("CP7"),
                archive.find_session("CP7", "7"),
                archive.sessions_around("CP7", 1, None, moment, moment),
                archive.next_transaction_number(),
            ]

        strait.close()
        assert {type(answer) for answer in await outcomes(*questions())} == {JournalUnavailable}
        await strait.open()
        assert not [answer for answer in await outcomes(*questions()) if isinstance(answer, Exception)]
        await pool.close()
