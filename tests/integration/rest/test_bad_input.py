"""What requests get wrong is refused with the field at fault, and is never a failure of ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House


def faults(answer: httpx.Response) -> list[str]:
    """Return the fields that a refusal names."""
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return [error["path"] for error in answer.json().get("errors", [])]


async def test_a_site_that_there_is_not_is_named(house: House) -> None:
    assert faults(await house.http.post("/stations", json={"id": "A", "site_id": "nowhere"})) == ["/site_id"]
    assert (await house.http.get("/stations/A")).status_code == 404
    await house.register("A")
    assert faults(await house.http.patch("/stations/A", json={"site_id": "nowhere"})) == ["/site_id"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/stations/a%00b", None),
        ("GET", "/stations?q=%00", None),
        ("GET", "/sessions?station=%00", None),
        ("POST", "/tokens", {"value": "a\0b"}),
        ("POST", "/stations", {"id": "A", "site_id": "\0"}),
    ],
)
async def test_a_nul_that_no_column_holds_is_refused(house: House, method: str, path: str, body: Any) -> None:
    faults(await house.http.request(method, path, json=body))


async def test_a_direction_that_there_is_not_is_refused(house: House) -> None:
    await house.register("A")
    assert faults(await house.http.get("/stations/A/frames", params={"direction": "sideways"})) == ["direction"]


async def test_a_search_takes_wildcards_as_they_are_written(house: House) -> None:
    for station in ("A_1", "AB1"):
        await house.register(station)
    found = (await house.http.get("/stations", params={"q": "a_"})).json()["items"]
    assert [station["id"] for station in found] == ["A_1"]
    assert (await house.http.get("/stations", params={"q": "%"})).json()["items"] == []


async def test_a_profile_that_needs_a_password_waits_for_one(house: House) -> None:
    await house.register("A")
    assert (await house.http.patch("/stations/A", json={"security_profile": 1})).status_code == 409
    assert (await house.http.put("/stations/A/password", json={"password": "0123456789abcdef"})).status_code == 204
    assert (await house.http.patch("/stations/A", json={"security_profile": 1})).status_code == 200


async def test_frames_are_listed_up_to_a_time(house: House) -> None:
    station: SimulatedStation = await house.station("A")
    await station.connected.wait()
    await station.heartbeat()
    between = datetime.now(UTC)
    await station.heartbeat()

    async def told() -> list[dict[str, Any]]:
        await house.node.frames.write()
        filters = {"action": "Heartbeat", "direction": "in"}
        found = await house.http.get("/stations/A/frames", params=filters)
        return list(found.json()["items"])

    async def both() -> bool:
        return len(await told()) == 2

    await eventually(both)
    filters = {"action": "Heartbeat", "direction": "in", "until": between.isoformat()}
    (before,) = (await house.http.get("/stations/A/frames", params=filters)).json()["items"]
    assert datetime.fromisoformat(before["at"]) < between
    long_ago = {"until": (between - timedelta(days=1)).isoformat()}
    assert (await house.http.get("/stations/A/frames", params=long_ago)).json()["items"] == []


async def test_a_16_session_has_no_kind_of_token(house: House) -> None:
    await house.token()
    station = await house.station("A", version="1.6")
    station.begin(token="TAG-1")
    await station.drained()
    (session,) = await house.sessions(station="A")
    assert (session["token"], session["token_kind"]) == ("TAG-1", None)
