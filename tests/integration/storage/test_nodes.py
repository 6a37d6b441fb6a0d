"""What becomes of the stations of a node that has died, or that was thought dead."""

import asyncio

from structlog.testing import capture_logs

from tests.eventually import eventually
from tests.integration.storage.gateways import (
    CLAIM,
    SILENCE_S,
    Both,
    Gateway,
    seen_at,
    shown,
    somebody_waits,
)


async def test_the_stations_of_a_silent_node_are_shown_offline_by_another(gateways: Both) -> None:
    one, two = gateways
    await one.welcome("CP-1", "CP-2")
    await two.welcome("CP-3")
    await one.die_unseen()
    with capture_logs() as lines:
        await two.beat_for(SILENCE_S)
    assert await shown(one) == {"CP-1": (False, "one"), "CP-2": (False, "one"), "CP-3": (True, "two")}
    assert [(line["dead"], line["stations"]) for line in lines if line["event"] == "node_written_off"] == [("one", 2)]
    assert await seen_at(one, "CP-1") == 0, "that it was missed says nothing of when it was heard"
    with capture_logs() as lines:
        await two.beat_for(SILENCE_S)
    assert lines == [], "the dead are buried once"


async def test_a_node_that_comes_back_under_its_name_shows_what_it_left_behind_offline_at_once(gateways: Both) -> None:
    one, two = gateways
    await one.welcome("CP-1")
    await two.welcome("CP-2")
    again = Gateway(one.pool, "one", one.clock)
    await again.nodes.enter()
    assert await shown(one) == {"CP-1": (False, "one"), "CP-2": (True, "two")}
    await again.welcome("CP-1")
    assert (await shown(one))["CP-1"] == (True, "one")


async def test_a_station_that_is_claimed_elsewhere_is_left_to_its_new_node(gateways: Both) -> None:
    one, two = gateways
    await one.welcome("CP-1", "CP-2")
    await one.die_unseen()
    await two.claim("CP-1")  # and has not written it yet
    await two.welcome("CP-2")
    await two.beat_for(SILENCE_S)
    assert await shown(one) == {"CP-1": (True, "one"), "CP-2": (True, "two")}
    two.attach("CP-1")
    await two.presence.write()
    assert (await shown(one))["CP-1"] == (True, "two")


async def test_a_claim_that_comes_in_between_wins_over_the_writing_off(gateways: Both) -> None:
    one, two = gateways
    await one.welcome("CP-1", "CP-2")
    await one.die_unseen()
    await two.beat_for(30)
    async with one.pool.acquire() as connection:
        moving = connection.transaction()
        await moving.start()
        await connection.execute("SELECT FROM presence WHERE station_id = 'CP-1' FOR UPDATE")
        burying = asyncio.create_task(two.beat_for(15))
        await eventually(lambda: somebody_waits(one))
        await connection.execute(CLAIM, ["CP-1"], "two")
        await connection.execute("UPDATE presence SET node = 'two', epoch = 2, online = true WHERE station_id = 'CP-1'")
        await moving.commit()
    await burying
    assert await shown(one) == {"CP-1": (True, "two"), "CP-2": (False, "one")}


async def test_after_an_outage_of_the_database_nobody_is_judged_by_a_beat_that_could_not_be(gateways: Both) -> None:
    one, two = gateways
    await one.welcome("CP-1")
    await two.beat_for(SILENCE_S)
    one.clock.seconds += 600  # the database was away: nobody could beat
    await one.die_unseen()
    await two.beat_for(30)
    assert await shown(one) == {"CP-1": (True, "one")}
    await one.nodes.beat()
    await two.beat_for(60)
    assert await shown(one) == {"CP-1": (True, "one")}


async def test_a_node_that_was_thought_dead_shows_its_stations_online_again(gateways: Both) -> None:
    one, two = gateways
    await one.welcome("CP-1")
    await one.die_unseen()
    await two.beat_for(SILENCE_S)
    assert await shown(one) == {"CP-1": (False, "one")}
    one.lines["CP-1"] = one.clock.now()
    await one.nodes.beat()
    await one.presence.tick()
    assert await shown(one) == {"CP-1": (True, "one")}
    assert await seen_at(one, "CP-1") == SILENCE_S


async def test_a_node_that_leaves_in_peace_leaves_nothing_behind(gateways: Both) -> None:
    one, two = gateways
    await one.welcome("CP-1")
    await two.welcome("CP-2")
    await one.nodes.leave()
    assert await shown(one) == {"CP-1": (False, "one"), "CP-2": (True, "two")}
    assert await one.pool.fetchval("SELECT array_agg(name) FROM nodes") == ["two"]
