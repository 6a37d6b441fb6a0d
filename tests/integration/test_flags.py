"""Stations with one bad habit each: what they have on their own books is what REST says."""

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.behaviour import (
    Answers,
    Behaviour,
    Boot,
    Clock,
    Commands,
    Credentials,
    Identity,
    Meter,
    Pong,
    Redial,
    Spoil,
    Statuses,
    Subprotocol,
    Unsupported,
)
from simulators.ledger import Entry
from simulators.mangle import MANGLERS
from simulators.outbox import RetryPolicy
from simulators.station import SimulatedStation
from simulators.v16 import Station16
from simulators.v201 import Station201
from tests.eventually import eventually
from tests.integration.conftest import House

NAMES = itertools.count(1)
BOTH, ONLY_16, ONLY_201 = ("1.6", "2.0.1"), ("1.6",), ("2.0.1",)
PASSWORD = "0123456789abcdef0123456789abcdef"
PATIENT = RetryPolicy(attempts=15, interval_s=0.001, timeout_s=5.0)
QUICK = RetryPolicy(attempts=3, interval_s=0.02, timeout_s=5.0)

FLAGS: dict[str, tuple[Behaviour, tuple[str, ...]]] = {
    "well-behaved": (Behaviour(), BOTH),
    **{f"subprotocol={habit}": (Behaviour(subprotocol=habit), BOTH) for habit in ("list", "case", "alias", "switch")},
    "subprotocol=none": (Behaviour(subprotocol=Subprotocol.NONE), ONLY_16),
    **{f"path={path}": (Behaviour(path=path), BOTH) for path in ("///", "/central/oakhurst/", "/ocpp//")},
    **{f"identity={habit}": (Behaviour(identity=habit), BOTH) for habit in Identity},
    **{f"credentials={habit}": (Behaviour(credentials=habit), BOTH) for habit in Credentials},
    **{f"redial={habit}": (Behaviour(redial=habit), BOTH) for habit in Redial},
    **{f"pong={habit}": (Behaviour(pong=habit), BOTH) for habit in Pong},
    "ping=no": (Behaviour(ping=False), BOTH),
    "idle_close": (Behaviour(idle_close_s=0.1), BOTH),
    "deflate": (Behaviour(deflate=True), BOTH),
    "fragment": (Behaviour(fragment=True), BOTH),
    **{f"spoil={habit}": (Behaviour(spoil=habit), BOTH) for habit in Spoil},
    **{f"mangle={name}": (Behaviour(mangle=(name,)), BOTH) for name in MANGLERS},
    **{f"clock={habit}": (Behaviour(clock=habit), BOTH) for habit in Clock},
    **{f"boot={habit}": (Behaviour(boot=habit), BOTH) for habit in Boot if habit is not Boot.NEVER},
    "boot=never": (Behaviour(boot=Boot.NEVER), ONLY_16),
    "heartbeats=no": (Behaviour(heartbeats=False), BOTH),
    **{f"statuses={habit}": (Behaviour(statuses=habit), BOTH) for habit in Statuses},
    "status_storm": (Behaviour(status_storm=30), BOTH),
    **{f"meter={habit}": (Behaviour(meter=habit), BOTH) for habit in Meter if habit is not Meter.NAN},
    "meter=nan": (Behaviour(meter=Meter.NAN), BOTH),
    "lost_stop": (Behaviour(lost_stop=True), BOTH),
    "lost_start": (Behaviour(lost_start=True), ONLY_201),  # 1.6 has no name then that tells two sessions apart
    "lost_answers": (Behaviour(lost_answers=2), BOTH),
    "drop_half": (Behaviour(drop_half=True), BOTH),
    "poison": (Behaviour(poison=True), BOTH),
    **{f"transaction_id={number}": (Behaviour(transaction_id=number), ONLY_16) for number in (0, -1, 2**63 - 1)},
    "reuse_transaction": (Behaviour(reuse_transaction=True), ONLY_201),
    "shuffle_queue": (Behaviour(shuffle_queue=True), BOTH),
    "repeat": (Behaviour(repeat=3), BOTH),
    "values_after_stop": (Behaviour(values_after_stop=2), BOTH),
    **{f"commands={habit}": (Behaviour(commands=habit), BOTH) for habit in Commands if habit is not Commands.MUTE},
    **{f"answers={habit}": (Behaviour(answers=habit), BOTH) for habit in Answers},
    **{f"unsupported={habit}": (Behaviour(unsupported=habit), BOTH) for habit in Unsupported},
    "mute_calls_after": (Behaviour(mute_calls_after=0), BOTH),
    "least_gap": (Behaviour(least_gap_s=60.0), BOTH),
}
SEEN = {
    ("mangle=number-0", "2.0.1"): "W5",
    ("mangle=name-0", "2.0.1"): "W5",
    ("mangle=no-reason", "2.0.1"): "W5",
    ("mangle=outside-values", "2.0.1"): "W7",
    ("mangle=bare-numbers", "1.6"): "W17",
    ("mangle=strange-calls", "1.6"): "W18",
    ("mangle=strange-calls", "2.0.1"): "W18",
    ("mangle=reused-ids", "1.6"): "W10",
    ("mangle=reused-ids", "2.0.1"): "W10",
    ("clock=1970", "1.6"): "W11",
    ("meter=ocmf", "1.6"): "W25",
    ("credentials=bytes", "1.6"): "W27",
    ("credentials=bytes", "2.0.1"): "W27",
    ("path=///", "1.6"): "W28",
    ("path=///", "2.0.1"): "W28",
}
"""Which of them were seen on the wires of real stacks."""


