"""Stations that take commands in their own way (Q99 to Q105), each through a whole session.

After every test: one record of each real session with its energy, every call of the station answered by a result,
nothing asked twice, and once the stations are gone nothing left of them: no task, no descriptor, no line.
"""

import asyncio
from collections.abc import AsyncIterator

import psutil
import pytest

from simulators.behaviour import Behaviour, Commands, Unsupported
from tests.conformance.scenes import TAG, Scene, Stage
from tests.eventually import eventually


def sockets(port: int) -> list[str]:
    """Return the sockets of this process that have anything to do with a port, but for those that listen."""
    found = psutil.Process().net_connections("tcp")
    ends = ((one, end) for one in found if one.status != psutil.CONN_LISTEN for end in (one.laddr, one.raddr))
    return [str(one) for one, end in ends if end and end.port == port]


@pytest.fixture(autouse=True)
async def nothing_is_left(stage: Stage) -> AsyncIterator[None]:
    """Look at what the stations of a test leave behind when they are gone."""
    yield
    for scene in stage.scenes:
        await scene.prove()
        await scene.station.stop()
    listener, house = stage.house.node.listeners[0], stage.house.node.house
    await eventually(lambda: len(listener) == 0)
    await eventually(lambda: all(not actor.line and actor.idle for actor in house.actors))
    await eventually(lambda: not sockets(listener.port))
    names = {scene.station.station for scene in stage.scenes}
    await eventually(lambda: not [task for task in asyncio.all_tasks() if names & set(task.get_name().split("/"))])


async def charged(scene: Scene, wh: int, reason: str = "Local") -> None:
    """Check that there is one record of one session, with its energy."""
    await scene.drained()
    session = await scene.session()
    assert (session["active"], session["energy_wh"], session["reason"]) == (False, wh, reason)


@pytest.mark.covers("Q99")
async def test_q99_a_remote_start_is_accepted_and_nothing_begins(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(commands=Commands.ACCEPT_NO_EFFECT))
    assert await scene.command("remote-start", token=TAG, evse=1) == {"status": "Accepted"}
    await scene.is_still_there()
    assert await scene.sessions() == []
    assert len(scene.asked) == 1, "it is not asked again"


@pytest.mark.parametrize("habit", [Commands.REJECT, Commands.ACCEPT_NO_EFFECT])
@pytest.mark.covers("Q101")
async def test_q101_a_remote_stop_is_refused_or_has_no_effect(stage: Stage, habit: Commands) -> None:
    scene = await stage.charging(behaviour=Behaviour(commands=habit))
    scene.station.charge(wh=200)
    answer = await scene.command("remote-stop", transaction=str((await scene.session())["number"]))
    assert answer == {"status": "Rejected" if habit is Commands.REJECT else "Accepted"}
    await scene.drained()
    assert (await scene.session())["active"], "only the station's own word ends a session"
    scene.station.charge(wh=100)
    scene.station.end()
    await charged(scene, 300)
    assert len(scene.asked) == 1


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1])
@pytest.mark.covers("Q101", "Q62", "Q67")
async def test_q101_a_station_that_does_not_know_our_number_is_stopped_all_the_same(stage: Stage, number: int) -> None:
    scene = await stage.charging(behaviour=Behaviour(transaction_id=number))
    scene.station.charge(wh=400)
    answer = await scene.command("remote-stop", transaction=str((await scene.session())["number"]))
    assert answer == {"status": "Accepted"}
    assert (await scene.answered("StopTransaction")).payload["transactionId"] == number
    await charged(scene, 400, "Remote")


