"""A station that says frame by frame what a real stack was seen to say, and what is on record of it."""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.conftest import House
from tests.integration.wire import RawStation, at

NAMES = itertools.count(1)


class Stack(RawStation):
    """A raw station, and what REST tells of it."""

    def __init__(self, house: House, name: str, version: str) -> None:
        super().__init__(house, name, version)
        self.house = house
        self.name = name
        self.version = version
        self.address = f"/stations/{name}"

    async def read(self, path: str = "") -> Any:
        """Return what is told under the address of the station."""
        answer = await self.house.http.get(self.address + path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def sessions(self) -> list[dict[str, Any]]:
        """Return the sessions on record, the oldest first."""
        return sorted(await self.house.sessions(station=self.name), key=lambda session: str(session["began_at"]))

    async def told(self, *members: str) -> list[tuple[Any, ...]]:
        """Return some members of each session on record."""
        return [tuple(session[member] for member in members) for session in await self.sessions()]

    async def statuses(self) -> dict[int, str]:
        """Return what each EVSE shows."""
        return {one["evse"]: one["status"] for one in await self.read("/connectors")}

    async def say_status(self, status: str, minute: float, evse: int = 1) -> None:
        """Tell a status, as the version does."""
        told: dict[str, Any] = {"connectorId": evse, "errorCode": "NoError", "status": status, "timestamp": at(minute)}
        if self.version != "1.6":
            told = {"evseId": evse, "connectorId": 1, "connectorStatus": status, "timestamp": at(minute)}
        assert await self.ask("StatusNotification", told) == {}

    async def transact(self, **event: Any) -> dict[str, Any]:
        """Tell an event of a transaction of 2.x."""
        return await self.ask("TransactionEvent", event)

    def command(self, name: str, **body: Any) -> Any:
        """Have an operator give a command, whose answer is still to come."""
        return self.order(f"{self.address}/commands/{name}", body)

    def raw(self, action: str, payload: Any) -> Any:
        """Have an operator send a call by the raw door, unchecked, whose answer is still to come."""
        return self.order(f"{self.address}/ocpp/{action}?validate=false", payload)


@asynccontextmanager
async def stack(house: House, version: str = "1.6", *, boots: bool = True, **more: Any) -> AsyncIterator[Stack]:
    """Have a station of its own, booted or not; its drivers' token is known."""
    name = f"STACK-{next(NAMES)}"
    await house.register(name, **more)
    await house.http.post("/tokens", json={"value": "TAG-1"})
    async with Stack(house, name, version) as station:
        if boots:
            assert await station.boot() == "Accepted"
        yield station
