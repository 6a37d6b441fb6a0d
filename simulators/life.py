"""How a simulated station connects, boots, and comes back after every loss."""

import asyncio
import contextlib
import random
import ssl
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any

from ocpp.charge_point import ChargePoint
from ocpp.exceptions import OCPPError, UnknownCallErrorCodeError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from simulators import dialling
from simulators.behaviour import Behaviour, Boot, Redial, Spoil, Subprotocol
from simulators.commands import CommandSocket
from simulators.identity import Certificate, Signing
from simulators.keys import Password
from simulators.mangle import MangledSocket
from simulators.outbox import Outbox
from simulators.together import end, together

BURST = 5
LOOP = 5
IMPATIENT_S = 0.05


class Life(ABC):
    """The connection of a station, from power on to power off.

    `connected` is set while a socket is up and the station was accepted. `doors` are the addresses to call by the
    security profile that it is set to, from the next restart on.
    """

    subprotocol: str

    def __init__(
        self,
        *,
        station: str,
        url: str,
        password: str | None,
        behaviour: Behaviour,
        tls: ssl.SSLContext | None,
        outbox: Outbox,
    ) -> None:
        self.station = station
        self.behaviour = behaviour
        self.connected = asyncio.Event()
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.heartbeat_s = 300.0
        self.losses = 0
        self.last_loss = ""
        self.peer: ChargePoint | None = None
        self._url = url.rstrip("/")
        self.password = Password(password, behaviour.rotation)
        self.certificate = Certificate(self, behaviour.signing)
        self._tls = tls
        self.doors: dict[str, str] = {}
        self._outbox = outbox
        self._randomness = random.Random(station)  # a simulation that can be repeated
        self._life: asyncio.Task[None] | None = None
        self._booted = False
        self._probed = False
        self._spoilt = False
        self._socket: ClientConnection | None = None
        self._mangled: MangledSocket | None = None
        self._leaving = asyncio.Event()
        self._lost = asyncio.Event()
        self._abandoned: list[ClientConnection] = []

    # What a version says.

    @abstractmethod
    def make_peer(self, socket: Any) -> ChargePoint:
        """Return the protocol end of this version."""

    @abstractmethod
    async def boot(self) -> tuple[str, float]:
        """Send BootNotification and return status and interval."""

    @abstractmethod
    async def say_statuses(self) -> None:
        """Send the status of every EVSE."""

    @abstractmethod
    async def say_security_event(self, kind: str, info: str | None = None) -> None:
        """Tell of a security event."""

    @abstractmethod
    async def heartbeat(self) -> None:
        """Send a Heartbeat."""

    @abstractmethod
    async def say_request(self, csr: str) -> str:
        """Send a request for a certificate and return the status."""

    @abstractmethod
    async def watch(self) -> None:
        """Look after what the station has promised, for ever."""

    # The connection.

    async def start(self) -> None:
        """Begin to live; `connected` tells when the station is up."""
        self._life = asyncio.get_running_loop().create_task(self._live(), name=f"simulated/{self.station}")

    async def stop(self) -> None:
        """Power off: no stop messages, no goodbye to drivers."""
        if self._life is not None:
            await end([self._life])
        for socket in self._abandoned:
            socket.transport.abort()

    async def drop(self) -> None:
        """Lose the connection, in the station's way; it comes back by itself."""
        self.connected.clear()
        if self._socket is not None and self.behaviour.redial in {Redial.ABORT, Redial.BURST}:
            self._socket.transport.abort()
        self._leaving.set()

    def take_interval(self, seconds: float) -> None:
        """Beat as the central system says."""
        self.heartbeat_s = seconds

    async def reboot(self) -> None:
        """Restart: the connection is lost, and the station boots anew."""
        self._booted = False
        self.password.restart()
        await self.drop()

    async def show_certificate(self) -> None:
        """Come back with the certificate that it was brought, where the line is one of TLS."""
        if self._tls is not None:
            self._tls = self.certificate.shown_by(self._tls)
        await self.drop()

    async def send(self, payload: Any, timeout_s: float = 30.0) -> Any:
        """Send a call and return its result; raise `TimeoutError`, `OCPPError` or `ConnectionError`."""
        if self.peer is None:
            raise ConnectionError
        try:
            async with asyncio.timeout(timeout_s):
                return await self.peer.call(payload, suppress=False, skip_schema_validation=True)
        except ConnectionClosed as closed:
            raise ConnectionError(str(closed)) from closed
        except UnknownCallErrorCodeError as unknown:  # the package does not know RpcFrameworkError
            raise OCPPError(str(unknown)) from unknown

    async def unless_lost(self, saying: Coroutine[Any, Any, None]) -> None:
        """Say something that is not kept: it ends with the connection, and an error is borne."""
        said, lost = asyncio.ensure_future(saying), asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({said, lost}, return_when=asyncio.FIRST_COMPLETED)
            with contextlib.suppress(ConnectionError, TimeoutError, OCPPError):
                if said.done():
                    said.result()
        finally:
            said.cancel()
            lost.cancel()

    async def _live(self) -> None:
        while True:
            try:
                await self._connect()
            except (OSError, InvalidHandshake, TimeoutError, ConnectionClosed, OCPPError) as lost:
                self.losses += 1
                self.last_loss = str(lost)
            self.connected.clear()
            self._lost.set()
            await asyncio.sleep(self.behaviour.reconnect_s * self._randomness.uniform(0.5, 1.5))

    async def _connect(self) -> None:
        if self.behaviour.redial is Redial.BURST and self.losses:
            for _ in range(BURST):
                (await self._dial()).transport.abort()
        probing = self.behaviour.subprotocol is Subprotocol.SWITCH and not self._probed
        self._socket = socket = await self._dial()
        self._probed = True
        try:
            if not probing:
                await self._serve(socket)
        finally:
            await self._part(socket)

    async def _dial(self) -> ClientConnection:
        habits = self.behaviour
        socket = await connect(
            dialling.address(self._url, self.station, habits),
            subprotocols=dialling.offer(self.subprotocol, habits, probing=not self._probed),
            additional_headers=dialling.headers(self.station, self.password.now, habits),
            compression="deflate" if habits.deflate else None,
            ssl=self._tls if self._url.startswith("wss") else None,
            ping_interval=20 if habits.ping else None,
            open_timeout=15,
            close_timeout=1,
        )
        dialling.answer_pings(socket, habits.pong)
        return socket

    async def _part(self, socket: ClientConnection) -> None:
        """Leave a connection behind: closed, or as it is."""
        match self.behaviour.redial if self._leaving.is_set() else None:
            case Redial.FROZEN | Redial.LATE_CLOSE:
                socket.transport.pause_reading()
                self._abandoned.append(socket)
            case Redial.DUPLICATE:
                self._abandoned.append(socket)
            case _:
                await socket.close()
        self._leaving.clear()

    async def _serve(self, socket: ClientConnection) -> None:
        self._mangled = MangledSocket(socket, self.behaviour.mangle, fragment=self.behaviour.fragment)
        commands = CommandSocket(
            self._mangled,
            self.behaviour,
            asked=lambda action, payload: self.commands.append((action, payload)),
            chat=self._chat,
        )
        self.peer = self.make_peer(commands)
        self._lost.clear()
        works = {"read": self._read(self.peer), "speak": self._speak(socket), "leave": self._leave()}
        if self.behaviour.idle_close_s is not None:
            works["idle"] = self._close_idle(self.behaviour.idle_close_s)
        await together(**works)

    async def _leave(self) -> None:
        await self._leaving.wait()
        raise ConnectionError("left")

    async def _close_idle(self, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        while self._mangled is not None and (idle_s := loop.time() - self._mangled.last_at) < after_s:
            await asyncio.sleep(after_s - idle_s)
        raise ConnectionError("idle")

    async def _read(self, peer: ChargePoint) -> None:
        try:
            await peer.start()
        except ConnectionClosed as closed:
            raise ConnectionError(str(closed)) from closed

    async def _chat(self) -> None:
        for _ in range(3):
            await self.heartbeat()

    async def _speak(self, socket: ClientConnection) -> None:
        habit = self.behaviour.boot
        if habit is Boot.LATE and not self._booted:
            with contextlib.suppress(OCPPError):  # not accepted yet
                await self.say_statuses()
        if habit is Boot.EVERY_CONNECT or (not self._booted and habit is not Boot.NEVER):
            await self._register()
        if habit is Boot.LOOP:
            for _ in range(LOOP):
                await self.boot()
        self.connected.set()
        for old in self._abandoned if self.behaviour.redial is Redial.LATE_CLOSE else ():
            old.transport.abort()
        await self.say_statuses()
        for kind in self.behaviour.tells:
            await self.say_security_event(kind)
        if self.behaviour.spoil is not Spoil.NEVER and not self._spoilt:
            self._spoilt = True
            dialling.spoil(socket, self.behaviour.spoil)
        if self.behaviour.shuffle_queue:
            self._outbox.shuffle(self._randomness)
        await together(**self._works())

    def _works(self) -> dict[str, Coroutine[Any, Any, None]]:
        works = {"outbox": self._outbox.serve(self.send), "watch": self.watch()}
        if self.behaviour.signing is Signing.UNASKED:
            works["certificate"] = self._renew()
        if self.behaviour.heartbeats:
            works["heartbeat"] = self._beat()
        return works

    async def _register(self) -> None:
        while not self._booted:
            status, interval = await self.boot()
            self._booted = status == "Accepted" or self.behaviour.boot is Boot.IGNORE_PENDING
            if status == "Accepted":
                self.take_interval(interval)
            if not self._booted:
                await asyncio.sleep(IMPATIENT_S if self.behaviour.boot is Boot.IGNORE_INTERVAL else interval)

    async def _renew(self) -> None:
        if self.certificate.now is None and self.certificate.next is None:
            await self.certificate.request()
        await asyncio.Event().wait()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.heartbeat_s)
            await self.heartbeat()
