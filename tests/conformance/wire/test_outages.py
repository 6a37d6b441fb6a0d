"""What 1.6 stacks say once a lost line is back, each in its own order: one true record of each session."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.conformance.wire.stacks import Stack, stack
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.test_upkeep import ShiftedClock, late_house
from tests.integration.wire import at, start, stop, values

__all__ = ["late_house"]

TOLD = ("energy_wh", "began_at", "ended_at", "reason", "active", "estimated")
BOTH = [
    (800, at(0), at(10), "Local", False, False),
    (500, at(13), at(18), "EVDisconnected", False, False),
]
MISSED = [
    (10, "Finishing"),
    (11, "Available"),
    (12, "Preparing"),
    (13, "Charging"),
    (18, "Finishing"),
    (19, "Available"),
]


async def begin(station: Stack) -> int:
    """Begin a session, and tell one value of it."""
    await station.say_status("Charging", 0)
    number = int((await station.ask("StartTransaction", start(0, 1000)))["transactionId"])
    await station.ask("MeterValues", values(2, 1100, transactionId=number))
    return number


async def end(station: Stack, number: int) -> None:
    """Tell the rest of a session."""
    await station.ask("MeterValues", values(5, 1300, transactionId=number))
    await station.ask("MeterValues", values(8, 1600, transactionId=number))
    await station.ask("StopTransaction", stop(10, 1800, number))


async def charge_offline(station: Stack) -> None:
    """Tell a session that was over before the line came back."""
    number = (await station.ask("StartTransaction", start(13, 1800)))["transactionId"]
    await station.ask("StopTransaction", stop(18, 2300, number, reason="EVDisconnected"))


async def statuses_first(station: Stack, number: int, between: Callable[[], Awaitable[None]]) -> None:
    for minute, status in MISSED:
        await station.say_status(status, minute)
    assert await station.told("active") == [(True,)], "a status ends nothing"
    await between()
    await end(station, number)
    await charge_offline(station)


async def transactions_first(station: Stack, number: int, between: Callable[[], Awaitable[None]]) -> None:
    await end(station, number)
    await charge_offline(station)
    await between()
    await station.say_status("Available", 20)


ORDERS = [
    pytest.param(statuses_first, marks=pytest.mark.covers("W1"), id="statuses first"),
    pytest.param(transactions_first, marks=pytest.mark.covers("W2"), id="transactions first"),
]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("forgotten", [False, True], ids=["same house", "house restarted"])
async def test_what_an_outage_held_back_is_recorded_as_it_was_without_a_boot(
    shared_house: House, order: Callable[..., Awaitable[None]], *, forgotten: bool
) -> None:
    async def nothing() -> None: ...

    async with stack(shared_house) as station:
        number = await begin(station)
        await station.reconnect(forgotten=forgotten)
        await order(station, number, nothing)
        assert await station.told(*TOLD) == BOTH
        assert await station.statuses() == {1: "Available"}
        assert await station.unasked(), "it is not made to boot, nor asked for anything"


@pytest.mark.parametrize("order", ORDERS)
async def test_a_queue_that_takes_longer_than_a_free_connector_is_believed_in_ends_in_the_same_record(
    late_house: tuple[House, ShiftedClock], order: Callable[..., Awaitable[None]]
) -> None:
    house, clock = late_house

    async def later() -> None:
        clock.ahead += timedelta(minutes=5)
        house.node.house.sweep()
        await eventually(lambda: all(actor.idle for actor in house.node.house.actors))

    async with stack(house) as station:
        number = await begin(station)
        await station.reconnect()
        await order(station, number, later)
        assert await station.told(*TOLD) == BOTH


@pytest.mark.covers("W3")
@pytest.mark.parametrize(("last_wh", "energy"), [(1400, 400), (0, 200)], ids=["in order", "below its start"])
async def test_a_stop_that_waited_for_a_boot_ends_its_own_session_though_the_next_one_is_over(
    shared_house: House, last_wh: int, energy: int
) -> None:
    async with stack(shared_house) as station:
        old = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.ask("MeterValues", values(1, 1200, transactionId=old))
        await station.reconnect()
        new = (await station.ask("StartTransaction", start(5, 0)))["transactionId"]
        assert new != old
        await station.ask("MeterValues", values(6, 1200, transactionId=old))
        await station.ask("MeterValues", values(6, 40, transactionId=new))
        await station.ask("StopTransaction", stop(8, 61, new))
        await station.ask("MeterValues", values(9, 1200, transactionId=old))
        assert await station.boot() == "Accepted"
        await station.ask("StopTransaction", stop(3, last_wh, old, reason="UnlockCommand"))
        third = (await station.ask("StartTransaction", start(11, 0)))["transactionId"]
        await station.ask("StopTransaction", stop(14, 30, third))
        assert await station.told("number", "energy_wh", "ended_at", "reason", "active") == [
            (old, energy, at(3), "UnlockCommand", False),
            (new, 61, at(8), "Local", False),
            (third, 30, at(14), "Local", False),
        ]


@pytest.mark.covers("W12")
@pytest.mark.parametrize("forgotten", [False, True], ids=["same house", "house restarted"])
@pytest.mark.parametrize("booted", [False, True], ids=["new station", "known station"])
async def test_values_before_the_boot_and_the_stop_after_it_are_of_the_session_that_went_on(
    shared_house: House, *, booted: bool, forgotten: bool
) -> None:
    async with stack(shared_house, boots=booted) as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.reconnect(forgotten=forgotten)
        await station.ask("MeterValues", values(5, 1300, transactionId=number))
        assert await station.told("active", "energy_wh") == [(True, 300)]
        assert await station.boot() == "Accepted"
        assert await station.told("active") == [(True,)], "a boot ends nothing"
        await station.ask("StopTransaction", stop(10, 1800, number))
        assert await station.told(*TOLD) == [(800, at(0), at(10), "Local", False, False)]


@pytest.mark.covers("W8")
@pytest.mark.parametrize("forgotten", [False, True], ids=["same house", "house restarted"])
@pytest.mark.parametrize("resumes", [True, False], ids=["goes on", "stopped as of its last value"])
async def test_a_restart_in_a_session_ends_it_when_and_as_the_station_says(
    shared_house: House, *, resumes: bool, forgotten: bool
) -> None:
    async with stack(shared_house) as station:
        number = await begin(station)
        await station.reconnect(forgotten=forgotten)
        assert await station.boot() == "Accepted"
        assert await station.told("active") == [(True,)]
        if resumes:
            await end(station, number)
            assert await station.told(*TOLD) == [BOTH[0]]
        else:
            await station.ask("StopTransaction", stop(2, 1100, number, reason="PowerLoss"))
            assert await station.told(*TOLD) == [(100, at(0), at(2), "PowerLoss", False, False)]
