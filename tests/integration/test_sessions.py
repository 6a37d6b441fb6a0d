"""A charging session from socket to database to REST, in both versions."""

import asyncio
import random

import pytest

from simulators.behaviour import Behaviour, Meter
from simulators.outbox import RetryPolicy
from tests.eventually import eventually
from tests.integration.conftest import House

VERSIONS = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


@VERSIONS
@pytest.mark.covers("TC_003", "TC_004_1", "TC_007", "16-CORE-10", "TX-50")
async def test_a_session_is_told_by_rest_with_its_energy(house: House, version: str) -> None:
    await house.token()
    station = await house.station("CP-1", version=version)
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    for _ in range(4):
        station.charge(1, 250)
    station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 1000
    assert session["active"] is False
    assert session["token"] == "TAG-1"
    assert session["reason"] == "Local"
    assert session["flags"] == []
    values = (await house.http.get(f"/sessions/{session['id']}/meter-values")).json()
    assert len(values) == 6


@VERSIONS
@pytest.mark.covers("Q65", "Q66", "TX-30")
async def test_every_message_sent_three_times_gives_one_session(house: House, version: str) -> None:
    await house.token()
    station = await house.station("CP-1", version=version, behaviour=Behaviour(repeat=3))
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    station.charge(1, 700)
    station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 700
    assert session["active"] is False


@pytest.mark.covers("Q65", "Q67", "16-CORE-11")
async def test_a_repeated_start_gets_the_same_transaction_after_a_reconnect(house: House) -> None:
    await house.token()
    station = await house.station("CP-1")
    await asyncio.wait_for(station.connected.wait(), 5)
    message = None
    station.begin(1, "TAG-1")
    message = station._outbox._messages[0]
    await asyncio.wait_for(station.drained(), 5)
    first = message.entry.transaction
    await station.drop()
    await eventually(lambda: not station.connected.is_set())
    station._outbox.put(message)
    await asyncio.wait_for(station.drained(), 10)
    assert message.entry.transaction == first
    assert len(await house.sessions(station="CP-1")) == 1
    assert 0 < int(first) < 2**31


@VERSIONS
@pytest.mark.covers("TX-01", "TX-02", "Q68", "TC_037_3", "E_16")
async def test_an_unknown_token_is_refused_and_its_session_recorded(house: House, version: str) -> None:
    station = await house.station("CP-1", version=version)
    await asyncio.wait_for(station.connected.wait(), 5)
    assert await station.authorize("NOBODY") in {"Invalid", "Unknown"}
    station.begin(1, "NOBODY")
    station.charge(1, 300)
    station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 300


@pytest.mark.covers("TC_023_1", "TC_023_2", "TC_023_3", "16-CORE-01", "16-GEN-02")
async def test_tokens_are_told_apart(house: House) -> None:
    await house.token("GOOD")
    await house.token("BAD", status="blocked")
    await house.token("OLD", expires_at="2020-01-01T00:00:00Z")
    station = await house.station("CP-1")
    await asyncio.wait_for(station.connected.wait(), 5)
    answers = [await station.authorize(tag) for tag in ("GOOD", "good", "BAD", "OLD", "NONE")]
    assert answers == ["Accepted", "Accepted", "Blocked", "Expired", "Invalid"]


@VERSIONS
@pytest.mark.covers("TX-36", "TC_039", "Q71")
async def test_a_session_made_offline_is_recorded_as_it_was(house: House, version: str) -> None:
    await house.token()
    await house.register("CP-1")
    station = await house.station(
        "CP-1", version=version, register=False, retry=RetryPolicy(attempts=3, interval_s=0.1)
    )
    await asyncio.wait_for(station.connected.wait(), 5)
    station.behaviour = Behaviour(reconnect_s=0.3)
    await station.drop()
    await eventually(lambda: not station.connected.is_set())
    station.begin(1, "TAG-1")
    station.charge(1, 1200)
    station.end(1)
    await asyncio.wait_for(station.drained(), 10)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 1200
    assert not session["active"]
    assert station.ledger.discarded == []


