"""What 1.6 stations call their transactions, and what they say around them: one true record of each all the same."""

import asyncio
import itertools
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.wire import RawStation, at, start, stop, values


async def only_session(house: House, station: str = "CP-1", **filters: Any) -> dict[str, Any]:
    (session,) = await house.sessions(station=station, **filters)
    return session


@pytest.mark.parametrize("reported", [(0,), (1,), (0, 1)])
@pytest.mark.covers("Q55", "Q90")
async def test_values_on_connector_0_are_of_the_only_connector(house: House, reported: tuple[int, ...]) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        for connector in reported:
            status = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
            await station.ask("StatusNotification", status)
        await station.ask("StartTransaction", start(0, 0))
        await station.ask("MeterValues", values(5, 700, connector=0))
    assert (await only_session(house))["energy_wh"] == 700


@pytest.mark.covers("Q55", "Q90")
async def test_values_on_connector_0_of_a_station_with_two_are_of_no_session(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.ask("StartTransaction", start(0, 1000))
        await station.ask("StartTransaction", start(1, 1000, connectorId=2))
        await station.ask("MeterValues", values(5, 90_000, connector=0))
    assert [session["energy_wh"] for session in await house.sessions(station="CP-1")] == [0, 0]


STATUSES = ["Preparing", "Charging", "SuspendedEV", "Finishing", "Available"]


@pytest.mark.parametrize("order", list(itertools.permutations(STATUSES))[::17])
@pytest.mark.covers("Q56", "Q57", "Q59")
async def test_no_order_of_statuses_touches_a_session(house: House, order: tuple[str, ...]) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        for minute, status in enumerate(order):
            told = {"connectorId": 1, "errorCode": "NoError", "status": status, "timestamp": at(minute)}
            await station.ask("StatusNotification", told)
            await station.ask("MeterValues", values(minute, 1000 + 100 * minute, transactionId=number))
        assert (await only_session(house))["active"] is True
        await station.ask("StopTransaction", stop(9, 2000, number))
    session = await only_session(house)
    assert (session["energy_wh"], session["ended_at"], session["estimated"]) == (1000, at(9), False)
    (connector,) = (await house.http.get("/stations/CP-1/connectors")).json()
    assert connector["status"] == order[-1]


@pytest.mark.covers("Q61")
async def test_a_crowd_of_new_stations_reports_its_first_statuses_at_once(house: House) -> None:
    names = [f"CP-{n}" for n in range(40)]
    for name in names:
        await house.register(name)

    async def arrive(name: str) -> None:
        async with RawStation(house, name) as station:
            assert await station.boot() == "Accepted"
            for connector in range(3):
                status = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
                await station.ask("StatusNotification", status)

    await asyncio.gather(*map(arrive, names))
    for name in names[::10]:
        connectors = (await house.http.get(f"/stations/{name}/connectors")).json()
        assert [connector["evse"] for connector in connectors] == [0, 1, 2]


@pytest.mark.parametrize("odd", [0, -1, 2**31, 2**63 - 1, 2**70, None, "", "0", "-1", "abc", 1.5, "missing"])
@pytest.mark.covers("Q62", "Q35", "Q36", "TX-03")
async def test_a_stop_with_any_nonsense_for_an_id_ends_the_open_session(house: House, odd: object) -> None:
    await house.register("CP-1")
    message = stop(10, 3000, odd, idTag="TAG-1")
    if odd == "missing":
        del message["transactionId"]
    async with RawStation(house, "CP-1") as station:
        await station.ask("StartTransaction", start(0, 1000))
        await station.ask("MeterValues", values(5, 2000, transactionId=odd))
        await station.ask("StopTransaction", message)
    session = await only_session(house)
    assert (session["energy_wh"], session["active"], session["ended_at"]) == (2000, False, at(10))


@pytest.mark.covers("Q62")
async def test_an_id_told_as_text_is_the_number_that_it_says(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.ask("MeterValues", values(5, 1500, transactionId=str(number)))
        await station.ask("StopTransaction", stop(10, 3000, str(number)))
    session = await only_session(house)
    assert (session["energy_wh"], session["active"], session["number"]) == (2000, False, number)


@pytest.mark.parametrize("odd", [-1, 0, None])
@pytest.mark.covers("Q62", "TX-03", "TX-20")
async def test_a_nameless_stop_ends_the_session_of_its_tag_among_several(house: House, odd: int | None) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.ask("StartTransaction", start(0, 1000, idTag="TAG-1"))
        await station.ask("StartTransaction", start(1, 9000, idTag="TAG-2", connectorId=2))
        await station.ask("StopTransaction", stop(10, 9500, odd, idTag="tag-2"))
    ended = await only_session(house, active=False)
    assert (ended["token"], ended["energy_wh"]) == ("TAG-2", 500)


@pytest.mark.parametrize("odd", [-1, 0, 2**63 - 1])
@pytest.mark.covers("Q62", "Q63", "TX-20")
async def test_stops_of_different_lost_sessions_under_one_id_stay_apart(house: House, odd: int) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        for day, (first, last) in enumerate([(1000, 3000), (3000, 4500), (4500, 4600)]):
            data = [
                {"timestamp": at(60 * day), "sampledValue": [{"value": str(first), "context": "Transaction.Begin"}]}
            ]
            await station.ask("StopTransaction", stop(60 * day + 30, last, odd, idTag="TAG-1", transactionData=data))
    sessions = await house.sessions(station="CP-1")
    assert sorted(session["energy_wh"] for session in sessions) == [100, 1500, 2000]
    assert all("begin-missing" in session["flags"] and not session["active"] for session in sessions)


@pytest.mark.parametrize("odd", [-1, 0])
@pytest.mark.covers("Q62", "Q63", "Q66")
async def test_a_stop_of_a_lost_session_told_again_is_one(house: House, odd: int) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        for _ in range(2):
            await station.ask("StopTransaction", stop(30, 3000, odd))
            await station.ask("StopTransaction", stop(90, 4000, odd))
            await station.reconnect(forgotten=True)
    assert len(await house.sessions(station="CP-1")) == 2


@pytest.mark.parametrize("odd", [-1, 0])
@pytest.mark.covers("Q62", "Q75", "Q66")
async def test_a_nameless_stop_told_again_ends_nothing_else(house: House, odd: int) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.ask("StartTransaction", start(0, 1000))
        await station.ask("StopTransaction", stop(10, 3000, odd, idTag="TAG-1"))
        await station.ask("StopTransaction", stop(10, 3000, odd, idTag="TAG-1"))
        await station.ask("StartTransaction", start(20, 3000))
        await station.ask("StopTransaction", stop(10, 3000, odd, idTag="TAG-1"))
    second, first = await house.sessions(station="CP-1")
    assert (first["energy_wh"], first["active"]) == (2000, False)
    assert (second["energy_wh"], second["active"]) == (0, True)


@pytest.mark.parametrize("odd", [-1, 0])
@pytest.mark.covers("Q62", "Q75", "Q67")
async def test_nameless_values_long_after_a_session_are_not_its_energy(house: House, odd: int) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        number = (await station.ask("StartTransaction", start(0, 1000)))["transactionId"]
        await station.ask("StopTransaction", stop(10, 3000, number))
        await station.ask("MeterValues", values(11, 3003, transactionId=odd))
        await station.ask("MeterValues", values(300, 9000, transactionId=odd))
    *lost, session = await house.sessions(station="CP-1")
    assert (session["energy_wh"], session["ended_at"]) == (2003, at(10))
    assert "heard-after-end" not in session["flags"]
    assert [one["active"] for one in lost] == ([True] if odd == -1 else []), "-1 is said where a start got no answer"


@pytest.mark.covers("Q67")
async def test_a_station_with_one_connector_and_numbers_of_its_own_ends_its_session(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.ask("StartTransaction", start(0, 1000))
        await station.ask("MeterValues", values(5, 2000, transactionId=17))
        await station.ask("StopTransaction", stop(10, 3000, 17))
    session = await only_session(house)
    assert (session["energy_wh"], session["ended_at"]) == (2000, at(10))


@pytest.mark.covers("Q67", "Q63", "Q71")
async def test_a_stop_of_an_older_house_leaves_the_session_of_today_alone(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.ask("StartTransaction", start(0, 1000))
        await station.ask("StopTransaction", stop(-600, 900, 17))
    going = await only_session(house, active=True)
    ended = await only_session(house, active=False)
    assert (going["energy_wh"], ended["transaction_id"]) == (0, "17")


@pytest.mark.covers("Q76")
async def test_values_of_a_session_that_the_house_lost_make_it_again(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        for minute in range(5):
            await station.ask("MeterValues", values(minute, 1000 + 100 * minute, transactionId=815))
        assert (await only_session(house))["active"] is True
        await station.ask("StopTransaction", stop(5, 1500, 815))
    session = await only_session(house)
    assert (session["energy_wh"], session["active"], session["number"]) == (500, False, None)
    assert "begin-missing" in session["flags"]
