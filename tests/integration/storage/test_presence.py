"""Who is shown online, and since when a station was not heard."""

import asyncio
import itertools
import time

import pytest

from csms.storage.presence import CHUNK
from tests.eventually import eventually
from tests.integration.storage.gateways import (
    CLAIM,
    PACE_S,
    Both,
    seen_at,
    shown,
    somebody_waits,
)


async def test_the_last_time_of_every_line_is_written_once_in_the_pace(gateways: Both) -> None:
    one, _ = gateways
    await one.welcome("CP-1", "CP-2")
    one.clock.seconds = 50
    one.lines["CP-1"] = one.clock.now()
    await one.presence.tick()
    assert await seen_at(one, "CP-1") == 0, "not yet due"
    one.clock.seconds = 61
    await one.presence.tick()
    assert [await seen_at(one, station) for station in ("CP-1", "CP-2")] == [50, 0]
    one.lines["CP-1"] = one.clock.now()
    await one.presence.tick()
    assert await seen_at(one, "CP-1") == 50, "the next round is due a pace later"


async def test_a_station_that_left_was_seen_when_it_was_heard_and_not_when_it_was_missed(gateways: Both) -> None:
    one, _ = gateways
    await one.welcome("CP-1")
    one.clock.seconds = 20
    one.lines["CP-1"] = one.clock.now()
    one.clock.seconds = 170
    one.lose("CP-1")
    await one.presence.write()
    assert await shown(one) == {"CP-1": (False, "one")}
    assert await seen_at(one, "CP-1") == 20


async def test_a_line_that_ended_while_a_round_goes_on_is_not_written_as_one_that_stays(gateways: Both) -> None:
    one, _ = gateways
    await one.welcome("CP-1", "CP-2")
    one.presence.begin_round()
    one.lose("CP-2")
    await one.presence.tick()
    await one.presence.tick()
    assert await shown(one) == {"CP-1": (True, "one"), "CP-2": (False, "one")}


@pytest.mark.parametrize("online", [True, False])
async def test_what_a_node_says_of_a_station_that_it_has_lost_counts_nothing(gateways: Both, online: bool) -> None:
    one, two = gateways
    await one.welcome("CP-1")
    await two.welcome("CP-1")
    one.clock.seconds = 100
    if online:
        one.presence.begin_round()
    else:
        one.lose("CP-1")
    await one.presence.tick()
    assert await shown(one) == {"CP-1": (True, "two")}
    assert await seen_at(one, "CP-1") == 0


async def test_a_late_word_of_the_old_owner_does_not_undo_one_of_a_higher_epoch(gateways: Both) -> None:
    """The lease is read before the row is waited for: the epoch of the row decides."""
    one, _ = gateways
    await one.welcome("CP-1")
    one.lose("CP-1")
    async with one.pool.acquire() as connection:
        moving = connection.transaction()
        await moving.start()
        await connection.execute(CLAIM, ["CP-1"], "two")
        await connection.execute("UPDATE presence SET node = 'two', epoch = 2 WHERE station_id = 'CP-1'")
        late = asyncio.create_task(one.presence.write())
        await eventually(lambda: somebody_waits(one))
        await moving.commit()
    await late
    assert await shown(one) == {"CP-1": (True, "two")}


async def test_a_change_that_could_not_be_written_is_written_later_and_a_sign_is_not(gateways: Both) -> None:
    one, _ = gateways
    await one.welcome("CP-1", "CP-2")
    one.clock.seconds = 30
    one.lose("CP-1")
    one.presence.begin_round()
    await one.pool.execute("ALTER TABLE presence RENAME TO away")
    await one.presence.tick()
    one.lose("CP-2")
    await one.pool.execute("ALTER TABLE away RENAME TO presence")
    await one.presence.tick()
    assert await shown(one) == {"CP-1": (False, "one"), "CP-2": (False, "one")}


async def test_many_stations_are_written_in_chunks_that_hold_nobody_up(gateways: Both) -> None:
    one, _ = gateways
    many = 5 * CHUNK
    await one.pool.execute("INSERT INTO stations (id) SELECT 'MANY-' || n FROM generate_series(1, $1) AS n", many)
    names = [f"MANY-{n}" for n in range(1, many + 1)]
    await one.claim(*names)
    one.lines = dict.fromkeys(names, one.clock.now())
    one.clock.seconds = PACE_S
    written, longest = [], 0.0
    for _ in range(6):
        ticking = asyncio.create_task(one.presence.tick())
        while not ticking.done():
            began = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - began)
        written.append(await one.pool.fetchval("SELECT count(*) FROM presence"))
    assert written == [*itertools.accumulate([CHUNK] * 5), many]
    assert longest < 0.05, "the loop was blocked"