@VERSIONS
@pytest.mark.parametrize("meter", [Meter.LIFETIME, Meter.SESSION, Meter.ROLLOVER, Meter.KWH, Meter.BLIP])
@pytest.mark.covers("Q74", "Q85", "Q88")
async def test_energy_is_right_for_every_register(house: House, version: str, meter: Meter) -> None:
    await house.token()
    station = await house.station("CP-1", version=version, behaviour=Behaviour(meter=meter))
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    for _ in range(5):
        station.charge(1, 400)
        await asyncio.sleep(0.002)
    station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 2000


@pytest.mark.covers("Q64", "TX-22")
async def test_a_start_closes_the_older_session_whose_stop_was_lost(house: House) -> None:
    await house.token()
    station = await house.station("CP-1", behaviour=Behaviour(lost_stop=True))
    await asyncio.wait_for(station.connected.wait(), 5)
    for _ in range(3):
        station.begin(1, "TAG-1")
        await asyncio.sleep(0.002)
        station.charge(1, 500)
        await asyncio.sleep(0.002)
        station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    sessions = await house.sessions(station="CP-1")
    assert [session["active"] for session in sessions] == [True, False, False]
    assert [session["energy_wh"] for session in sessions] == [500, 500, 500]
    assert [session["estimated"] for session in sessions] == [False, True, True]


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1])
@pytest.mark.covers("Q62", "TX-03")
async def test_odd_transaction_ids_mean_the_session_of_the_connector(house: House, number: int) -> None:
    await house.token()
    station = await house.station("CP-1", behaviour=Behaviour(transaction_id=number))
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    station.charge(1, 500)
    station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 500
    assert session["active"] is False


@pytest.mark.covers("Q63", "TX-20")
async def test_a_stop_that_nobody_knows_is_answered_and_kept(house: House) -> None:
    station = await house.station("CP-1", behaviour=Behaviour(lost_start=True, transaction_id=4711))
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["transaction_id"] == "4711"
    assert "begin-missing" in session["flags"]


@pytest.mark.covers("Q67")
async def test_one_station_cannot_stop_the_session_of_another(house: House) -> None:
    await house.token()
    honest = await house.station("CP-1")
    await asyncio.wait_for(honest.connected.wait(), 5)
    honest.begin(1, "TAG-1")
    await asyncio.wait_for(honest.drained(), 5)
    number = int(honest.evses[1].transaction)
    thief = await house.station("CP-2", behaviour=Behaviour(lost_start=True, transaction_id=number))
    await asyncio.wait_for(thief.connected.wait(), 5)
    thief.begin(1, "TAG-1")
    thief.end(1)
    await asyncio.wait_for(thief.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["active"] is True


@VERSIONS
@pytest.mark.covers("Q71", "Q81", "TX-33")
async def test_a_shuffled_queue_gives_the_same_record(house: House, version: str) -> None:
    await house.token()
    station = await house.station("CP-1", version=version)
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    await asyncio.wait_for(station.drained(), 5)
    await station.drop()
    await eventually(lambda: not station.connected.is_set())
    for _ in range(10):
        station.charge(1, 100)
        await asyncio.sleep(0.002)
    station.end(1)
    station._outbox.shuffle(random.Random(7))
    await asyncio.wait_for(station.drained(), 10)
    (session,) = await house.sessions(station="CP-1")
    assert session["energy_wh"] == 1000
    assert session["active"] is False


@pytest.mark.covers("Q75")
async def test_closing_values_after_the_stop_count_and_do_not_reopen(house: House) -> None:
    await house.token()
    station = await house.station("CP-1", behaviour=Behaviour(values_after_stop=1))
    await asyncio.wait_for(station.connected.wait(), 5)
    station.begin(1, "TAG-1")
    station.charge(1, 500)
    await asyncio.sleep(0.002)
    station.end(1)
    await asyncio.wait_for(station.drained(), 5)
    (session,) = await house.sessions(station="CP-1")
    assert session["active"] is False
    assert session["energy_wh"] == 500