@pytest.mark.parametrize(
    "habit", [Commands.OBEY, Commands.REJECT, Commands.ACCEPT_NO_EFFECT, Commands.EFFECT_NO_ANSWER]
)
@pytest.mark.covers("Q103")
async def test_q103_a_reset_costs_no_session_whatever_comes_of_it(stage: Stage, habit: Commands) -> None:
    scene = await stage.charging(behaviour=Behaviour(commands=habit, reconnect_s=0.05))
    scene.station.charge(wh=150)
    await scene.drained()
    told = await scene.house.http.post(f"{scene.address}/commands/reset", json={"immediate": True})
    assert told.status_code == (504 if habit is Commands.EFFECT_NO_ANSWER else 200), told.text
    if habit in {Commands.OBEY, Commands.EFFECT_NO_ANSWER}:
        await scene.booted_again(2)
    assert len(scene.orders("Reset")) == 1, "it is never sent twice"
    scene.station.charge(wh=50)
    scene.station.end(reason="HardReset")
    await charged(scene, 200, "HardReset")


@pytest.mark.parametrize(
    ("habits", "outcome"),
    [
        (Behaviour(commands=Commands.REJECT_ZERO), "Rejected"),
        (Behaviour(commands=Commands.ACCEPT_NO_EFFECT), "Accepted"),
        (Behaviour(commands=Commands.EFFECT_FIRST, slow_s=0.05), "Accepted"),
        (Behaviour(unsupported=Unsupported.NOT_SUPPORTED), "NotSupported"),
        (Behaviour(unsupported=Unsupported.STATUS), "NotSupported"),
    ],
)
@pytest.mark.covers("Q104", "Q40")
async def test_q104_triggers_are_refused_ignored_or_answered_late(
    stage: Stage, habits: Behaviour, outcome: str
) -> None:
    scene = await stage.booted(behaviour=habits)
    before = len(scene.calls("StatusNotification"))
    told = await scene.attempt("trigger", message="StatusNotification", evse=0)
    assert outcome in {told["answer"] and told["answer"]["status"], told["error"] and told["error"]["code"]}
    if habits.commands is Commands.EFFECT_FIRST:
        assert await scene.command("trigger", message="StatusNotification", evse=1) == {"status": "Accepted"}
        await scene.answered("StatusNotification", before + 1)
    await scene.is_still_there()


@pytest.mark.covers("Q105", "16-CORE-20", "W21")
async def test_q105_availability_is_scheduled_until_the_session_is_over(stage: Stage) -> None:
    scene = await stage.charging()
    assert await scene.command("change-availability", operative=False, evse=1) == {"status": "Scheduled"}
    assert (await scene.shows("Charging"))["status"] == "Charging", "only what the station reports is so"
    scene.station.charge(wh=100)
    scene.station.end()
    await charged(scene, 100)
    await scene.station.change_status(1, "Unavailable")
    await scene.shows("Unavailable")


@pytest.mark.covers("Q105", "16-CORE-20")
async def test_q105_availability_is_refused_for_the_station_and_undone_by_a_boot(stage: Stage) -> None:
    scene = await stage.booted(behaviour=Behaviour(commands=Commands.REJECT_ZERO, reconnect_s=0.05))
    assert await scene.command("change-availability", operative=False) == {"status": "Rejected"}
    assert await scene.command("change-availability", operative=False, evse=1) == {"status": "Accepted"}
    await scene.station.change_status(1, "Unavailable")
    await scene.shows("Unavailable")
    scene.station.evses[1].status = "Available"
    await scene.station.reboot()
    await scene.booted_again(2)
    await scene.shows("Available")
    assert len(scene.asked) == 2, "nothing is sent unasked"


@pytest.mark.covers("Q119", "Q52")
async def test_q119_stations_that_all_beat_at_once_are_all_answered(stage: Stage) -> None:
    scenes = [await stage.booted() for _ in range(8)]
    loop = asyncio.get_running_loop()
    began = loop.time()
    await asyncio.gather(*(scene.station.heartbeat() for scene in scenes for _ in range(10)))
    assert loop.time() - began < 5
    assert [len(scene.calls("Heartbeat")) for scene in scenes] == [10] * 8
