"""Sessions whose starts were lost, told under no name at all: each is one record, with what is known of its energy."""

import itertools
import random
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from csms.domain.session.nameless import CLOSING_WH
from tests.integration.conftest import House
from tests.integration.wire import RawStation, at, start, stop, values

NAMES = itertools.count(1)
HANDLED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass
class Charging:
    """What really happened at a connector: a register that rises every minute."""

    minute: int
    readings: list[int]

    @property
    def end_minute(self) -> int:
        return self.minute + len(self.readings) - 1

    @property
    def wh(self) -> int:
        return self.readings[-1] - self.readings[0]


@dataclass
class Day:
    """Sessions one after the other, and how their messages are told."""

    sessions: list[Charging]
    number: int
    seed: int
    repeated: float


@st.composite
def days(draw: st.DrawFn) -> Day:
    register, minute, sessions = draw(st.integers(0, 100_000)), 0, []
    from_zero = draw(st.booleans())
    for _ in range(draw(st.integers(2, 3))):
        rises = draw(st.lists(st.integers(60, 900), min_size=1, max_size=6))
        sessions.append(Charging(minute, list(itertools.accumulate(rises, initial=register))))
        minute = sessions[-1].end_minute + draw(st.integers(1, 14))
        register = 0 if from_zero else sessions[-1].readings[-1]
    return Day(
        sessions, draw(st.sampled_from([-1, 0, 2**63 - 1])), draw(st.integers(0, 999)), draw(st.sampled_from([0, 0.5]))
    )


Message = tuple[str, dict[str, Any]]


def status(minute: float, word: str) -> Message:
    told = {"connectorId": 1, "errorCode": "NoError", "status": word, "timestamp": at(minute)}
    return "StatusNotification", told


def messages_of(day: Day, *, with_statuses: bool) -> list[Message]:
    """Return what a station says of a day, with what it says again at once or much later."""
    luck, told, again = random.Random(day.seed), [], []
    for session in day.sessions:
        told += [status(session.minute - 0.1, "Charging")] if with_statuses else []
        words: list[Message] = [
            ("MeterValues", values(session.minute + n, wh, transactionId=day.number))
            for n, wh in enumerate(session.readings)
        ]
        words.append(("StopTransaction", stop(session.end_minute, session.readings[-1], day.number)))
        for message in words:
            told.append(message)
            if luck.random() < day.repeated:
                (told if luck.random() < 0.5 else again).append(message)
        told += [status(session.end_minute + 0.1, "Finishing")] if with_statuses else []
    return told + again


async def recorded(house: House, day: Day, *, with_statuses: bool) -> list[dict[str, Any]]:
    """Tell a day to the house, and return what it made of it, the oldest session first."""
    name = f"LOST-{next(NAMES)}"
    await house.register(name)
    async with RawStation(house, name) as station:
        await station.boot()
        for action, payload in messages_of(day, with_statuses=with_statuses):
            await station.ask(action, payload)
    return sorted(await house.sessions(station=name), key=lambda session: str(session["began_at"]))


@pytest.mark.covers("Q62", "TX-03", "TX-20", "Q75")
@HANDLED
@given(days())
async def test_sessions_without_a_start_are_told_apart_by_what_the_connector_did(shared_house: House, day: Day) -> None:
    found = await recorded(shared_house, day, with_statuses=True)
    assert [(one["energy_wh"], one["began_at"], one["ended_at"], one["active"], one["evse"]) for one in found] == [
        (true.wh, at(true.minute), at(true.end_minute), False, 1) for true in day.sessions
    ]


@pytest.mark.covers("Q62", "TX-03", "TX-20")
@HANDLED
@given(days().filter(lambda day: day.number == -1))
async def test_without_a_status_they_are_told_apart_by_their_register(shared_house: House, day: Day) -> None:
    found = await recorded(shared_house, day, with_statuses=False)
    assert [one["ended_at"] for one in found] == [at(true.end_minute) for true in day.sessions]
    assert not any(one["active"] for one in found)
    for one, true in zip(found, day.sessions, strict=True):
        first = max((b - a for a, b in itertools.pairwise(true.readings)), default=0)
        assert true.wh - first <= one["energy_wh"] <= true.wh + CLOSING_WH


@pytest.mark.covers("Q62", "TX-03", "Q71")
async def test_values_of_a_lost_start_that_come_after_its_stop_are_its_own(shared_house: House) -> None:
    house = shared_house
    await house.register("LOST-LATE")
    async with RawStation(house, "LOST-LATE") as station:
        await station.ask("StopTransaction", stop(10, 3000, -1))
        for minute, wh in ((2, 1000), (5, 2000)):
            await station.ask("MeterValues", values(minute, wh, transactionId=-1))
    (session,) = await house.sessions(station="LOST-LATE")
    assert (session["energy_wh"], session["ended_at"], session["active"]) == (2000, at(10), False)


@pytest.mark.covers("Q62", "TX-20")
@pytest.mark.parametrize("order", [(1500, 7700), (7700, 1500)])
async def test_stops_of_two_connectors_in_one_second_each_end_the_session_of_their_register(
    shared_house: House, order: tuple[int, int]
) -> None:
    house, name = shared_house, f"LOST-{next(NAMES)}"
    await house.register(name)
    async with RawStation(house, name) as station:
        for _ in range(2):
            for connector, wh in ((1, 1000), (2, 7000)):
                await station.ask("MeterValues", values(0, wh, connector=connector, transactionId=-1))
        for _ in range(2):
            for wh in order:
                await station.ask("StopTransaction", stop(10, wh, -1))
    sessions = await house.sessions(station=name)
    assert sorted((one["evse"], one["energy_wh"], one["active"]) for one in sessions) == [
        (1, 500, False),
        (2, 700, False),
    ]


@pytest.mark.covers("Q62", "Q91")
async def test_values_of_an_idle_connector_under_number_zero_are_no_session(shared_house: House) -> None:
    house = shared_house
    await house.register("LOST-IDLE")
    async with RawStation(house, "LOST-IDLE") as station:
        await station.ask(*status(0, "Available"))
        await station.ask("MeterValues", values(1, 1000, transactionId=0))
    assert await house.sessions(station="LOST-IDLE") == []


@pytest.mark.covers("Q64", "Q62")
async def test_a_start_that_is_heard_ends_the_lost_one_before_it(shared_house: House) -> None:
    house = shared_house
    await house.register("LOST-THEN")
    await house.token("TAG-LOST")
    async with RawStation(house, "LOST-THEN") as station:
        for minute, wh in ((0, 1000), (5, 1900)):
            await station.ask("MeterValues", values(minute, wh, transactionId=-1))
        number = (await station.ask("StartTransaction", start(10, 1900, idTag="TAG-LOST")))["transactionId"]
        await station.ask("StopTransaction", stop(20, 2400, number))
    second, first = await house.sessions(station="LOST-THEN")
    assert (first["energy_wh"], first["active"], first["estimated"]) == (900, False, True)
    assert (second["energy_wh"], second["active"]) == (500, False)
