"""Transactions of 2.x as real stacks tell them: in a bad order, unnumbered, under odd names, outside of events."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conformance.wire.stacks import Stack, stack
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.test_upkeep import ShiftedClock, late_house
from tests.integration.wire import at, event

__all__ = ["late_house"]

BOTH = pytest.mark.parametrize("version", ["2.0.1", "2.1"])


async def tell(station: Stack, kind: str, minute: float, *wh: int, **more: Any) -> dict[str, Any]:
    """Tell an event, and return what is said to it."""
    return await station.transact(**event(kind, minute, *wh, **more))


def meter(minute: float, wh: int, evse: int = 1) -> dict[str, Any]:
    """Return a MeterValues of 2.x."""
    told = {"timestamp": at(minute), "sampledValue": [{"value": wh, "context": "Sample.Periodic"}]}
    return {"evseId": evse, "meterValue": [told]}


@pytest.mark.covers("W4")
@BOTH
async def test_an_end_that_comes_after_later_events_stands_and_one_more_changes_nothing(
    shared_house: House, version: str
) -> None:
    async with stack(shared_house, version) as station:
        await tell(station, "Started", 0, 1000)
        for seq in (1, 2, 3):
            await tell(station, "Updated", seq, 1000 + 100 * seq, seq=seq)
        await station.reconnect()
        for seq in range(5, 20):
            await tell(station, "Updated", seq, 1300, seq=seq)
        assert await station.told("active", "energy_wh") == [(True, 300)]
        assert "gap" in (await station.sessions())[0]["flags"], "one event is missing"
        left = {"triggerReason": "EVDeparted", "info": {"stoppedReason": "EVDisconnected"}}
        await tell(station, "Ended", 4, 1300, seq=4, offline=True, **left)
        for _ in range(2):
            await tell(station, "Ended", 25, 1300, seq=0, info={"stoppedReason": "ImmediateReset"})
        (session,) = await station.sessions()
        assert (session["active"], session["energy_wh"], session["ended_at"]) == (False, 300, at(4))
        assert session["reason"] == "EVDisconnected"
        assert "gap" not in session["flags"]


@pytest.mark.covers("W4")
@BOTH
async def test_a_transaction_that_is_named_by_the_answer_to_a_remote_start_is_one_with_its_events(
    shared_house: House, version: str
) -> None:
    async with stack(shared_house, version) as station:
        asking = station.command("remote-start", token="TAG-1", evse=1, remote_start_id=77)
        command = await station.take()
        await station.answer(command, {"status": "Accepted", "transactionId": "tx-early"})
        told = (await asking).json()
        assert told["answer"]["transactionId"] == "tx-early"
        assert await station.sessions() == [], "what has not begun is no session"
        begun = {"name": "tx-early", "triggerReason": "RemoteStart", "info": {"remoteStartId": 77}}
        await tell(station, "Started", 0, 1000, **begun)
        await tell(station, "Ended", 9, 1500, seq=1, name="tx-early")
        (session,) = await station.sessions()
        assert (session["transaction_id"], session["energy_wh"], session["active"]) == ("tx-early", 500, False)


@pytest.mark.covers("W5")
@BOTH
async def test_events_that_are_all_number_0_and_an_end_without_a_reason_are_one_whole_session(
    shared_house: House, version: str
) -> None:
    async with stack(shared_house, version) as station:
        answer = await tell(station, "Started", 0, 1000, info={"remoteStartId": 5})
        assert answer["idTokenInfo"]["status"] == "Accepted"
        for minute in (1, 2, 3):
            await tell(station, "Updated", minute, 1000 + 100 * minute)
        await tell(station, "Ended", 4, 1500)
        (session,) = await station.sessions()
        assert (session["energy_wh"], session["active"], session["reason"]) == (500, False, "Local")
        assert "gap" not in session["flags"]


def nameless(kind: str, minute: float, *wh: int, evse: int | None = 1, **more: Any) -> dict[str, Any]:
    """Return an event of a transaction whose name its station has lost."""
    told = event(kind, minute, *wh, name="0", **more)
    return told if evse is None else told | {"evse": {"id": evse, "connectorId": 1}}


@pytest.mark.covers("W5")
@pytest.mark.parametrize("evse", [1, None], ids=["evse told", "no evse told"])
@pytest.mark.parametrize("forgotten", [False, True], ids=["same house", "house restarted"])
@BOTH
async def test_a_transaction_that_goes_on_under_the_name_0_is_the_one_of_its_evse(
    shared_house: House, version: str, evse: int | None, *, forgotten: bool
) -> None:
    async with stack(shared_house, version) as station:
        await station.say_status("Occupied", 0)
        days = (0, 60)
        for day in days:
            await tell(station, "Started", day, 1000, name=f"local-{day}")
            rest = [nameless("Updated", day + 1, 1100, evse=evse, seq=1)]
            rest.append(
                nameless("Ended", day + 9, 1500, evse=evse, seq=2, idToken={"idToken": "TAG-1", "type": "Central"})
            )
            for said in (*rest, *rest):
                await station.reconnect(forgotten=forgotten)
                await station.transact(**said)
        for day in days:
            await station.transact(**nameless("Updated", day + 5, 1300, evse=evse, seq=1))
        told = await station.told("transaction_id", "energy_wh", "began_at", "ended_at", "active")
        assert told == [(f"local-{day}", 500, at(day), at(day + 9), False) for day in days]


@pytest.mark.covers("W5")
@BOTH
async def test_sessions_of_two_evses_under_the_name_0_stay_apart(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        for evse, name in ((1, "a"), (2, "b")):
            await tell(station, "Started", 0, 1000 * evse, name=name, evse={"id": evse, "connectorId": 1})
        for evse in (2, 1):
            await station.transact(**nameless("Updated", 5, 1000 * evse + 100 * evse, evse=evse, seq=1))
            await station.transact(**nameless("Ended", 9, 1000 * evse + 300 * evse, evse=evse, seq=2))
        told = await station.told("transaction_id", "energy_wh", "active")
        assert sorted(told) == [("a", 300, False), ("b", 600, False)]


@pytest.mark.covers("W5", "Q63")
@BOTH
async def test_sessions_under_the_name_0_of_which_nobody_heard_the_begin_are_one_each(
    shared_house: House, version: str
) -> None:
    async with stack(shared_house, version) as station:
        for day in (0, 60):
            for _ in range(2):
                await station.transact(**nameless("Updated", day + 1, 1100 + day, seq=1))
                await station.transact(**nameless("Ended", day + 9, 1500 + day, seq=2))
        assert await station.told("energy_wh", "ended_at", "active") == [(400, at(9), False), (400, at(69), False)]


@pytest.mark.covers("W5", "Q36")
@pytest.mark.parametrize("told", [{}, {"transactionId": None}, {"transactionId": ""}], ids=["none", "null", "empty"])
@BOTH
async def test_events_without_any_name_are_of_the_session_at_their_evse(
    shared_house: House, version: str, told: dict[str, Any]
) -> None:
    async with stack(shared_house, version) as station:
        for day in (0, 60):
            events = [event("Started", day, 1000), nameless("Updated", day + 5, 1300, seq=1)]
            events.append(nameless("Ended", day + 9, 1500, seq=2))
            for one in (*events, *events):
                one["transactionInfo"] = told
                await station.transact(**one)
        assert await station.told("energy_wh", "began_at", "ended_at", "active") == [
            (500, at(day), at(day + 9), False) for day in (0, 60)
        ]


@pytest.mark.covers("W5")
@BOTH
async def test_a_station_whose_transactions_are_numbered_from_0_is_believed(shared_house: House, version: str) -> None:
    async with stack(shared_house, version) as station:
        end = nameless("Ended", 9, 1500, evse=None, seq=2)
        await station.transact(**event("Started", 0, 1000, name="0"))
        await station.transact(**nameless("Updated", 5, 1200, evse=None, seq=1))
        await station.transact(**end)
        await station.transact(**event("Started", 20, 1500, name="1"))
        await station.transact(**end)
        told = await station.told("transaction_id", "energy_wh", "active")
        assert told == [("0", 500, False), ("1", 0, True)]


@pytest.mark.covers("W6")
async def test_late_events_need_not_say_that_they_are(shared_house: House) -> None:
    async with stack(shared_house, "2.0.1") as station:
        await tell(station, "Started", 0, 1000)
        await station.reconnect()
        await tell(station, "Updated", 3, 1200, seq=1)
        await tell(station, "Ended", 9, 1500, seq=2)
        assert await station.told("energy_wh", "ended_at", "active") == [(500, at(9), False)]


@pytest.mark.covers("W6")
async def test_the_authorize_of_a_session_that_nobody_will_tell_of_is_answered_and_makes_none(
    shared_house: House,
) -> None:
    async with stack(shared_house, "2.0.1") as station:
        await station.reconnect()
        asked = {"idToken": {"idToken": "TAG-1", "type": "ISO14443"}}
        assert (await station.ask("Authorize", asked))["idTokenInfo"]["status"] == "Accepted"
        assert await station.sessions() == []


@pytest.mark.covers("W6", "W8")
@pytest.mark.parametrize("forgotten", [False, True], ids=["same house", "house restarted"])
@BOTH
async def test_a_killed_station_that_resumes_its_transaction_ends_the_same_session(
    shared_house: House, version: str, *, forgotten: bool
) -> None:
    async with stack(shared_house, version) as station:
        await tell(station, "Started", 0, 1000)
        await tell(station, "Updated", 2, 1200, seq=1)
        await station.reconnect(forgotten=forgotten)
        assert await station.boot() == "Accepted"
        assert await station.told("active") == [(True,)]
        await tell(station, "Updated", 5, 1200, seq=2)
        lost = {"triggerReason": "EVCommunicationLost", "info": {"stoppedReason": "EVDisconnected"}}
        await tell(station, "Ended", 9, 1300, seq=3, **lost)
        assert await station.told("energy_wh", "reason", "active", "transaction_id") == [
            (300, "EVDisconnected", False, "tx-1")
        ]


@pytest.mark.covers("W7")
@BOTH
async def test_meter_values_outside_of_events_are_the_energy_of_the_session_at_their_evse(
    shared_house: House, version: str
) -> None:
    async with stack(shared_house, version) as station:
        await tell(station, "Started", 0)
        for minute, wh in ((1, 1000), (5, 1400), (8, 1700)):
            await station.ask("MeterValues", meter(minute, wh))
        await station.ask("MeterValues", meter(8, 90_000, evse=2))
        assert await station.told("energy_wh", "active") == [(700, True)]
        await tell(station, "Ended", 9, seq=1)
        assert await station.told("energy_wh", "active") == [(700, False)]


@pytest.mark.covers("W7", "W8")
@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_a_session_whose_end_was_lost_is_closed_once_its_station_has_booted_and_is_free(
    late_house: tuple[House, ShiftedClock], version: str
) -> None:
    house, clock = late_house

    async def later(**time: float) -> None:
        clock.ahead += timedelta(**time)
        house.node.house.sweep()
        await eventually(lambda: all(actor.idle for actor in house.node.house.actors))

    async with stack(house, version) as station:
        begun = (await begin(station))["active"]
        assert begun
        await later(hours=2)
        assert await station.told("active") == [(True,)], "silence alone ends nothing"
        await station.reconnect()
        assert await station.boot() == "Accepted"
        assert await station.told("active") == [(True,)], "nor does a boot"
        await station.say_status("Available", 60 * 20 + 121)
        await later(seconds=50)
        assert await station.told("active") == [(True,)], "it may still be told"
        await later(seconds=20)
        assert await station.told("active", "energy_wh", "reason", "estimated") == [(False, 300, "Vacated", True)]


async def begin(station: Stack) -> dict[str, Any]:
    """Begin a session that takes 300 Wh, in whatever version."""
    if station.version == "1.6":
        begun = {"connectorId": 1, "idTag": "TAG-1", "meterStart": 1000, "timestamp": at(0)}
        number = (await station.ask("StartTransaction", begun))["transactionId"]
        told = [{"timestamp": at(5), "sampledValue": [{"value": "1300"}]}]
        await station.ask("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": told})
    else:
        await tell(station, "Started", 0, 1000)
        await tell(station, "Updated", 5, 1300, seq=1)
    (session,) = await station.sessions()
    return session
