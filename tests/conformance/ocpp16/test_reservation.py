"""OCPP 1.6, Reservation: the cases of a central system, played by a simulated station."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulators.behaviour import Behaviour, Reservations
from simulators.station import SimulatedStation
from tests.eventually import eventually
from tests.integration.conftest import House

CP = "/stations/CP-1"


async def powered_on(house: House, **more: Any) -> SimulatedStation:
    await house.token("TAG-1", group="FAMILY")
    await house.token("TAG-2", group="FAMILY")
    station = await house.station("CP-1", **more)
    await asyncio.wait_for(station.connected.wait(), 10)
    return station


async def reserve(house: House, *, seconds: float = 3600, **more: Any) -> tuple[str, dict[str, Any]]:
    """Reserve connector 1 for TAG-1, and return the station's answer and the reservation as it is kept."""
    body = {"token": "TAG-1", "evse": 1, "expires_at": (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()}
    answer = await house.http.post(f"{CP}/commands/reserve", json=body | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["answer"]["status"], await kept(house, answer.json()["call_id"])


async def kept(house: House, reservation: str) -> dict[str, Any]:
    answer = await house.http.get(f"/reservations/{reservation}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def cancel(house: House, number: int) -> str:
    answer = await house.http.post(f"{CP}/commands/cancel-reservation", json={"reservation_id": number})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["answer"]["status"])


async def shows(house: House, status: str, connector: int = 1) -> None:
    """Return once the record has this status of a connector."""

    async def look() -> bool:
        listed = (await house.http.get(f"{CP}/connectors")).json()
        return any((one["evse"], one["status"]) == (connector, status) for one in listed)

    await eventually(look)


async def became(house: House, reservation: dict[str, Any], state: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        found = await kept(house, reservation["id"])
        return found if found["phase"] == state else None

    return dict(await eventually(look))


@pytest.mark.covers("TC_046", "16-RES-01", "16-RES-05", "16-CORE-12", "TX-28")
async def test_046_reservation_of_a_connector_transaction(house: House) -> None:
    station = await powered_on(house)
    status, reservation = await reserve(house)
    assert (status, reservation["phase"], reservation["evse"]) == ("Accepted", "active", 1)
    await shows(house, "Reserved")
    assert await station.present(1, "TAG-1")
    await station.drained()
    after = await became(house, reservation, "used")
    (session,) = await house.sessions()
    assert session["reservation_id"] == reservation["number"]
    assert after["transaction_id"] == session["transaction_id"]


@pytest.mark.covers("TC_047", "16-RES-05")
async def test_047_reservation_of_a_connector_expire(house: House) -> None:
    await powered_on(house)
    _, reservation = await reserve(house, seconds=2)
    await shows(house, "Reserved")
    await shows(house, "Available")
    after = await became(house, reservation, "expired")
    assert after["ended_at"] is not None
    (row,) = await house.node.pool.fetch("SELECT ending FROM reservations")
    assert row["ending"] == "expired", "it is on record, not only reckoned"


@pytest.mark.covers("TC_048_1", "16-RES-01")
async def test_048_1_reservation_of_a_connector_faulted(house: House) -> None:
    station = await powered_on(house)
    await station.change_status(1, "Faulted")
    status, reservation = await reserve(house)
    assert (status, reservation["status"], reservation["phase"]) == ("Faulted", "Faulted", "refused")


@pytest.mark.covers("TC_048_2", "16-RES-01")
async def test_048_2_reservation_of_a_connector_occupied(house: House) -> None:
    station = await powered_on(house)
    await station.change_status(1, "Preparing")
    await shows(house, "Preparing")
    status, reservation = await reserve(house)
    assert (status, reservation["phase"]) == ("Occupied", "refused"), "it is asked, whatever our record says"


@pytest.mark.covers("TC_048_3", "16-RES-01", "16-CORE-20")
async def test_048_3_reservation_of_a_connector_unavailable(house: House) -> None:
    station = await powered_on(house)
    body = {"operative": False, "evse": 1}
    assert (await house.http.post(f"{CP}/commands/change-availability", json=body)).json()["answer"] == {
        "status": "Accepted"
    }
    await station.change_status(1, "Unavailable")
    await shows(house, "Unavailable")
    status, reservation = await reserve(house)
    assert (status, reservation["phase"]) == ("Unavailable", "refused")


@pytest.mark.covers("TC_048_4", "16-RES-01")
async def test_048_4_reservation_of_a_connector_rejected(house: House) -> None:
    await powered_on(house, behaviour=Behaviour(reservations=Reservations.REFUSE))
    status, reservation = await reserve(house)
    assert (status, reservation["phase"]) == ("Rejected", "refused")


@pytest.mark.covers("TC_049", "16-RES-02")
async def test_049_reservation_of_a_charge_point_transaction(house: House) -> None:
    station = await powered_on(house)
    status, reservation = await reserve(house, evse=0)
    assert (status, reservation["phase"], reservation["evse"]) == ("Accepted", "active", None)
    assert station.commands[-1][1]["connector_id"] == 0
    await shows(house, "Reserved")
    assert await station.present(1, "TAG-1")
    await station.drained()
    await became(house, reservation, "used")


@pytest.mark.covers("TC_051", "16-RES-04")
async def test_051_cancel_reservation(house: House) -> None:
    await powered_on(house)
    _, reservation = await reserve(house)
    await shows(house, "Reserved")
    assert await cancel(house, reservation["number"]) == "Accepted"
    await shows(house, "Available")
    await became(house, reservation, "cancelled")


@pytest.mark.covers("TC_052", "16-RES-04")
async def test_052_cancel_reservation_rejected(house: House) -> None:
    station = await powered_on(house)
    _, reservation = await reserve(house)
    await shows(house, "Reserved")
    assert await cancel(house, reservation["number"] + 1000) == "Rejected"
    assert station.commands[-1] == ("CancelReservation", {"reservation_id": reservation["number"] + 1000})
    assert (await kept(house, reservation["id"]))["phase"] == "active"


@pytest.mark.covers("TC_053", "16-RES-06", "16-CORE-02", "TX-08")
async def test_053_use_a_reserved_connector_with_parent_id_tag(house: House) -> None:
    station = await powered_on(house)
    _, reservation = await reserve(house, group="FAMILY")
    await shows(house, "Reserved")
    assert reservation["group"] == "FAMILY"
    assert await station.present(1, "TAG-2"), "of the same family"
    assert station.groups["TAG-2"] == "FAMILY", "it was told so"
    station.end(1)
    await station.drained()
    await became(house, reservation, "used")
    (session,) = await house.sessions()
    assert (session["token"], session["active"]) == ("TAG-2", False)
