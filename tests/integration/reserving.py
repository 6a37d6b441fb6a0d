"""Words to tell of reservations with, over REST and on the wire."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.conftest import House
from tests.integration.wire import RawStation, event

CP = "/stations/CP-1"


def until(hours: float = 1) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def wish(**more: Any) -> dict[str, Any]:
    return {"token": "TAG-1", "evse": 1, "expires_at": until(), **more}


async def reserved(house: House, station: RawStation, status: str = "Accepted", **more: Any) -> dict[str, Any]:
    """Reserve at a station that answers with a status, and return the reservation as it is kept."""
    asking = asyncio.create_task(house.http.post(f"{CP}/commands/reserve", json=wish(**more)))
    await station.answer(await station.take(), {"status": status})
    answer = await asking
    assert answer.status_code == 200, answer.text
    return await kept(house, answer.json()["call_id"])


async def cancelled(house: House, station: RawStation, number: int, status: str) -> None:
    body = {"reservation_id": number}
    asking = asyncio.create_task(house.http.post(f"{CP}/commands/cancel-reservation", json=body))
    await station.answer(await station.take(), {"status": status})
    assert (await asking).status_code == 200


async def kept(house: House, reservation: str) -> dict[str, Any]:
    answer = await house.http.get(f"/reservations/{reservation}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def listed(house: House, **filters: Any) -> list[dict[str, Any]]:
    answer = await house.http.get("/reservations", params=filters)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def began(station: RawStation, version: str, number: int | None, token: str = "TAG-1") -> None:
    """Begin a session now, by a reservation or by none that is named."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    named = {} if number is None else {"reservationId": number}
    if version == "1.6":
        start = {"connectorId": 1, "idTag": token, "meterStart": 1000, "timestamp": now}
        await station.ask("StartTransaction", start | named)
    else:
        told = event("Started", 0, 1000, timestamp=now, idToken={"idToken": token, "type": "ISO14443"})
        await station.ask("TransactionEvent", told | named)
