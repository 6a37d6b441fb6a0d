"""Any charging day, told in any order, with repetitions, gaps and reconnects, is recorded as it was (Q71, Q72, Q81)."""

import itertools
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.conftest import House
from tests.integration.wire import RawStation, at

NAMES = itertools.count(1)
HANDLED = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass
class Charging:
    """What really happened: one session, its register at its begin and after every interval."""

    start_wh: int
    rises: list[int]
    reason: str
    name: str
    minute: int = 0

    @property
    def readings(self) -> list[int]:
        return list(itertools.accumulate(self.rises, initial=self.start_wh))

    @property
    def end_minute(self) -> int:
        return self.minute + len(self.rises)

    def record(self) -> dict[str, Any]:
        """Return what must be on record."""
        return {
            "energy_wh": sum(self.rises),
            "meter_start_wh": self.start_wh,
            "meter_stop_wh": self.readings[-1],
            "began_at": at(self.minute),
            "ended_at": at(self.end_minute),
            "reason": self.reason,
            "token": "TAG-1",
            "active": False,
            "estimated": False,
            "evse": 1,
        }


@dataclass
class Day:
    """Sessions one after the other at one connector, and how their messages are delivered."""

    sessions: list[Charging]
    seed: int
    lost: float
    repeated: float
    reconnects: float
    forgotten: bool
    numbers: dict[str, int] = field(default_factory=dict)


@st.composite
def days(draw: st.DrawFn) -> Day:
    register = draw(st.integers(0, 5_000_000))
    reasons = st.sampled_from(["Local", "Remote", "EVDisconnected", "PowerLoss"])
    sessions, minute = [], 0
    for n in range(draw(st.integers(1, 3))):
        rises = draw(st.lists(st.integers(0, 900), min_size=1, max_size=8))
        sessions.append(Charging(register, rises, draw(reasons), f"tx-{n}", minute))
        register += sum(rises) + draw(st.sampled_from([0, 0, 40]))
        minute = sessions[-1].end_minute + draw(st.integers(1, 5))
    chance = st.sampled_from([0.0, 0.2, 0.5])
    return Day(sessions, draw(st.integers(0, 2**16)), draw(chance), draw(chance), draw(chance), draw(st.booleans()))


def delivered(day: Day, messages: list[list[tuple[str, dict[str, Any]]]]) -> list[tuple[str, dict[str, Any]]]:
    """Return the messages of the sessions as they arrive: some lost between first and last, some again, all mixed."""
    lot = random.Random(day.seed)
    kept = [
        message
        for story in messages
        for n, message in enumerate(story)
        if n in {0, len(story) - 1} or lot.random() >= day.lost
    ]
    again = [message for message in kept if lot.random() < day.repeated]
    mixed = kept + again
    lot.shuffle(mixed)
    return mixed


async def tell(station: RawStation, day: Day, arriving: list[tuple[str, dict[str, Any]]]) -> None:
    lot = random.Random(day.seed + 1)
    for action, payload in arriving:
        if lot.random() < day.reconnects / 4:
            await station.reconnect(forgotten=day.forgotten)
        said = {name: value for name, value in payload.items() if name != "session"}
        if action in {"MeterValues", "StopTransaction"}:
            said["transactionId"] = day.numbers[payload["session"]]
        answer = await station.ask(action, said)
        if action == "StartTransaction":
            number = answer["transactionId"]
            assert day.numbers.setdefault(payload["session"], number) == number


def told_by_16(charging: Charging) -> list[tuple[str, dict[str, Any]]]:
    values = [
        (
            "MeterValues",
            {
                "session": charging.name,
                "connectorId": 1,
                "meterValue": [{"timestamp": at(charging.minute + n), "sampledValue": [{"value": str(wh)}]}],
            },
        )
        for n, wh in enumerate(charging.readings)
    ]
    start = {"connectorId": 1, "idTag": "TAG-1", "meterStart": charging.start_wh, "timestamp": at(charging.minute)}
    stop = {"meterStop": charging.readings[-1], "timestamp": at(charging.end_minute), "reason": charging.reason}
    return [
        ("StartTransaction", {"session": charging.name, **start}),
        *values,
        ("StopTransaction", {"session": charging.name, "idTag": "TAG-1", **stop}),
    ]


def told_by_201(charging: Charging) -> list[tuple[str, dict[str, Any]]]:
    last = len(charging.rises)
    kinds = {0: ("Started", "Authorized"), last: ("Ended", "StopAuthorized")}
    events = []
    for n, wh in enumerate(charging.readings):
        kind, trigger = kinds.get(n, ("Updated", "MeterValuePeriodic"))
        context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Sample.Periodic")
        payload: dict[str, Any] = {
            "eventType": kind,
            "timestamp": at(charging.minute + n),
            "triggerReason": trigger,
            "seqNo": n,
            "transactionInfo": {"transactionId": charging.name},
            "meterValue": [{"timestamp": at(charging.minute + n), "sampledValue": [{"value": wh, "context": context}]}],
        }
        if n == 0:
            payload |= {"idToken": {"idToken": "TAG-1", "type": "ISO14443"}, "evse": {"id": 1, "connectorId": 1}}
        if n == last:
            payload["transactionInfo"]["stoppedReason"] = charging.reason
        events.append(("TransactionEvent", payload))
    return events


async def recorded(house: House, station: str) -> list[dict[str, Any]]:
    return sorted(await house.sessions(station=station), key=lambda session: str(session["began_at"]))


def of_interest(session: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {name: session[name] for name in expected}


@HANDLED
@given(day=days())
@pytest.mark.covers("Q65", "Q66", "Q71", "Q72", "Q74", "TX-21", "TX-30", "TX-33", "TX-36")
async def test_a_day_of_a_1_6_station_is_recorded_as_it_was_however_it_is_told(house: House, day: Day) -> None:
    name = f"CP-{next(NAMES)}"
    await house.register(name)
    stories = [told_by_16(charging) for charging in day.sessions]
    async with RawStation(house, name) as station:
        mixed = delivered(day, stories)
        starts = {payload["session"]: (action, payload) for action, payload in mixed if action == "StartTransaction"}
        arriving: list[tuple[str, dict[str, Any]]] = []
        for action, payload in mixed:  # only an answer to a start can tell the number of its session
            if payload["session"] in starts:
                arriving.append(starts.pop(payload["session"]))
            arriving.append((action, payload))
        await tell(station, day, arriving)
    records = await recorded(house, name)
    expected = [charging.record() for charging in day.sessions]
    assert [of_interest(*pair) for pair in zip(records, expected, strict=True)] == expected
    assert [session["number"] for session in records] == [day.numbers[charging.name] for charging in day.sessions]


@HANDLED
@given(day=days())
@pytest.mark.covers("Q65", "Q66", "Q71", "Q72", "Q81", "TX-25", "TX-30", "TX-32", "TX-33", "TX-36")
async def test_a_day_of_a_2_0_1_station_is_recorded_as_it_was_however_it_is_told(house: House, day: Day) -> None:
    name = f"CS-{next(NAMES)}"
    await house.register(name)
    stories = [told_by_201(charging) for charging in day.sessions]
    async with RawStation(house, name, "2.0.1") as station:
        assert await station.boot() == "Accepted"
        await tell(station, day, delivered(day, stories))
    records = await recorded(house, name)
    expected = [charging.record() for charging in day.sessions]
    assert [of_interest(*pair) for pair in zip(records, expected, strict=True)] == expected
    assert [session["transaction_id"] for session in records] == [charging.name for charging in day.sessions]
