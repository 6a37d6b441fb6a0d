"""Places where stations stand: kept over REST, and never from under a station's feet."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.integration.conftest import House
from tests.integration.wire import RawStation

DEPOT = {"id": "DEPOT", "name": "Depot", "city": "Ghent", "latitude": 51.05, "longitude": 3.72}


async def test_a_site_is_made_read_found_changed_and_forgotten(house: House) -> None:
    made = await house.http.post("/sites", json=DEPOT)
    assert made.status_code == 201
    told = made.json()
    assert {**told, "created_at": None} == {
        **DEPOT,
        "time_zone": None,
        "stations": 0,
        "created_at": None,
        "version": 1,
    }
    assert (await house.http.get("/sites/DEPOT")).json() == told
    changed = await house.http.patch("/sites/DEPOT", json={"name": "Yard", "time_zone": "Europe/Brussels"})
    assert (changed.json()["name"], changed.json()["city"], changed.json()["version"]) == ("Yard", "Ghent", 2)
    assert changed.json()["time_zone"] == "Europe/Brussels"
    assert (await house.http.delete("/sites/DEPOT")).status_code == 204
    assert (await house.http.get("/sites/DEPOT")).status_code == 404


async def test_sites_are_listed_by_pages_and_found_by_city_and_name(house: House) -> None:
    for n in range(3):
        await house.http.post("/sites", json={**DEPOT, "id": f"S{n}", "name": f"Depot {n}", "city": f"C{n % 2}"})
    first = (await house.http.get("/sites", params={"limit": 2})).json()
    rest = (await house.http.get("/sites", params={"limit": 2, "after": first["next"]})).json()
    assert [site["id"] for site in first["items"] + rest["items"]] == ["S0", "S1", "S2"]
    assert rest["next"] is None
    found = (await house.http.get("/sites", params={"city": "c0", "q": "DEPOT 2"})).json()["items"]
    assert [site["id"] for site in found] == ["S2"]


async def test_a_site_where_stations_stand_is_not_forgotten(house: House) -> None:
    await house.http.post("/sites", json=DEPOT)
    await house.register("CP-1", site_id="DEPOT")
    assert (await house.http.get("/sites/DEPOT")).json()["stations"] == 1
    assert (await house.http.delete("/sites/DEPOT")).status_code == 409
    await house.http.patch("/stations/CP-1", json={"site_id": None})
    assert (await house.http.delete("/sites/DEPOT")).status_code == 204


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"latitude": 91}, "/latitude"),
        ({"longitude": -181}, "/longitude"),
        ({"name": ""}, "/name"),
        ({"time_zone": "Mars/Olympus"}, "/time_zone"),
        ({"time_zone": ""}, "/time_zone"),
        ({"colour": "red"}, "/colour"),
    ],
)
async def test_what_no_site_can_be_is_refused_by_its_name(house: House, change: dict[str, Any], path: str) -> None:
    await house.http.post("/sites", json=DEPOT)
    for answer in (
        await house.http.post("/sites", json={**DEPOT, "id": "B", **change}),
        await house.http.patch("/sites/DEPOT", json=change),
    ):
        assert answer.status_code == 422
        assert [error["path"] for error in answer.json()["errors"]] == [path]


@pytest.mark.covers("Q44")
async def test_times_without_a_zone_are_those_of_the_site_where_a_station_stands(house: House) -> None:
    await house.http.post("/sites", json={**DEPOT, "time_zone": "Asia/Kolkata"})
    await house.register("CP-1", site_id="DEPOT")
    local = datetime.now(ZoneInfo("Asia/Kolkata")).replace(microsecond=0) - timedelta(minutes=30)
    told = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": f"{local:%Y-%m-%dT%H:%M:%S}"}
    async with RawStation(house, "CP-1") as station:
        await station.ask("StatusNotification", told)
    (connector,) = (await house.http.get("/stations/CP-1/connectors")).json()
    assert datetime.fromisoformat(connector["at"]) == local
