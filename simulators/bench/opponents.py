"""What the server is measured against: `python -m simulators.bench.opponents bare|package PORT`.

`bare` parses and answers without validation or storage; `package` is the `ocpp` package's own
server loop with its validation, and no storage. Neither does what a central system must.
"""

import contextlib
import json
import sys
from datetime import UTC, datetime
from typing import Any

import ocpp.messages
import uvloop
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from simulators.station import QUIET

ocpp.messages.ASYNC_VALIDATION = False
ANSWERS: dict[str, dict[str, Any]] = {
    "TransactionEvent": {},
    "StatusNotification": {},
    "MeterValues": {},
}


def now() -> str:
    """Return the time as OCPP says it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def bare(socket: ServerConnection) -> None:
    """Answer every call with what its action needs."""
    with contextlib.suppress(ConnectionClosed):
        async for text in socket:
            _, message_id, action, _ = json.loads(text)
            answer = ANSWERS.get(action)
            if answer is None:
                answer = {"currentTime": now(), "interval": 300, "status": "Accepted"}
                if action == "Heartbeat":
                    answer = {"currentTime": now()}
            await socket.send(json.dumps([3, message_id, answer]))


class PackageStation(ChargePoint):  # type: ignore[misc]  # the package is not typed
    """The `ocpp` package's server side of a station."""

    @on("BootNotification")
    async def on_boot(self, **_: Any) -> Any:
        return call_result.BootNotification(current_time=now(), interval=300, status="Accepted")

    @on("Heartbeat")
    async def on_heartbeat(self, **_: Any) -> Any:
        return call_result.Heartbeat(current_time=now())

    @on("StatusNotification")
    async def on_status(self, **_: Any) -> Any:
        return call_result.StatusNotification()

    @on("TransactionEvent")
    async def on_transaction_event(self, **_: Any) -> Any:
        return call_result.TransactionEvent()


async def package(socket: ServerConnection) -> None:
    """Serve a station with the package's loop."""
    assert socket.request is not None
    with contextlib.suppress(ConnectionClosed):
        await PackageStation(socket.request.path.rpartition("/")[2], socket, logger=QUIET).start()


async def main(kind: str, port: int) -> None:
    """Serve until killed."""
    handler = {"bare": bare, "package": package}[kind]
    async with serve(
        handler,
        "127.0.0.1",
        port,
        subprotocols=[Subprotocol("ocpp1.6"), Subprotocol("ocpp2.0.1")],
        compression=None,
        ping_interval=None,
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))
