"""A station of a few lines, for tests that choose every frame themselves."""

import asyncio
import itertools
import json
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.eventually import eventually
from tests.integration.conftest import House

MORNING = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=20)
SUBPROTOCOLS = {"1.6": "ocpp1.6", "2.0.1": "ocpp2.0.1", "2.1": "ocpp2.1"}


class RawStation:
    """Says what it is told to say, and waits for the answer; commands that come meanwhile are kept."""

    def __init__(self, house: House, station: str, version: str = "1.6", *, path: str = "/") -> None:
        self.commands: list[list[Any]] = []
        self._house = house
        self._station = station
        self._version = version
        self._path = path
        self._ids = itertools.count(1)
        self._socket: ClientConnection | None = None

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None
        return self._socket

    async def __aenter__(self) -> Self:
        self._socket = await connect(
            f"{self._house.url}{self._path}{self._station}",
            subprotocols=[Subprotocol(SUBPROTOCOLS[self._version])],
            compression=None,
            max_size=None,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.socket.close()

    async def reconnect(self, *, forgotten: bool = False) -> None:
        """Come back on a new line; `forgotten`: the house reads all that it knows again."""
        await self.socket.close()
        if forgotten:
            actors = self._house.node.house._actors
            await eventually(lambda: (actor := actors.get(self._station)) is None or (not actor.line and actor.idle))
            actors.pop(self._station, None)
        await self.__aenter__()

    async def ask(self, action: str, payload: dict[str, Any], message_id: str | None = None) -> dict[str, Any]:
        """Send a call and return the payload of its result; an error fails the test."""
        answer = await self.say(action, payload, message_id)
        assert answer[0] == 3, answer
        return dict(answer[2])

    async def say(self, action: str, payload: dict[str, Any], message_id: str | None = None) -> list[Any]:
        """Send a call and return the frame of its answer, be it a result or an error."""
        message_id = message_id or f"m{next(self._ids)}"
        await self.socket.send(json.dumps([2, message_id, action, payload]))
        while True:
            frame = json.loads(await asyncio.wait_for(self.socket.recv(), 10))
            if frame[0] != 2:
                assert frame[1] == message_id, frame
                return list(frame)
            self.commands.append(frame)

    def order(self, route: str, body: dict[str, Any]) -> "asyncio.Task[httpx.Response]":
        """Have an operator ask something of it, whose answer is still to come."""
        asking: Coroutine[Any, Any, httpx.Response] = self._house.http.post(route, json=body)
        return asyncio.create_task(asking)

    async def take(self) -> list[Any]:
        """Return the next command, be it here or still to come."""
        if self.commands:
            return self.commands.pop(0)
        frame = json.loads(await asyncio.wait_for(self.socket.recv(), 10))
        assert frame[0] == 2, frame
        return list(frame)

    async def answer(self, command: list[Any], payload: Any) -> None:
        """Answer a command with a result."""
        await self.socket.send(json.dumps([3, command[1], payload]))

    async def refuse(self, command: list[Any], code: str, *more: Any) -> None:
        """Answer a command with an error."""
        await self.socket.send(json.dumps([4, command[1], code, *more]))

    async def unasked(self) -> bool:
        """Whether the station was asked nothing: what was sent before an answer has arrived with it."""
        await self.ask("Heartbeat", {})
        return not self.commands

    async def boot(self) -> str:
        """Boot as stations of this version do, and return the status."""
        payload: dict[str, Any] = {"chargePointVendor": "V", "chargePointModel": "M"}
        if self._version != "1.6":
            payload = {"chargingStation": {"vendorName": "V", "model": "M"}, "reason": "PowerUp"}
        return str((await self.ask("BootNotification", payload))["status"])


def at(minute: float) -> str:
    """Return a time of today's story, as stations write it."""
    return (MORNING + timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%SZ")


def start(minute: float, wh: Any = 1000, **more: Any) -> dict[str, Any]:
    """Return a StartTransaction of 1.6."""
    return {"connectorId": 1, "idTag": "TAG-1", "meterStart": wh, "timestamp": at(minute), **more}


def stop(minute: float, wh: Any, transaction: Any, **more: Any) -> dict[str, Any]:
    """Return a StopTransaction of 1.6."""
    return {"transactionId": transaction, "meterStop": wh, "timestamp": at(minute), **more}


def values(minute: float, *sampled: Any, connector: int = 1, **more: Any) -> dict[str, Any]:
    """Return a MeterValues of 1.6; a sampled value that is no object is the value itself."""
    told = [one if isinstance(one, dict) else {"value": str(one)} for one in sampled]
    return {"connectorId": connector, "meterValue": [{"timestamp": at(minute), "sampledValue": told}], **more}


def event(kind: str, minute: float, *sampled: Any, name: str = "tx-1", seq: int = 0, **more: Any) -> dict[str, Any]:
    """Return a TransactionEvent of 2.0.1; members of `transactionInfo` come as `info`."""
    trigger = {"Started": "Authorized", "Ended": "StopAuthorized"}.get(kind, "MeterValuePeriodic")
    context = {"Started": "Transaction.Begin", "Ended": "Transaction.End"}.get(kind, "Sample.Periodic")
    told = [one if isinstance(one, dict) else {"value": one, "context": context} for one in sampled]
    payload: dict[str, Any] = {
        "eventType": kind,
        "timestamp": at(minute),
        "triggerReason": trigger,
        "seqNo": seq,
        "transactionInfo": {"transactionId": name, **more.pop("info", {})},
    }
    if told:
        payload["meterValue"] = [{"timestamp": at(minute), "sampledValue": told}]
    if kind == "Started":
        payload |= {"idToken": {"idToken": "TAG-1", "type": "ISO14443"}, "evse": {"id": 1, "connectorId": 1}}
    return payload | more
