"""The sockets that stations knock at."""

import asyncio
import contextlib
import errno
import os
import random
import socket
import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace

import structlog

from csms.gateway.connection import Connection
from csms.gateway.context import Context
from csms.gateway.entrance import Entrance
from csms.gateway.tunnel import Tunnel
from csms.kit.failures import StartFailed

log = structlog.get_logger(__name__)

BACKLOG = 4096
TICK_S = 1.0
ABOUT_THE_PORT = frozenset({errno.EADDRINUSE, errno.EACCES})
GOING_AWAY = 1012
USER_TIMEOUT_MS = 60_000
OPEN = frozenset({0, 1})
"""The security profiles of a door without TLS."""

Guest = Connection | Entrance
Stranger = Entrance | Tunnel


class StationListener:
    """One port: takes connections, watches over them in one sweep, and drains them in batches.

    It serves `profiles`; `tls` gives the newest context of a TLS door. `settings` are those of its
    host and its port, for who has to change them.
    """

    def __init__(
        self,
        *,
        context: Context,
        host: str,
        port: int,
        profiles: Iterable[int] = OPEN,
        tls: Callable[[], ssl.SSLContext] | None = None,
        reuse_port: bool = False,
        settings: tuple[str, str] = ("CSMS_OCPP_HOST", "CSMS_OCPP_PORT"),
    ) -> None:
        self._context = replace(context, profiles=frozenset(profiles))
        self._host = host
        self._port = port
        self._tls = tls
        self._reuse_port = reuse_port
        self._settings = settings
        self._server: asyncio.Server | None = None
        self._connections: set[Guest | Tunnel] = set()
        self._strangers: dict[Stranger, None] = {}
        self._knocking: set[Entrance] = set()
        self._sweep: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._connections)

    @property
    def scheme(self) -> str:
        """What the address of this door begins with."""
        return "ws" if self._tls is None else "wss"

    @property
    def port(self) -> int:
        """The port that is listened at."""
        if self._server is None:
            return self._port
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen; raise `StartFailed` with the port if it is taken."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._door,
                self._host,
                self._port,
                backlog=BACKLOG,
                reuse_port=self._reuse_port or None,
            )
        except OSError as error:
            raise StartFailed(
                f"{self._at_fault(error)}: cannot listen at {self._host}:{self._port}: {_why(error)}"
            ) from error
        for listening in self._server.sockets:
            _keep_alive(listening)
        self._sweep = self._context.tasks.keep(self._watch, name="gateway/sweep")

    def _door(self) -> Stranger:
        if self._tls is None:
            return Entrance(context=self._context, porter=self)
        return Tunnel(context=self._context, porter=self, tls=self._tls())

    def _at_fault(self, error: OSError) -> str:
        """Return the setting that an operator has to change."""
        host, port = self._settings
        return port if error.errno in ABOUT_THE_PORT else host

    def opened(self, stranger: Stranger) -> None:
        """A socket is there. Where too many are at the door, who waits there longest has to go."""
        self._connections.add(stranger)
        self._strangers[stranger] = None
        if len(self._strangers) + len(self._knocking) > self._context.pending:
            longest = next(iter(self._strangers))
            longest.turn_away()
            self._strangers.pop(longest, None)

    def knocked(self, entrance: Entrance) -> None:
        """It has sent its upgrade request: nobody makes it go while it is judged."""
        self._strangers.pop(entrance, None)
        self._knocking.add(entrance)

    def refused(self, entrance: Entrance) -> None:
        """It was answered, and may be made to go."""
        self._knocking.discard(entrance)
        self._strangers.pop(entrance, None)
        if entrance in self._connections:
            self._strangers[entrance] = None

    def admitted(self, entrance: Entrance, connection: Connection) -> None:
        """It has become a line."""
        self.closed(entrance)
        self._connections.add(connection)

    def closed(self, gone: Guest | Tunnel) -> None:
        """A socket is gone, or a door behind it."""
        self._connections.discard(gone)
        if not isinstance(gone, Connection):
            self._strangers.pop(gone, None)
        if isinstance(gone, Entrance):
            self._knocking.discard(gone)

    async def stop_accepting(self) -> None:
        """Take no more connections; those that are there stay."""
        self._context.doorman.draining = True
        if self._server is not None:
            self._server.close()

    async def drain(self, *, batch: int, pause_s: float) -> None:
        """Close all connections, some at a time, so that they do not all come back at once."""
        waiting = list(self._connections)
        random.shuffle(waiting)
        for start in range(0, len(waiting), batch):
            for connection in waiting[start : start + batch]:
                _send_away(connection)
            if start + batch < len(waiting):
                await asyncio.sleep(pause_s)
        deadline = self._context.clock.monotonic() + self._context.close_timeout_s
        while self._connections and self._context.clock.monotonic() < deadline:
            await asyncio.sleep(0.02)
        for connection in list(self._connections):
            connection.tick(float("inf"))
        if self._sweep is not None:
            self._sweep.cancel()

    def sweep(self, now: float) -> None:
        """Let every connection do what is due; a mistake of ours over one does not keep the others from it."""
        for connection in list(self._connections):
            try:
                connection.tick(now)
            except Exception as error:
                log.exception("sweep_failed", exc_info=error)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self.sweep(self._context.clock.monotonic())


def _send_away(guest: Guest | Tunnel) -> None:
    """Let a station know that the house closes; who is none yet is cut off."""
    if isinstance(guest, Connection):
        guest.close(GOING_AWAY, "restarting")
    else:
        guest.cut_off()


def _keep_alive(listening: socket.socket) -> None:
    """Find dead peers in the kernel too; accepted sockets inherit it (Q14)."""
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)


def _why(error: OSError) -> str:
    """Return what the system said, without the address that the library adds; names that are not found have other numbers."""
    return str(error) if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
