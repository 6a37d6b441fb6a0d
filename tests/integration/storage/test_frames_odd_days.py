"""The message log: whole, in order, by the day, and counted where it must drop."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.ports.frames import Direction, Frame
from csms.storage import engine, frames
from csms.storage.frames import PostgresFrameLog
from tests.eventually import eventually
from tests.integration.storage.conftest import Stores
from tests.integration.strait import strait_to

TODAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'frames'::regclass ORDER BY 1"


class Calendar:
    """A clock that is set by hand."""

    def __init__(self, now: datetime = TODAY) -> None:
        self.today = now

    def now(self) -> datetime:
        return self.today

    def monotonic(self) -> float:
        return 0.0


def frame(text: str = "[]", at: datetime = TODAY, **more: str) -> Frame:
    return Frame(at, Direction.IN, text, **more)


def open_log(stores: Stores, calendar: Calendar | None = None, **more: int) -> PostgresFrameLog:
    return PostgresFrameLog(pool=stores.pool, clock=calendar or Calendar(), **{"keep_days": 3, **more})


FRAMES = """
SELECT station_id, frame ->> 0 AS at, frame ->> 1 AS direction, frame ->> 2 AS text, frame ->> 3 AS message_id,
    frame ->> 4 AS action, frame ->> 5 AS note
