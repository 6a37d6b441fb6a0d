"""Doors on real sockets with nothing behind them but memory."""

import asyncio
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, cast

from csms.gateway.connection import Connection
from csms.gateway.context import Context
from csms.gateway.credentials import PasswordCheck
from csms.gateway.doorman import Doorman
from csms.gateway.listener import StationListener
from csms.gateway.proofs import Proofs
from csms.gateway.turnstile import Turnstile
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.ocpp.link import Limits
from tests.eventually import eventually
from tests.unit.gateway.memory import HandClock, MemoryFrames, MemoryHouse, MemoryRegistry
from tests.unit.gateway.peer import Peer, request


class Doors:
    """A listener and all that it asks."""

    def __init__(
        self, *, per_minute: int = 6000, exempt: tuple[Any, ...] = (), gap_s: float = 0.0, **more: Any
    ) -> None:
        self.clock = HandClock()
        self.registry, self.house, self.frames = MemoryRegistry(), MemoryHouse(), MemoryFrames()
        self.metrics, self.tasks, self.executor = Metrics(), Tasks(), ThreadPoolExecutor(1)
        self.turnstile = Turnstile(per_minute=per_minute, clock=self.clock, exempt=exempt)
        doorman = Doorman(
            registry=self.registry,
            house=self.house,
            proofs=Proofs(
                registry=self.registry,
                passwords=PasswordCheck(executor=self.executor, key=b"k" * 32),
            ),
            turnstile=self.turnstile,
            metrics=self.metrics,
            assume_16=bool(more.pop("assume_16", True)),
        )
        wire_log = logging.getLogger("csms.wire")
        wire_log.setLevel(logging.CRITICAL)
        context = Context(
            doorman=doorman,
            house=self.house,
            frames=self.frames,
            clock=self.clock,
            tasks=self.tasks,
            metrics=self.metrics,
            gate=asyncio.Semaphore(500),
            limits=Limits(gap_s=gap_s),
            max_frame=int(more.pop("max_frame", 1_048_576)),
            wire_log=wire_log,
            **more,
        )
        self.listener = StationListener(context=context, host="127.0.0.1", port=0)
        self.peers: list[Peer] = []

    async def __aenter__(self) -> Self:
        await self.listener.start()
        self.registry.add("CP-1")
        return self

    async def __aexit__(self, *_: object) -> None:
        for peer in self.peers:
            peer.writer.transport.abort()
        await self.listener.stop_accepting()
        self.clock.seconds += 1e6
        await self.listener.drain(batch=1000, pause_s=0)
        await self.tasks.stop()
        await eventually(lambda: not len(self.listener))
        await asyncio.gather(*(peer.writer.wait_closed() for peer in self.peers), return_exceptions=True)
        self.executor.shutdown()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and the sweep come by."""
        self.clock.seconds += seconds
        self.listener.sweep(self.clock.seconds)

    @property
    def line(self) -> Connection:
        """The newest connection that became a station."""
        return cast("Connection", self.house.ears.line)

    @property
    def connected(self) -> float:
        return self.count("csms_connections")

    def count(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0

    def outcome(self, outcome: str) -> float:
        return self.count("csms_handshakes_total", outcome=outcome)

    async def dial(self, *, room: int | None = None) -> "Peer":
        """Connect; `room` is how many bytes the system of the peer takes in for it."""
        dialled = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        dialled.setblocking(False)  # the signature of the library
        if room is not None:
            dialled.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        await asyncio.get_running_loop().sock_connect(dialled, ("127.0.0.1", self.listener.port))
        peer = Peer(*await asyncio.open_connection(sock=dialled))
        self.peers.append(peer)
        return peer

    async def ask(self, path: str = "/CP-1", **headers: Any) -> "Peer":
        """Dial and send an upgrade request; the peer knows the answer."""
        peer = await self.dial()
        peer.write(request(path, **headers))
        await peer.read_head()
        return peer

    async def station(self, path: str = "/CP-1", **headers: Any) -> "Peer":
        peer = await self.ask(path, **headers)
        assert peer.status == 101, peer.head
        return peer