def _marks(name: str, version: str) -> list[pytest.MarkDecorator]:
    return [pytest.mark.covers(SEEN[name, version])] if (name, version) in SEEN else []


CASES = [
    pytest.param(habits, version, id=f"{name}-{version}", marks=_marks(name, version))
    for name, (habits, versions) in FLAGS.items()
    for version in versions
]


async def powered_on(house: House, habits: Behaviour, version: str, retry: RetryPolicy = QUICK) -> SimulatedStation:
    name = f"Flagged-{next(NAMES)}"
    password = None if habits.credentials is Credentials.RIGHT else PASSWORD
    await house.register(name, security_profile=0 if password is None else 1, password=password)
    kind = Station16 if version == "1.6" else Station201
    quick = replace(habits, reconnect_s=0.02)
    station = kind(name, house.url, password=password, behaviour=quick, retry=retry, clock=ticking())
    house.stations.append(station)
    await station.start()
    await eventually(station.connected.is_set)
    return station


def ticking() -> Callable[[], datetime]:
    """Return a clock on which no two things happen at once."""
    began, seconds = datetime.now(UTC) - timedelta(minutes=3), itertools.count()
    return lambda: began + timedelta(seconds=next(seconds) / 4)


async def charge_twice(station: SimulatedStation) -> None:
    """Let two drivers charge, and the line be lost in the first session."""
    for session in range(2):
        await station.plug_in()
        station.begin()
        station.charge(wh=300)
        await station.drained()
        if session == 0:
            await station.drop()
            station.charge(wh=250)
            await eventually(station.connected.is_set)
        station.charge(wh=200)
        station.charge(wh=150)
        await station.drained()
        station.end()
        await station.drained()


def books(station: SimulatedStation) -> dict[str, list[Entry]]:
    """Return what was acknowledged of each session."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in station.ledger.acknowledged:
        if entry.kind != "poison":
            found[entry.session].append(entry)
    return found


async def on_record(house: House, station: SimulatedStation) -> list[dict[str, Any]]:
    sessions = await house.sessions(station=station.station)
    return sorted(sessions, key=lambda session: str(session["created_at"]))


@pytest.mark.covers(
    "Q3", "Q5", "Q6", "Q8", "Q9", "Q12", "Q16", "Q20", "Q21", "Q23", "Q25", "Q27", "Q30", "Q53", "TX-30"
)
@pytest.mark.parametrize(("habits", "version"), CASES)
async def test_what_a_station_has_on_its_books_is_what_rest_says(
    shared_house: House, habits: Behaviour, version: str
) -> None:
    station = await powered_on(shared_house, habits, version, PATIENT if "truncated" in habits.mangle else QUICK)
    try:
        async with asyncio.timeout(20):
            await charge_twice(station)
    finally:
        await station.stop()
    assert station.ledger.discarded == []
    told = books(station)
    sessions = await on_record(shared_house, station)
    wanted = [entries[-1].true_wh - entries[0].true_wh for entries in told.values()]
    assert [session["energy_wh"] for session in sessions] == wanted, sessions
    for session, entries in zip(sessions, told.values(), strict=True):
        values = (await shared_house.http.get(f"/sessions/{session['id']}/meter-values")).json()
        totals = [value for value in values if value["measurand"].startswith("Energy") and value["phase"] is None]
        unique = {(entry.kind, entry.at, entry.meter_wh) if version == "1.6" else id(entry) for entry in entries}
        if habits.meter in {Meter.LIFETIME, Meter.SESSION, Meter.KWH, Meter.GLUED}:
            assert len(totals) == len(unique), Counter(value["context"] for value in totals)


@pytest.mark.covers("Q70", "Q71", "TX-30", "TX-31", "TX-36")
@pytest.mark.parametrize("version", BOTH)
async def test_what_was_charged_offline_arrives_at_the_third_attempt_and_counts_once(
    shared_house: House, version: str
) -> None:
    station = await powered_on(shared_house, Behaviour(lost_answers=2), version)
    station.begin()
    await station.drained()
    address, station._url = station._url, "ws://127.0.0.1:1"  # where nobody listens
    await station.drop()
    losses = station.losses
    for wh in (300, 200, 100):
        station.charge(wh=wh)
    station.end()
    station.begin()
    station.charge(wh=50)
    await eventually(lambda: station.losses > losses + 2)
    assert len(await on_record(shared_house, station)) == 1
    station._url = address
    await asyncio.wait_for(station.drained(), 20)
    await station.stop()
    assert station.ledger.discarded == []
    sessions = await on_record(shared_house, station)
    assert [(session["energy_wh"], session["active"]) for session in sessions] == [(600, False), (50, True)]


@pytest.mark.covers("Q70")
@pytest.mark.parametrize("version", BOTH)
async def test_a_message_whose_answers_are_all_lost_is_discarded_there_and_on_record_here(
    shared_house: House, version: str
) -> None:
    station = await powered_on(shared_house, Behaviour(lost_answers=3), version)
    station.begin()
    station.charge(wh=400)
    station.end()
    await station.drained()
    await station.stop()
    assert [entry.kind for entry in station.ledger.discarded] == ["begin", "meter", "end"]
    (session, *others) = await on_record(shared_house, station)
    assert session["energy_wh"] == 400
    assert others == []
