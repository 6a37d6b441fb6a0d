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


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Place:
    """Where to listen, and what the settings are called that say so; port 0 takes a free one."""

    settings: str
    host: str
    port: int


class WebServer:
    """Listens at one port; `options` are those of `uvicorn.Config` that differ from ours."""

    def __init__(self, *, app: ASGIApp, place: Place, tasks: Tasks, name: str = "web", **options: Any) -> None:
        self.app = app
        self._name = name
        self._socket = bind(place)
        self._tasks = tasks
        ours = {"log_config": None, "access_log": False, "lifespan": "on", "ws": "none"}
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
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait([self._serving], timeout=STOP_WITHIN_S + 2)
        self._socket.close()


def bind(place: Place) -> socket.socket:
    """Bind, or raise `StartFailed` with the setting to change."""
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listening = socket.socket(family)
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
