"""A station whose charging is limited, and how that is seen over REST."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.conftest import House
from tests.integration.wire import RawStation

NAMES = itertools.count(1)
YES, NO = {"status": "Accepted"}, {"status": "Rejected"}


def ahead(seconds: float) -> str:
    """Return a time from now on."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def profile(limit: Any = 16.0, **members: Any) -> dict[str, Any]:
    """Return a profile as operators word it."""
    schedule = {"unit": "A", "start": ahead(-3600), "periods": [{"start_s": 0, "limit": limit}]}
    for name in ("unit", "start", "duration_s", "periods", "min_rate"):
        if name in members:
            schedule[name] = members.pop(name)
    given = {"id": 1, "stack_level": 0, "purpose": "TxDefaultProfile", "kind": "Absolute"}
    whole = {**given, "schedules": [{name: value for name, value in schedule.items() if value is not None}], **members}
    return {name: value for name, value in whole.items() if value is not None}


class Limited:
    """A station that was accepted, and the operator who limits it."""

    def __init__(self, house: House, name: str, station: RawStation, version: str) -> None:
        self.house, self.name, self.station, self.version = house, name, station, version

    @property
    def is_16(self) -> bool:
        return self.version == "1.6"

    async def command(self, command: str, answer: Any = YES, **body: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give a command; return what was on the wire, and what the operator is told."""
        asking = asyncio.create_task(self.house.http.post(f"/stations/{self.name}/commands/{command}", json=body))
        call = await self.station.take()
        await self.station.answer(call, answer)
        told = await asking
        assert told.status_code == 200, told.text
        return dict(call[3]), dict(told.json())

    async def set(self, evse: int = 1, limit: Any = 16.0, answer: Any = YES, **members: Any) -> list[str]:
        """Set a profile, and return the places of what is warned of."""
        _, told = await self.command("set-charging-profile", answer, evse=evse, profile=profile(limit, **members))
        return [warning["path"] for warning in told["warnings"]]

    async def read(self, path: str, status: int = 200, **query: Any) -> Any:
        """Read what is known of the station."""
        answer = await self.house.http.get(f"/stations/{self.name}/{path}", params=query)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def held(self) -> dict[int, str]:
        """Return how each profile stands."""
        return {held["id"]: held["standing"] for held in await self.read("charging-profiles")}

    async def limits(self, evse: int = 1, seconds: int = 600, unit: str = "A") -> list[tuple[int, float | None]]:
        """Return what we compute for an EVSE."""
        made = await self.read(f"computed-schedules/{evse}", duration_s=seconds, unit=unit)
        return [(part["start_s"], part["limit"]) for part in made["periods"]]

    async def began(self, token: str = "TAG-1", evse: int = 1, **more: Any) -> str:
        """Begin a session, and return what the station calls it."""
        at = ahead(0)
        if self.is_16:
            begun = {"connectorId": evse, "idTag": token, "meterStart": 0, "timestamp": at}
            return str((await self.station.ask("StartTransaction", begun))["transactionId"])
        name = f"tx-{next(NAMES)}"
        await self._event("Started", name, at, evse, {"idToken": {"idToken": token, "type": "Central"}}, **more)
        return name

    async def draws(self, transaction: str, watts: int, evse: int = 1) -> None:
        """Tell the power of a session."""
        sampled = {"measurand": "Power.Active.Import"}
        at = ahead(1)
        if self.is_16:
            told = [{"timestamp": at, "sampledValue": [{**sampled, "value": str(watts), "unit": "W"}]}]
            meter = {"connectorId": evse, "transactionId": int(transaction), "meterValue": told}
            await self.station.ask("MeterValues", meter)
            return
        value = [{"timestamp": at, "sampledValue": [{**sampled, "value": watts}]}]
        await self._event("Updated", transaction, at, evse, {"meterValue": value}, seq=1)

    async def ended(self, transaction: str, evse: int = 1) -> None:
        """End a session."""
        at = ahead(2)
        if self.is_16:
            await self.station.ask(
                "StopTransaction", {"transactionId": int(transaction), "meterStop": 100, "timestamp": at}
            )
            return
        await self._event("Ended", transaction, at, evse, {}, seq=9)

    async def _event(
        self, kind: str, name: str, at: str, evse: int, members: dict[str, Any], seq: int = 0, **info: Any
    ) -> None:
        told = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": "Authorized",
            "seqNo": seq,
            "transactionInfo": {"transactionId": name, **info},
            "evse": {"id": evse, "connectorId": 1},
        }
        await self.station.ask("TransactionEvent", told | members)

    async def session(self, transaction: str) -> dict[str, Any]:
        """Return what limits a session."""
        (known,) = await self.house.sessions(station=self.name, transaction=transaction)
        answer = await self.house.http.get(f"/sessions/{known['id']}/charging-profiles")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@asynccontextmanager
async def limited(house: House, version: str) -> AsyncIterator[Limited]:
    """Have a station of its own that was accepted, with two EVSEs."""
    name = f"LIMITED-{next(NAMES)}"
    await house.register(name, topology=[{"id": 1}, {"id": 2}])
    async with RawStation(house, name, version) as station:
        assert await station.boot() == "Accepted"
        yield Limited(house, name, station, version)
