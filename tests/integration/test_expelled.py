"""A station that is taken out of the network, or must prove more than it did, keeps neither its line nor its pen."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.eventually import eventually
from tests.integration.conftest import House
from tests.integration.strait import strait_to
from tests.integration.wire import RawStation, start

NOT_ALLOWED = 1008
PASSWORD = "0123456789abcdef"
StartHouse = Callable[..., Awaitable[House]]


async def close_code(station: RawStation) -> int | None:
    """Wait for the end of the line, and return the code that it was closed with."""
    await asyncio.wait_for(station.socket.wait_closed(), 20)
    return station.socket.close_code


async def two_nodes(start_house: StartHouse) -> tuple[House, House]:
    """Return a node that only takes stations, and one that only serves the API."""
    gateway = await start_house(roles=frozenset({"gateway"}), health_port=0)
    return gateway, await start_house(roles=frozenset({"api"}))


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_station_that_is_removed_loses_its_line_on_whatever_node_it_stands(
    start_house: StartHouse, version: str
) -> None:
    gateway, api = await two_nodes(start_house)
    await api.register("CP-1")
    async with RawStation(gateway, "CP-1", version) as station:
        await station.boot()
        assert (await api.http.delete("/stations/CP-1")).status_code == 204
        assert await close_code(station) == NOT_ALLOWED
        with pytest.raises(InvalidStatus) as refused:
            await station.__aenter__()
        assert refused.value.response.status_code == 404


async def test_what_a_removed_station_still_says_is_neither_kept_nor_acknowledged(
    start_house: StartHouse, redis_url: str, database: str
) -> None:
    async with strait_to(redis_url) as strait:
        house = await start_house(redis=strait.url)
        await house.register("CP-1")
        await house.token()
        async with RawStation(house, "CP-1") as station:
            await station.boot()
            strait.close()  # nobody can tell the gateway; the database can
            assert (await house.http.delete("/stations/CP-1")).status_code == 204
            with pytest.raises(ConnectionClosed):
                await station.say("StartTransaction", start(0))
        assert await house.sessions() == []
        await strait.open()


async def test_a_line_whose_station_was_removed_while_nobody_could_tell_is_closed_afterwards(
    start_house: StartHouse, redis_url: str
) -> None:
    async with strait_to(redis_url) as strait:
        gateway = await start_house(redis=strait.url)
        api = await start_house(roles=frozenset({"api"}))
        await api.register("CP-1")
        async with RawStation(gateway, "CP-1") as station:
            await station.boot()
            strait.close()
            await eventually(lambda: not gateway.node.directory.available)
            assert (await api.http.delete("/stations/CP-1")).status_code == 204
            await station.ask("Heartbeat", {})
            await strait.open()
            assert await close_code(station) == NOT_ALLOWED


async def test_a_removed_station_that_is_registered_anew_begins_with_a_clean_record(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        await station.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Faulted"})
        await house.http.delete("/stations/CP-1")
        await close_code(station)
    await house.register("CP-1")
    found = (await house.http.get("/stations/CP-1")).json()
    assert (found["connectors"], found["registration"], found["online"]) == ([], None, False)
    async with RawStation(house, "CP-1") as again:
        assert await again.boot() == "Accepted"
        await again.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})
    assert (await house.http.get("/stations/CP-1/connectors")).json()[0]["status"] == "Available"


@pytest.mark.covers("SEC-02")
async def test_a_line_of_a_lower_security_profile_than_the_station_must_have_is_closed(house: House) -> None:
    await house.register("CP-1", password=PASSWORD)
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        assert (await house.http.patch("/stations/CP-1", json={"security_profile": 1})).status_code == 200
        assert await close_code(station) == NOT_ALLOWED
        with pytest.raises(InvalidStatus) as refused:
            await station.__aenter__()
        assert refused.value.response.status_code == 401
    await eventually(lambda: _is_offline(house))


async def _is_offline(house: House) -> bool:
    return (await house.http.get("/stations/CP-1")).json()["online"] is False


@pytest.mark.covers("Q22", "SEC-16")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"security_profile": 0}),
        ("PATCH", "", {"heartbeat_s": 60, "boot_policy": "pending"}),
        ("PUT", "/password", {"password": "another-password"}),
    ],
)
async def test_no_other_change_costs_a_station_its_line(
    house: House, method: str, path: str, body: dict[str, Any]
) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        assert (await house.http.request(method, f"/stations/CP-1{path}", json=body)).is_success
        await station.ask("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"})


async def test_a_password_that_others_know_may_be_changed_with_the_line_cut(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        changed = await house.http.put("/stations/CP-1/password", json={"password": PASSWORD, "cut": True})
        assert changed.status_code == 204
        assert await close_code(station) == NOT_ALLOWED


async def test_a_command_to_a_station_that_is_removed_meanwhile_ends_at_once(house: House) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1") as station:
        await station.boot()
        asked = await house.http.post("/stations/CP-1/commands/clear-cache", headers={"Prefer": "respond-async"})
        assert (await station.take())[2] == "ClearCache"
        await house.http.delete("/stations/CP-1")
        assert await close_code(station) == NOT_ALLOWED
        call = asked.json()["call_id"]
        pool = house.node.pool
        outcome = "SELECT outcome FROM station_calls WHERE id = $1"
        assert await eventually(lambda: pool.fetchval(outcome, call)) == "Disconnected"
