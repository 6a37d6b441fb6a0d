"""What was acknowledged is never lost, and nothing counts twice: crashes and outages under load.

Every station keeps its own ledger of what was acknowledged; afterwards the records of the
central system are held against it.
"""

import asyncio
import os
import signal

import pytest

from simulators.behaviour import Behaviour
from simulators.ledger import Ledger
from simulators.outbox import RetryPolicy
from simulators.station import SimulatedStation
from simulators.v16 import Station16
from simulators.v201 import Station201
from tests.e2e.conftest import Program
from tests.e2e.processes import POSTGRES, VALKEY, frozen, pid_of
from tests.eventually import eventually

STATIONS = 12
PATIENCE = RetryPolicy(attempts=3, interval_s=1.0, timeout_s=20.0)


async def fleet(program: Program) -> list[SimulatedStation]:
    await program.post("/tokens", value="TAG-1")
    stations: list[SimulatedStation] = []
    for n in range(STATIONS):
        await program.post("/stations", id=f"CHAOS-{n}")
        kind = Station16 if n % 2 else Station201
        station = kind(f"CHAOS-{n}", program.url, retry=PATIENCE, behaviour=Behaviour(reconnect_s=0.3), ledger=Ledger())
        await station.start()
        stations.append(station)
    for station in stations:
        await asyncio.wait_for(station.connected.wait(), 20)
    return stations


async def charge(station: SimulatedStation, sessions: int, pace_s: float = 0.02) -> list[int]:
    """Make sessions whatever happens to the connection; return the energy that really flowed in each."""
    energies = []
    for _ in range(sessions):
        station.begin(1, "TAG-1")
        for _ in range(5):
            await asyncio.sleep(pace_s)
            station.charge(1, 100)
        await asyncio.sleep(pace_s)
        energies.append(station.evses[1].meter.session_wh)
        station.end(1)
        await asyncio.sleep(pace_s)
    return energies


async def assert_nothing_lost_or_double(
    program: Program, stations: list[SimulatedStation], energies: list[list[int]]
) -> None:
    for station, expected in zip(stations, energies, strict=True):
        assert station.ledger.discarded == [], "the station gave messages up: the server was up but mute"
        sessions = await program.sessions(station=station.station)
        told = {entry.session for entry in station.ledger.acknowledged}
        assert len(sessions) == len(told) == len(expected), station.station
        assert sorted(session["energy_wh"] for session in sessions) == sorted(expected)
        assert not any(session["active"] for session in sessions)
        for session in sessions:
            values = (await program.http.get(f"/api/v1/sessions/{session['id']}/meter-values")).json()
            assert len({(value["at"], value["context"]) for value in values}) == len(values), "a value stands twice"
            assert len(values) == 7


async def run_through(
    program: Program, stations: list[SimulatedStation], trouble: "asyncio.Task[None]"
) -> list[list[int]]:
    work = [asyncio.create_task(charge(station, 12)) for station in stations]
    await trouble
    energies = [await task for task in work]
    for station in stations:
        await asyncio.wait_for(station.drained(), 90)
    return energies


@pytest.mark.covers("Q70", "TX-30", "J-63")
async def test_a_server_that_is_killed_under_load_loses_nothing(program: Program) -> None:
    stations = await fleet(program)

    async def kill_twice() -> None:
        for _ in range(2):
            await asyncio.sleep(0.5)
            program.kill()
            await program.start()

    energies = await run_through(program, stations, asyncio.create_task(kill_twice()))
    await assert_nothing_lost_or_double(program, stations, energies)
    for station in stations:
        await station.stop()


@pytest.mark.covers("Q70", "Q118")
async def test_a_database_that_is_away_for_ten_seconds_costs_nothing(program: Program) -> None:
    stations = await fleet(program)
    leader = pid_of(program.folder, POSTGRES)

    async def outage() -> None:
        await asyncio.sleep(0.5)
        with frozen(leader):
            await asyncio.sleep(10)

    energies = await run_through(program, stations, asyncio.create_task(outage()))
    await eventually(program.is_ready, within=30)
    await assert_nothing_lost_or_double(program, stations, energies)
    for station in stations:
        await station.stop()


@pytest.mark.covers("Q70")
async def test_a_database_that_crashes_costs_nothing(program: Program) -> None:
    stations = await fleet(program)

    async def crash() -> None:
        await asyncio.sleep(0.5)
        os.kill(pid_of(program.folder, POSTGRES), signal.SIGKILL)

    energies = await run_through(program, stations, asyncio.create_task(crash()))
    await eventually(program.is_ready, within=30)
    await assert_nothing_lost_or_double(program, stations, energies)
    for station in stations:
        await station.stop()


async def test_charging_goes_on_while_redis_is_away_for_ten_seconds(program: Program) -> None:
    stations = await fleet(program)
    leader = pid_of(program.folder, VALKEY)

    async def outage() -> None:
        with frozen(leader):
            await asyncio.sleep(10)

    energies = await run_through(program, stations, asyncio.create_task(outage()))
    await assert_nothing_lost_or_double(program, stations, energies)
    for station in stations:
        assert station.losses == 0, "a station lost its connection though only Redis was away"
        await station.stop()
