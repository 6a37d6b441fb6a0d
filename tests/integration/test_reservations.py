"""Reservations in every version: what stations answer, what they tell later, and what is kept of it."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integration.conftest import House
from tests.integration.reserving import CP, began, cancelled, kept, listed, reserved, until, wish
from tests.integration.wire import RawStation

VERSIONS = ("1.6", "2.0.1", "2.1")


@pytest.fixture(params=VERSIONS)
async def at_work(house: House, request: pytest.FixtureRequest) -> Any:
    """A station of each version that was accepted."""
    await house.token("TAG-1", group="FAMILY")
    await house.token("TAG-2", group="FAMILY")
    await house.token("TAG-3")
    await house.register("CP-1")
    async with RawStation(house, "CP-1", request.param) as station:
        assert await station.boot() == "Accepted"
        yield house, station, request.param


AtWork = tuple[House, RawStation, str]
STATUSES = ("Accepted", "Faulted", "Occupied", "Rejected", "Unavailable", "accepted", "Whatever")


@pytest.mark.covers("16-RES-01", "16-GEN-08", "16-LAL-06")
@pytest.mark.parametrize("status", STATUSES)
async def test_what_the_station_answers_is_what_the_reservation_is(at_work: AtWork, status: str) -> None:
    house, station, _ = at_work
    reservation = await reserved(house, station, status, group="FAMILY")
    accepted = status.lower() == "accepted"
    assert reservation["phase"] == ("active" if accepted else "refused")
    assert reservation["status"] == ("Accepted" if accepted else status)
    told = {name: reservation[name] for name in ("station_id", "evse", "token", "group")}
    assert told == {"station_id": "CP-1", "evse": 1, "token": "TAG-1", "group": "FAMILY"}
    assert await listed(house, phase=reservation["phase"], token="tag-1") == [reservation]
    assert await station.unasked()


@pytest.mark.covers("16-RES-05", "16-CORE-12", "TX-28", "TC_046")
async def test_a_session_that_names_its_reservation_uses_it(at_work: AtWork) -> None:
    house, station, version = at_work
    reservation = await reserved(house, station)
    await began(station, version, reservation["number"])
    after = await kept(house, reservation["id"])
    (session,) = await house.sessions()
    assert (after["phase"], after["transaction_id"]) == ("used", session["transaction_id"])
    await cancelled(house, station, reservation["number"], "Accepted")
    assert (await kept(house, reservation["id"]))["phase"] == "used", "nothing overrides a use"


@pytest.mark.covers("Q113", "Q80")
@pytest.mark.parametrize(("number", "token"), [(None, "tag-1"), (-1, "TAG-1"), (0, "TAG-1"), (None, "TAG-2")])
async def test_a_session_that_names_none_uses_that_of_its_token_or_group(
    at_work: AtWork, number: int | None, token: str
) -> None:
    house, station, version = at_work
    reservation = await reserved(house, station, group="FAMILY")
    await began(station, version, number, token)
    assert (await kept(house, reservation["id"]))["phase"] == "used"


@pytest.mark.covers("Q113")
async def test_a_session_of_somebody_else_leaves_the_reservation(at_work: AtWork) -> None:
    house, station, version = at_work
    reservation = await reserved(house, station, group="FAMILY")
    await began(station, version, None, "TAG-3")
    assert (await kept(house, reservation["id"]))["phase"] == "active"
    assert len(await house.sessions()) == 1


@pytest.mark.covers("16-RES-04", "TC_051", "TC_052", "Q113")
async def test_cancelling_is_as_the_station_answers(at_work: AtWork) -> None:
    house, station, _ = at_work
    reservation = await reserved(house, station)
    await cancelled(house, station, reservation["number"], "Rejected")
    await cancelled(house, station, reservation["number"] + 1, "Accepted")
    assert (await kept(house, reservation["id"]))["phase"] == "active"
    await cancelled(house, station, reservation["number"], "Accepted")
    assert (await kept(house, reservation["id"]))["phase"] == "cancelled"


@pytest.mark.covers("16-RES-05")
@pytest.mark.parametrize("word", ["Faulted", "Unavailable"])
async def test_a_breakdown_ends_it(at_work: AtWork, word: str) -> None:
    house, station, version = at_work
    reservation = await reserved(house, station)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    status = {"connectorId": 1, "errorCode": "OtherError", "status": word, "timestamp": now}
    if version != "1.6":
        status = {"timestamp": now, "connectorStatus": word, "evseId": 1, "connectorId": 1}
    await station.ask("StatusNotification", status)
    assert (await kept(house, reservation["id"]))["phase"] == "removed"


@pytest.mark.covers("TC_H_07", "TC_H_20")
@pytest.mark.parametrize(
    ("version", "word", "state"),
    [
        ("2.0.1", "Expired", "expired"),
        ("2.0.1", "Removed", "removed"),
        ("2.1", "Expired", "expired"),
        ("2.1", "NoTransaction", "no-session"),
        ("2.0.1", "removed", "removed"),
        ("2.0.1", "Vanished", "removed"),
    ],
)
async def test_2_x_stations_say_how_it_ended(house: House, version: str, word: str, state: str) -> None:
    await house.register("CP-1")
    async with RawStation(house, "CP-1", version) as station:
        await station.boot()
        reservation = await reserved(house, station)
        told = {"reservationId": reservation["number"], "reservationUpdateStatus": word}
        assert await station.ask("ReservationStatusUpdate", told) == {}
        assert await station.ask("ReservationStatusUpdate", told | {"reservationId": 4711}) == {}
        assert (await kept(house, reservation["id"]))["phase"] == state


@pytest.mark.covers("16-RES-03")
async def test_numbers_are_ours_and_unique_and_one_that_is_given_again_replaces(at_work: AtWork) -> None:
    house, station, _ = at_work
    next_number = await house.node.pool.fetchval("SELECT nextval('reservation_numbers')") + 1
    taken = await reserved(house, station, reservation_id=next_number)
    ours = await reserved(house, station)
    assert (taken["number"], ours["number"]) == (next_number, next_number + 1), "a live one is not given again"
    again = await reserved(house, station, reservation_id=next_number)
    assert [(await kept(house, one["id"]))["phase"] for one in (taken, ours, again)] == [
        "replaced",
        "active",
        "active",
    ]


@pytest.mark.covers("16-RES-04", "OCTT-04")
async def test_the_raw_door_is_heard_as_well_and_may_say_anything(at_work: AtWork) -> None:
    house, station, version = at_work
    payload: dict[str, Any] = {"connectorId": 7, "expiryDate": until(), "idTag": "NOBODY", "reservationId": -5}
    if version != "1.6":
        token = {"idToken": "NOBODY", "type": "Local"}
        payload = {"id": -5, "expiryDateTime": until(), "idToken": token, "evseId": 7}
    door = f"{CP}/ocpp/ReserveNow?validate=false"
    asking = asyncio.create_task(house.http.post(door, json=payload))
    command = await station.take()
    assert command[3] == payload
    await station.answer(command, {"status": "Accepted"})
    reservation = await kept(house, (await asking).json()["call_id"])
    assert (reservation["number"], reservation["evse"], reservation["token"]) == (-5, 7, "NOBODY")
    assert reservation["token_kind"] == (None if version == "1.6" else "Local")
    nonsense = {"anything": [1]}
    asking = asyncio.create_task(house.http.post(door, json=nonsense))
    await station.answer(await station.take(), {"status": "Accepted"})
    assert (await asking).status_code == 200
    assert len(await listed(house)) == 1, "what nobody understands is not learned"


@pytest.mark.covers("16-RES-05", "TX-28")
async def test_a_session_that_comes_before_the_answer_counts(at_work: AtWork) -> None:
    house, station, version = at_work
    asking = asyncio.create_task(house.http.post(f"{CP}/commands/reserve", json=wish(reservation_id=9)))
    command = await station.take()
    await began(station, version, 9)
    await station.answer(command, {"status": "Accepted"})
    assert (await kept(house, (await asking).json()["call_id"]))["phase"] == "used"


@pytest.mark.covers("Q102")
async def test_an_answer_that_comes_after_its_deadline_is_learned_too(at_work: AtWork) -> None:
    house, station, _ = at_work
    assert (await house.http.put(f"{CP}/habits", json={"call_timeout_s": 1})).status_code == 200
    asking = asyncio.create_task(house.http.post(f"{CP}/commands/reserve", json=wish()))
    command = await station.take()
    answer = await asking
    assert (answer.status_code, answer.json()["outcome"]) == (504, "TimedOut")
    assert answer.json()["ours"] == {"reservation_id": command[3].get("reservationId", command[3].get("id"))}
    await station.answer(command, {"status": "Accepted"})
    await station.ask("Heartbeat", {})
    assert (await kept(house, answer.json()["call_id"]))["phase"] == "active"