FROM frames, json_array_elements(leaf::json) WITH ORDINALITY AS said (frame, place) ORDER BY id, place
"""


async def texts(stores: Stores) -> list[str]:
    return [row["text"] for row in await stores.pool.fetch(FRAMES)]


async def partitions(stores: Stores) -> list[str]:
    names = [row[0].removeprefix("frames_") for row in await stores.pool.fetch(PARTITIONS)]
    assert names.pop() == "rest"
    return names


async def test_frames_are_kept_whole_and_in_order(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MAX_LEAVES", 2)
    monkeypatch.setattr(frames, "LEAF_ROOM", 7)
    log = open_log(stores)
    for n in range(30):
        log.record("CP-1", frame(f"[{n}]"))
    log.record("CP-1", frame("[1]", message_id="m", action="A", note="padded"))
    await log.write()
    assert await texts(stores) == [f"[{n}]" for n in range(30)] + ["[1]"]
    row = (await stores.pool.fetch(FRAMES))[-1]
    assert (row["station_id"], row["at"], row["direction"]) == ("CP-1", "2026-11-24T12:00:00Z", "in")
    assert (row["message_id"], row["action"], row["note"]) == ("m", "A", "padded")
    assert (log.written, log.dropped) == (31, 0)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.text(max_size=20) | st.sampled_from(["\0", "a\0b", "\ud800", "\udfff\ud800", "\U0001f600"]), max_size=8)
)
async def test_no_text_whatsoever_is_dropped_and_honest_ones_stand_as_they_came(
    stores: Stores, said: list[str]
) -> None:
    await stores.pool.execute("DELETE FROM frames")
    log = open_log(stores)
    for text in said:
        log.record("CP-1", frame(text, message_id=text, action=text, note=text))
    await log.write()
    expected = [text.replace("\0", "\ufffd").encode("utf-8", "replace").decode() for text in said]
    assert await texts(stores) == expected
    assert log.dropped == 0


async def test_each_day_has_a_partition_and_the_next_one_is_ready(stores: Stores) -> None:
    calendar = Calendar()
    log = open_log(stores, calendar)
    log.record("CP-1", frame())
    await log.write()
    assert await partitions(stores) == ["20261124", "20261125"]
    calendar.today += timedelta(days=1)
    log.record("CP-1", frame(at=TODAY))
    log.record("CP-1", frame(at=calendar.today))
    await log.write()
    assert await partitions(stores) == ["20261124", "20261125", "20261126"]
    assert len(await texts(stores)) == 3


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=1), timedelta(days=2)])
async def test_a_frame_of_a_day_before_the_first_write_stops_nobody(stores: Stores, back: timedelta) -> None:
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    log = open_log(stores, Calendar(midnight))
    log.record("CP-1", frame("[1]", at=midnight - back))
    log.record("CP-1", frame("[2]", at=midnight))
    await log.write()
    assert await texts(stores) == ["[1]", "[2]"]
    assert (log.written, log.dropped) == (2, 0)


async def test_a_clock_that_is_set_back_stops_nobody(stores: Stores) -> None:
    calendar = Calendar()
    log = open_log(stores, calendar)
    for days in (0, -2, 30, -2, 0):
        calendar.today = TODAY + timedelta(days=days)
        log.record("CP-1", frame(f"[{days}]", at=calendar.today))
        await log.write()
        assert (await texts(stores))[-1] == f"[{days}]"
    assert log.dropped == 0


async def test_a_day_whose_frames_stand_elsewhere_already_stops_nobody(stores: Stores) -> None:
    calendar = Calendar()
    log = open_log(stores, calendar)
    log.record("CP-1", frame("[early]", at=TODAY - timedelta(days=1)))
    await log.write()
    calendar.today = TODAY - timedelta(days=1)
    log.record("CP-1", frame("[late]", at=calendar.today))
    await log.write()
    assert await texts(stores) == ["[early]", "[late]"]
    assert (log.written, log.dropped) == (2, 0)


async def test_frames_that_no_partition_holds_are_dropped_in_time_too(stores: Stores) -> None:
    calendar = Calendar()
    log = open_log(stores, calendar, keep_days=1)
    log.record("CP-1", frame("[old]", at=TODAY - timedelta(days=1)))
    await log.write()
    assert await texts(stores) == ["[old]"]
    calendar.today += timedelta(days=1)
    log.record("CP-1", frame("[new]", at=calendar.today))
    await log.write()
    assert await texts(stores) == ["[new]"]


async def test_days_that_are_too_old_are_dropped_and_no_other(stores: Stores) -> None:
    calendar = Calendar(TODAY - timedelta(days=5))
    log = open_log(stores, calendar, keep_days=3)
    for _ in range(6):
        log.record("CP-1", frame(f"[{calendar.today:%d}]", at=calendar.today))
        await log.write()
        calendar.today += timedelta(days=1)
    assert await partitions(stores) == ["20261121", "20261122", "20261123", "20261124", "20261125"]
    assert await texts(stores) == ["[21]", "[22]", "[23]", "[24]"]


async def test_nodes_that_make_a_partition_together_do_no_harm(stores: Stores) -> None:
    logs = [open_log(stores) for _ in range(4)]
    for log in logs:
        log.record("CP-1", frame())
    await asyncio.gather(*(log.write() for log in logs))
    assert [log.written for log in logs] == [1] * 4
    assert len(await texts(stores)) == 4


async def test_while_the_database_is_away_frames_wait_and_the_oldest_make_room(stores: Stores) -> None:
    async with strait_to(stores.dsn) as strait:
        pool = await engine.open_pool(strait.url, size=1)
        log = PostgresFrameLog(pool=pool, clock=Calendar(), keep_days=3, room=10)
        log.record("CP-1", frame("[0]"))
        await log.write()
        strait.close()
        for n in range(1, 8):
            log.record("CP-1", frame(f"[{n}]"))
        await log.write()
        for n in range(8, 14):
            log.record("CP-1", frame(f"[{n}]"))
        assert log.dropped == 3, "no more than there is room for"
        await log.write()
        await strait.open()
        await log.write()
        assert await texts(stores) == [f"[{n}]" for n in range(11)]
        assert (log.written, log.dropped) == (11, 3)
        await pool.close()


async def test_a_write_at_the_end_waits_for_the_one_that_is_on_its_way(stores: Stores) -> None:
    log = open_log(stores)
    log.record("CP-1", frame("[0]"))
    await log.write()
    blocker = await asyncpg.connect(stores.dsn)
    await blocker.execute("BEGIN; LOCK TABLE frames IN ACCESS EXCLUSIVE MODE")
    running = asyncio.create_task(log.run(every_s=0.0))
    log.record("CP-1", frame("[1]"))
    await eventually(lambda: blocker.fetchval("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted"))
    last = asyncio.create_task(log.write())
    for _ in range(5):
        await asyncio.sleep(0)
    assert not last.done()
    await blocker.execute("ROLLBACK")
    await blocker.close()
    await last
    assert await texts(stores) == ["[0]", "[1]"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
