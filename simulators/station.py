"""The life of a simulated station, whichever version it speaks."""

import asyncio
import base64
import contextlib
import logging
import random
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import ocpp.messages
from ocpp.charge_point import ChargePoint
from ocpp.exceptions import OCPPError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol as Token

from simulators.behaviour import Behaviour, Boot, Subprotocol
from simulators.ledger import Entry, Ledger
from simulators.mangle import MangledSocket
from simulators.meter import EnergyMeter
from simulators.outbox import Message, Outbox, RetryPolicy

ocpp.messages.ASYNC_VALIDATION = False
QUIET = logging.getLogger("simulators.ocpp")
QUIET.setLevel(logging.CRITICAL)
AGAIN_S = 0.5


@dataclass(slots=True)
class Evse:
    """One outlet and what goes on at it."""

    number: int
    meter: EnergyMeter
    status: str = "Available"
    session: str | None = None
    transaction: str | None = None
    token: str | None = None
    seq_no: int = 0
    readings: list[int] = field(default_factory=list)


class SimulatedStation(ABC):
    """Connects, boots, keeps its promises to drivers and comes back after every loss.

    `connected` is set while a socket is up and the station was accepted.
    """

    subprotocol: str

    def __init__(  # what makes one station differ from another
        self,
        station: str,
        url: str,
        *,
        password: str | None = None,
        evses: int = 1,
        behaviour: Behaviour | None = None,
        retry: RetryPolicy | None = None,
        ledger: Ledger | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.station = station
        self.behaviour = behaviour or Behaviour()
        self.ledger = ledger or Ledger()
        self.evses = {n: Evse(n, EnergyMeter(self.behaviour.meter)) for n in range(1, evses + 1)}
        self.connected = asyncio.Event()
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.clock = clock
        self.heartbeat_s = 300.0
        self.losses = 0
        self.peer: ChargePoint | None = None
        self._url = url.rstrip("/")
        self._password = password
        self._tls = tls
        self._randomness = random.Random(station)  # a simulation that can be repeated
        self._outbox = Outbox(policy=retry or RetryPolicy(), ledger=self.ledger)
        self._life: asyncio.Task[None] | None = None
        self._booted = False
        self._socket: ClientConnection | None = None

    # What a version says.

    @abstractmethod
    def make_peer(self, socket: Any) -> ChargePoint:
        """Return the protocol end of this version."""

    @abstractmethod
    async def boot(self) -> tuple[str, float]:
        """Send BootNotification and return status and interval."""

    @abstractmethod
    async def say_status(self, evse: Evse) -> None:
        """Send the status of an EVSE."""

    @abstractmethod
    async def heartbeat(self) -> None:
        """Send a Heartbeat."""

    @abstractmethod
    async def authorize(self, token: str) -> str:
        """Send Authorize and return the status."""

    @abstractmethod
    def begin_message(self, evse: Evse, token: str, **extra: Any) -> Message:
        """Return the message that a session began."""

    @abstractmethod
    def meter_message(self, evse: Evse) -> Message:
        """Return the message with the present meter value."""

    @abstractmethod
    def end_message(self, evse: Evse, reason: str) -> Message:
        """Return the message that a session ended."""

    # What drivers do.

    async def plug_in(self, evse: int = 1, status: str = "Preparing") -> None:
        """A cable is plugged in."""
        await self.change_status(evse, status)

    async def unplug(self, evse: int = 1) -> None:
        """A cable is taken out."""
        await self.change_status(evse, "Available")

    async def change_status(self, evse: int, status: str) -> None:
        """Report another status, if there is a connection."""
        self.evses[evse].status = status
        if self.connected.is_set():
            for _ in range(1 + self.behaviour.status_storm):
                await self.say_status(self.evses[evse])

    def begin(self, evse: int = 1, token: str = "TAG-1", **extra: Any) -> None:  # noqa: S107  # a token of the demo
        """Start a session; its message goes into the queue."""
        outlet = self.evses[evse]
        outlet.session = f"{self.station}-{evse}-{self.clock().isoformat()}"
        outlet.token, outlet.transaction, outlet.seq_no = token, None, 0
        outlet.readings = [outlet.meter.begin()]
        message = self.begin_message(outlet, token, **extra)
        if not self.behaviour.lost_start:
            self._put(message)

    def charge(self, evse: int = 1, wh: int = 100) -> None:
        """Let energy flow and queue a meter value."""
        outlet = self.evses[evse]
        outlet.meter.flow(wh)
        self._put(self.meter_message(outlet))

    def end(self, evse: int = 1, reason: str = "Local") -> None:
        """End the session; its message goes into the queue."""
        outlet = self.evses[evse]
        if not self.behaviour.lost_stop:
            self._put(self.end_message(outlet, reason))
        for _ in range(self.behaviour.values_after_stop):
            self._put(self.meter_message(outlet))
        outlet.session = None

    def entry(self, evse: Evse, kind: str, at: str) -> Entry:
        """Return the ledger's line for a message."""
        return Entry(self.station, evse.session or "", kind, at, evse.meter.register(), evse.transaction)

    def now(self) -> str:
        """Return the station's time as it says it."""
        return self.clock().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"

    async def drained(self) -> None:
        """Return once the queue is empty."""
        await self._outbox.drained()

    def _put(self, message: Message) -> None:
        for _ in range(self.behaviour.repeat):
            self._outbox.put(message)

    # The connection.

    async def start(self) -> None:
        """Begin to live; `connected` tells when the station is up."""
        self._life = asyncio.get_running_loop().create_task(self._live(), name=f"simulated/{self.station}")

    async def stop(self) -> None:
        """Power off: no stop messages, no goodbye to drivers."""
        if self._life is None:
            return
        while (
            not self._life.done()
        ):  # a task group of Python 3.11 forgets a cancellation that meets an error of its own
            self._life.cancel()
            await asyncio.wait([self._life], timeout=AGAIN_S)
        with contextlib.suppress(asyncio.CancelledError):
            self._life.result()

    async def drop(self) -> None:
        """Lose the connection; the station comes back by itself."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _live(self) -> None:
        while True:
            try:
                await self._connect()
            except* (OSError, InvalidHandshake, TimeoutError, ConnectionClosed, OCPPError):
                self.losses += 1
            self.connected.clear()
            await asyncio.sleep(self.behaviour.reconnect_s * self._randomness.uniform(0.5, 1.5))

    async def _connect(self) -> None:
        async with connect(
            f"{self._url}{self.behaviour.path}{self.station}",
            subprotocols=self._offer(),
            additional_headers=self._headers(),
            compression=None,
            ssl=self._tls,
            ping_interval=20 if self.behaviour.ping else None,
            open_timeout=15,
            close_timeout=1,
        ) as socket:
            self._socket = socket
            self.peer = self.make_peer(MangledSocket(socket, self.behaviour.mangle))
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._read(), name=f"read/{self.station}")
                tasks.create_task(self._speak(), name=f"speak/{self.station}")

    async def _read(self) -> None:
        assert self.peer is not None  # set by `_connect`
        try:
            await self.peer.start()
        except ConnectionClosed as closed:
            raise ConnectionError(str(closed)) from closed

    async def _speak(self) -> None:
        if self.behaviour.boot is Boot.EVERY_CONNECT or (not self._booted and self.behaviour.boot is not Boot.NEVER):
            await self._register()
        self.connected.set()
        for evse in self.evses.values():
            await self.say_status(evse)
        if self.behaviour.shuffle_queue:
            self._outbox.shuffle(self._randomness)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._outbox.serve(self.send), name=f"outbox/{self.station}")
            if self.behaviour.heartbeats:
                tasks.create_task(self._beat(), name=f"heartbeat/{self.station}")

    async def _register(self) -> None:
        while not self._booted:
            status, interval = await self.boot()
            self._booted = status == "Accepted"
            if self._booted:
                self.heartbeat_s = interval
            else:
                await asyncio.sleep(0.05 if self.behaviour.boot is Boot.IGNORE_INTERVAL else interval)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat_s)
            await self.heartbeat()

    async def send(self, payload: Any, timeout_s: float = 30.0) -> Any:
        """Send a call and return its result; raise `TimeoutError`, `OCPPError` or `ConnectionError`."""
        if self.peer is None:
            raise ConnectionError
        try:
            async with asyncio.timeout(timeout_s):
                return await self.peer.call(payload, suppress=False, skip_schema_validation=True)
        except ConnectionClosed as closed:
            raise ConnectionError(str(closed)) from closed

    def _offer(self) -> list[Token] | None:
        match self.behaviour.subprotocol:
            case Subprotocol.NONE:
                return None
            case Subprotocol.LIST:
                return [Token("ocpp1.5"), Token(self.subprotocol)]
            case Subprotocol.CASE:
                return [Token(self.subprotocol.upper())]
            case Subprotocol.ALIAS:
                return [Token(self.subprotocol + "j")]
            case Subprotocol.UNKNOWN:
                return [Token("ocpp0.1")]
            case _:
                return [Token(self.subprotocol)]

    def _headers(self) -> dict[str, str]:
        if self._password is None:
            return {}
        credentials = base64.b64encode(f"{self.station}:{self._password}".encode()).decode()
        return {"Authorization": f"Basic {credentials}"}
