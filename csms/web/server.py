"""The HTTP server, in the loop of the program."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from litestar.types import ASGIApp

from csms.kit.failures import StartFailed
from csms.kit.tasks import Tasks

STOP_WITHIN_S = 3
TICK_S = 0.1
TICKS = 10
"""The library's clock has ticks, and writes the date of its answers anew at each of ten."""


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the program, and ends when it is told to instead of at its next tick."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def leave(self) -> None:
        """Begin to end."""
        self.should_exit = True
        self._told.set()

    async def main_loop(self) -> None:
        tick = 0
        while not await self.on_tick(tick):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICKS * TICK_S):
                    await self._told.wait()
            tick += TICKS

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # those that had nothing more to say are closed now
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and what the settings are called that say so; port 0 takes a free one."""

    settings: str
    host: str
    port: int


class WebServer:
    """Listens at one port; `options` are those of `uvicorn.Config` that differ from ours."""

    def __init__(self, *, app: ASGIApp, place: Place, tasks: Tasks, name: str = "web", **options: Any) -> None:
        self._name = name
        self._socket = bind(place)
        self._tasks = tasks
        ours = {"log_config": None, "access_log": False, "lifespan": "off", "ws": "none"}
        config = uvicorn.Config(app, timeout_graceful_shutdown=STOP_WITHIN_S, **ours | options)
        self._server = _Quiet(config)
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that is listened at."""
        return int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Serve, and return once requests are taken."""
        self._serving = self._tasks.spawn(self._server.serve(sockets=[self._socket]), name=self._name)
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Take no more requests, and end those that last too long."""
        self._server.leave()
        if self._serving is not None:
            await asyncio.wait([self._serving], timeout=STOP_WITHIN_S + 2)
        self._socket.close()


def bind(place: Place) -> socket.socket:
    """Bind, or raise `StartFailed` with the setting to change."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # asyncio sets NODELAY if TCP is named
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((place.host, place.port))
    except OSError as error:
        listening.close()
        at_fault = "PORT" if error.errno in {errno.EADDRINUSE, errno.EACCES} else "HOST"
        raise StartFailed(
            f"{place.settings}_{at_fault}: cannot listen at {place.host}:{place.port}: {error.strerror}"
        ) from error
    return listening
