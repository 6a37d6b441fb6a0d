"""The HTTP server, in the loop of the program."""

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator

import uvicorn
from litestar import Litestar

from csms.kit.failures import StartFailed
from csms.kit.tasks import Tasks

STOP_WITHIN_S = 3


class _Quiet(uvicorn.Server):
    """A server that leaves signals to the program."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Listens at one port; the port is free to choose (0) in tests."""

    def __init__(self, *, app: Litestar, host: str, port: int, tasks: Tasks) -> None:
        self.app = app
        self._socket = _bind(host, port)
        self._tasks = tasks
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="on", timeout_graceful_shutdown=STOP_WITHIN_S, ws="none"
        )
        self._server = _Quiet(config)
        self._serving: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        """The port that is listened at."""
        return int(self._socket.getsockname()[1])

    async def start(self) -> None:
        """Serve, and return once requests are taken."""
        self._serving = self._tasks.spawn(self._server.serve(sockets=[self._socket]), name="web")
        while not self._server.started and not self._serving.done():
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Take no more requests, and end those that last too long."""
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait([self._serving], timeout=STOP_WITHIN_S + 2)
        self._socket.close()


def _bind(host: str, port: int) -> socket.socket:
    """Bind, or raise `StartFailed` with the setting to change."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        setting = "CSMS_WEB_PORT" if error.errno in {errno.EADDRINUSE, errno.EACCES} else "CSMS_WEB_HOST"
        raise StartFailed(f"{setting}: cannot listen at {host}:{port}: {error.strerror}") from error
    return listening
