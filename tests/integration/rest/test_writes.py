"""Writes that are sent again, commands that are not waited for."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from csms.web.idempotency import MAX_KEY
from simulators.behaviour import Behaviour, Commands
from tests.eventually import eventually
from tests.integration.conftest import House


async def test_a_write_that_is_sent_again_is_done_once_and_answered_the_same(house: House) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await house.http.post("/tokens", json={"value": "T-1"}, headers=headers)
    again = await house.http.post("/tokens", json={"value": "T-1"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["content-type"] == first.headers["content-type"]
    assert len((await house.http.get("/tokens")).json()["items"]) == 1


async def test_a_refusal_is_answered_the_same_too(house: House) -> None:
    await house.register("A")
    headers = {"Idempotency-Key": "twice"}
    first = await house.http.post("/stations", json={"id": "A"}, headers=headers)
    assert first.status_code == 409
    assert (await house.http.delete("/stations/A")).status_code == 204
    again = await house.http.post("/stations", json={"id": "A"}, headers=headers)
    assert (again.status_code, again.json()) == (409, first.json())


async def test_a_key_is_for_one_request_only(house: House) -> None:
    headers = {"Idempotency-Key": "one"}
    assert (await house.http.post("/tokens", json={"value": "T-1"}, headers=headers)).status_code == 201
    for method, path, body in (
        ("POST", "/tokens", {"value": "T-2"}),
        ("POST", "/stations", {"value": "T-1"}),
        ("POST", "/tokens?x=1", {"value": "T-1"}),
    ):
        other = await house.http.request(method, path, json=body, headers=headers)
        assert other.status_code == 422, other.text
        assert "another request" in other.json()["detail"]


async def test_keys_of_other_length_are_refused_and_of_strangers_kept_out(house: House) -> None:
    for key in ("", "k" * (MAX_KEY + 1)):
        answer = await house.http.post("/tokens", json={"value": "T"}, headers={"Idempotency-Key": key})
        assert answer.status_code == 422
    stranger = {"Idempotency-Key": "good", "X-API-Key": "wrong"}
    assert (await house.http.post("/tokens", json={"value": "T"}, headers=stranger)).status_code == 401
    assert await house.node.pool.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_reading_takes_no_note_of_keys(house: House) -> None:
    for _ in range(2):
        answer = await house.http.get("/tokens", headers={"Idempotency-Key": "k"})
        assert "idempotency-replayed" not in answer.headers


async def test_twins_at_the_same_time_are_one(house: House) -> None:
    station = await house.station("A", behaviour=Behaviour(commands=Commands.OBEY))
    assert station is not None
    await eventually(lambda: _is_online(house, "A"))
    headers = {"Idempotency-Key": "reset"}
    answers = await asyncio.gather(
        *(house.http.post("/stations/A/commands/clear-cache", headers=headers) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}
    calls = (await house.http.get("/stations/A/calls")).json()["items"]
    assert len(calls) == 1


async def test_a_key_outlives_a_restart_and_holds_on_another_node(
    start_house: Callable[..., Awaitable[House]],
) -> None:
    one, other = await start_house(), await start_house()
    for n in range(20):  # each at once: who has the answer may ask again before anything else happens
        headers, token = {"Idempotency-Key": f"anywhere-{n}"}, {"value": f"T-{n}"}
        first = await one.http.post("/tokens", json=token, headers=headers)
        again = await other.http.post("/tokens", json=token, headers=headers)
        assert again.json() == first.json()
        assert again.headers["idempotency-replayed"] == "true"


async def test_a_command_need_not_be_waited_for(house: House) -> None:
    await house.station("A")
    await eventually(lambda: _is_online(house, "A"))
    promised = await house.http.post("/stations/A/commands/clear-cache", headers={"Prefer": "respond-async"})
    assert promised.status_code == 202
    assert promised.json()["outcome"] == "Open"
    assert promised.headers["preference-applied"] == "respond-async"
    place = promised.headers["location"].removeprefix("/api/v1")
    assert (await house.http.get(place)).status_code == 200

    async def ended() -> bool:
        return (await house.http.get(place)).json()["outcome"] == "Answered"

    await eventually(ended)
    assert json.loads((await house.http.get(place)).json()["answer"])["status"]


async def test_a_promise_is_kept_when_the_station_says_nothing(start_house: Callable[..., Awaitable[House]]) -> None:
    house = await start_house(call_timeout_s=1.0)
    await house.station("A", behaviour=Behaviour(commands=Commands.MUTE))
    await eventually(lambda: _is_online(house, "A"))
    promised = await house.http.post("/stations/A/ocpp/ClearCache", json={}, headers={"Prefer": "respond-async"})
    place = promised.headers["location"].removeprefix("/api/v1")

    async def ended() -> bool:
        return (await house.http.get(place)).json()["outcome"] == "TimedOut"

    await eventually(ended)


async def test_an_unsafe_command_that_timed_out_is_not_sent_again(start_house: Callable[..., Awaitable[House]]) -> None:
    house = await start_house(call_timeout_s=1.0)
    await house.station("A", behaviour=Behaviour(commands=Commands.MUTE))
    await eventually(lambda: _is_online(house, "A"))
    headers = {"Idempotency-Key": "unlock"}
    for _ in range(2):
        answer = await house.http.post("/stations/A/commands/clear-cache", headers=headers)
        assert answer.status_code == 504
    assert len((await house.http.get("/stations/A/calls")).json()["items"]) == 1


async def _is_online(house: House, station: str) -> bool:
    return bool((await house.http.get(f"/stations/{station}")).json()["online"])
