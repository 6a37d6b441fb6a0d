"""Reservations at stations with habits: what time ends, what simulated stations make of it, and how all is listed."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from csms.kit.clock import SystemClock
from simulators.behaviour import Behaviour, Commands, Reservations
from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.reserving import CP, kept, listed, reserved, until, wish
from tests.integration.wire import RawStation

StartHouse = Callable[..., Awaitable[House]]


class ShiftedClock(SystemClock):
    """The real time, and as much as a test adds to it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.mark.covers("Q113", "16-RES-05")
async def test_time_ends_what_a_station_never_ends_and_what_is_read_again_is_the_same(
    start_house: StartHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = ShiftedClock()
    monkeypatch.setattr("csms.node.foundation.SystemClock", lambda: clock)
    house = await start_house(upkeep_settle_s=0)
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        reservation = await reserved(house, station)
        await station.reconnect(forgotten=True)
        await station.ask("Heartbeat", {})
        clock.ahead += timedelta(hours=2)
        shown = await kept(house, reservation["id"])
        assert (shown["phase"], shown["ended_at"]) == ("expired", shown["expires_at"]), "at once, for readers"

        async def on_record() -> bool:
            house.node.house.sweep()
            return (await house.node.pool.fetchval("SELECT ending FROM reservations")) == "expired"

        await eventually(on_record)
        assert await kept(house, reservation["id"]) == shown
        start = {"connectorId": 1, "idTag": "TAG-1", "meterStart": 0, "timestamp": until(0.5)}
        await station.reconnect(forgotten=True)
        await station.ask("StartTransaction", start | {"reservationId": reservation["number"]})
        assert (await kept(house, reservation["id"]))["phase"] == "used", "the driver was in time"


@pytest.mark.covers("Q113")
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize("habit", list(Reservations))
async def test_reservations_survive_every_habit_of_stations(house: House, version: str, habit: Reservations) -> None:
    await house.token()
    station = await house.station("CP-1", version=version, behaviour=Behaviour(reservations=habit))
    await asyncio.wait_for(station.connected.wait(), 10)
    answer = await house.http.post(f"{CP}/commands/reserve", json=wish())
    reservation = await kept(house, answer.json()["call_id"])
    if habit is Reservations.REFUSE:
        assert reservation["phase"] == "refused"
        return
    body = {"reservation_id": reservation["number"]}
    if habit is Reservations.STUBBORN:
        answer = await house.http.post(f"{CP}/commands/cancel-reservation", json=body)
        assert answer.json()["answer"] == {"status": "Rejected"}
    assert await station.present(1, "TAG-1")
    await station.drained()
    assert (await kept(house, reservation["id"]))["phase"] == "used"
    assert len(await house.sessions()) == 1


@pytest.mark.covers("16-GEN-08", "Q99")
async def test_a_station_that_agrees_and_does_nothing_is_believed_until_the_time_is_over(house: House) -> None:
    station = await house.station("CP-1", behaviour=Behaviour(commands=Commands.ACCEPT_NO_EFFECT))
    await asyncio.wait_for(station.connected.wait(), 10)
    answer = await house.http.post(f"{CP}/commands/reserve", json=wish(expires_at=until(0.0008)))
    reservation = await kept(house, answer.json()["call_id"])
    assert reservation["phase"] == "active"

    async def over() -> bool:
        return (await kept(house, reservation["id"]))["phase"] == "expired"

    await eventually(over)


@pytest.mark.covers("TC_H_01", "TC_H_08", "TC_H_14", "TC_H_17", "TC_H_19")
async def test_any_evse_may_be_reserved_once_for_each_and_no_more(house: House) -> None:
    await house.token("TAG-1")
    station = await house.station("CP-1", version="2.0.1", evses=2)
    await asyncio.wait_for(station.connected.wait(), 10)

    async def ask(**more: Any) -> httpx.Response:
        body = {name: value for name, value in wish(**more).items() if name != "evse"}
        return await house.http.post(f"{CP}/commands/reserve", json=body)

    answers = [await ask(), await ask(group="FAMILY"), await ask()]
    assert [answer.json()["answer"]["status"] for answer in answers[:2]] == ["Accepted", "Accepted"]
    assert {evse.status for evse in station.evses.values()} == {"Reserved"}
    assert answers[2].json()["answer"]["status"] == "Occupied"
    assert [one["phase"] for one in await listed(house)] == ["refused", "active", "active"]


async def test_reservations_are_listed_by_pages_of_one_station_or_of_all(house: House) -> None:
    for name in ("CP-1", "CP-2"):
        station = await house.station(name)
        await asyncio.wait_for(station.connected.wait(), 10)
    for n in range(5):
        place = f"/stations/CP-{1 + n % 2}/commands/reserve"
        assert (await house.http.post(place, json=wish(reservation_id=n + 1))).status_code == 200
    first = (await house.http.get("/reservations", params={"limit": 3})).json()
    second = (await house.http.get("/reservations", params={"limit": 3, "after": first["next"]})).json()
    assert [one["number"] for one in first["items"] + second["items"]] == [5, 4, 3, 2, 1]
    assert second["next"] is None
    assert {one["station_id"] for one in await listed(house, station="cp-2")} == {"CP-2"}
    assert [one["number"] for one in await listed(house, number=3)] == [3]
    answer = await house.http.get("/reservations", params={"phase": "lost"})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "phase")
    assert (await house.http.get("/reservations/none")).status_code == 404
