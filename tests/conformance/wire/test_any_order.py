"""Whatever a station says first after an outage, and however long it takes: the same record of what really happened."""

import random
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from tests.conformance.wire.stacks import Stack, stack
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.test_session_stories import (
    HANDLED,
    Charging,
    Day,
    days,
    delivered,
    of_interest,
    told_by_16,
    told_by_201,
)
from tests.integration.test_upkeep import ShiftedClock, late_house

__all__ = ["late_house"]

Message = tuple[str, dict[str, Any]]
BOOT = "boot"
STATUS = "status"
SWEEP = "sweep"


def shown(charging: Charging) -> list[Message]:
    """Return the statuses that a session brings with it."""
    begin, end = charging.minute, charging.end_minute
    words = [(begin, "Preparing"), (begin, "Charging"), (end, "Finishing"), (end + 0.5, "Available")]
    return [(STATUS, {"minute": minute, "status": word}) for minute, word in words]


def interleaved(day: Day, stories: list[list[Message]]) -> list[Message]:
    """Return all that arrives: the messages of sessions as they are delivered, and statuses, boots and pauses among them."""
    lot = random.Random(day.seed + 2)
    told = delivered(day, stories)
    others = [status for charging in day.sessions for status in shown(charging)]
    others += [(BOOT, {})] * lot.randint(0, 3) + [(SWEEP, {})] * lot.randint(1, 6)
    if lot.random() < 0.5:
        return others + told if lot.random() < 0.5 else told + others
    for one in others:
        told.insert(lot.randint(0, len(told)), one)
    return told


def begun_first(arriving: list[Message]) -> list[Message]:
    """Return what arrives with each start before what needs its number: 1.6 cannot say it otherwise."""
    starts = {said["session"]: (action, said) for action, said in arriving if action == "StartTransaction"}
    found: list[Message] = []
    for action, said in arriving:
        if (start := starts.pop(said.get("session", ""), None)) is not None:
            found.append(start)
        found.append((action, said))
    return found


async def tell(house: House, clock: ShiftedClock, station: Stack, day: Day, arriving: list[Message]) -> None:
    lot = random.Random(day.seed + 1)
    for action, said in arriving:
        if lot.random() < day.reconnects / 4:
            await station.reconnect(forgotten=day.forgotten)
        match action:
            case "boot":
                assert await station.boot() == "Accepted"
            case "status":
                await station.say_status(said["status"], said["minute"])
            case "sweep":
                clock.ahead += timedelta(minutes=lot.choice([1, 5, 20]))
                house.node.house.sweep()
                await eventually(lambda: all(actor.idle for actor in house.node.house.actors))
            case _:
                payload = {name: value for name, value in said.items() if name != "session"}
                if action in {"MeterValues", "StopTransaction"}:
                    payload["transactionId"] = day.numbers[said["session"]]
                answer = await station.ask(action, payload)
                if action == "StartTransaction":
                    number = answer["transactionId"]
                    assert day.numbers.setdefault(said["session"], number) == number


@HANDLED
@given(day=days())
@pytest.mark.covers("W1", "W2", "W3", "W8", "W12", "Q57", "Q71")
async def test_a_day_of_1_6_is_recorded_as_it_was_whatever_is_told_around_it(
    late_house: tuple[House, ShiftedClock], day: Day
) -> None:
    house, clock = late_house
    async with stack(house) as station:
        arriving = begun_first(interleaved(day, [told_by_16(charging) for charging in day.sessions]))
        await tell(house, clock, station, day, arriving)
        records = await station.sessions()
    expected = [charging.record() for charging in day.sessions]
    assert [of_interest(*pair) for pair in zip(records, expected, strict=True)] == expected


@HANDLED
@given(day=days())
@pytest.mark.covers("W4", "W6", "W8", "Q57", "Q71")
async def test_a_day_of_2_0_1_is_recorded_as_it_was_whatever_is_told_around_it(
    late_house: tuple[House, ShiftedClock], day: Day
) -> None:
    house, clock = late_house
    async with stack(house, "2.0.1") as station:
        arriving = interleaved(day, [told_by_201(charging) for charging in day.sessions])
        await tell(house, clock, station, day, arriving)
        records = await station.sessions()
    expected = [charging.record() for charging in day.sessions]
    assert [of_interest(*pair) for pair in zip(records, expected, strict=True)] == expected
