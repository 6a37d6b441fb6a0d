"""The life of one embedded server: start, watch, stop."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import structlog

from csms.embedded.privileges import Runner
from csms.kit.failures import StartFailed

log = structlog.get_logger(__name__)

START_WITHIN_S = 30.0
STOP_WITHIN_S = 20.0


class EmbeddedServer(ABC):
    """Runs a server in `folder`, on loopback, with a password that was made at its first start.

    A server that dies is started again on the same port. One that an earlier life left behind
    is stopped first: whoever starts it must hold the folder (`csms.embedded.folder`).
    """

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.port = 0
        self.password = ""
        self._runner = Runner()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._log: IO[bytes] | None = None

    @abstractmethod
    async def prepare(self) -> None:
        """Make what the first start needs."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command line."""

    @abstractmethod
    async def is_ready(self) -> bool:
        """Whether the running server takes connections."""

    @property
    @abstractmethod
    def pid_file(self) -> Path:
        """Where the server writes its process id, in the first line."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Start, and return once connections are taken; raise `StartFailed` with the server's own words."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password = self._secret()
        await self._stop_orphan()
        await self.prepare()
        self.port = self.port or _free_port()
        await self._launch()
        self._watch = asyncio.get_running_loop().create_task(self._keep_alive(), name=f"embedded/{self.name}")

    async def stop(self) -> None:
        """Stop and wait for it."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self.halt()
        if self._log is not None:
            self._log.close()

    async def halt(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the process alone; what watches it starts it again unless `stop` was called."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(how)
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                await self._ended(self._process)
        except TimeoutError:
            self._process.kill()
            await self._ended(self._process)

    @staticmethod
    async def _ended(process: "subprocess.Popen[bytes]") -> int:
        """Return the exit code once the process has ended. The loop's own processes cannot change their user."""
        while (code := process.poll()) is None:
            await asyncio.sleep(0.05)
        return code

    def pause_watching(self) -> None:
        """Leave a halted process alone until `start` (for tests of outages)."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    @property
    def pid(self) -> int | None:
        """The process id of the running server."""
        return None if self._process is None else self._process.pid

    async def _launch(self) -> None:
        log_path = self.folder / "server.log"
        if self._log is None or self._log.closed:
            self._log = log_path.open("ab")
        began = self._log.tell()
        self._process = subprocess.Popen(  # noqa: ASYNC220  # it returns at once
            [*self._runner.prefix, *self.command()],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            **self._runner.arguments(),
        )
        try:
            async with asyncio.timeout(START_WITHIN_S):
                while not await self.is_ready():
                    if self._process.poll() is not None:
                        said = log_path.read_bytes()[began:].decode(errors="replace").strip()[-600:]
                        raise StartFailed(f"the embedded {self.name} did not start: {said}")
                    await asyncio.sleep(0.02)
        except TimeoutError as error:
            raise StartFailed(f"the embedded {self.name} did not start within {START_WITHIN_S:.0f} s") from error

    async def _keep_alive(self) -> None:
        while self._process is not None:
            code = await self._ended(self._process)
            log.error("embedded_server_died", server=self.name, code=code)
            with contextlib.suppress(StartFailed):
                await self._launch()

    async def _stop_orphan(self) -> None:
        pid = self._orphan()
        if pid is None:
            self.pid_file.unlink(missing_ok=True)
            return
        log.warning("embedded_server_left_behind", server=self.name, pid=pid)
        os.kill(pid, signal.SIGINT)
        async with asyncio.timeout(STOP_WITHIN_S):
            while self._orphan() is not None:
                await asyncio.sleep(0.05)
        self.pid_file.unlink(missing_ok=True)

    def _orphan(self) -> int | None:
        """Return the process id in the pid file if such a server lives; a zombie does not count."""
        try:
            pid = int(self.pid_file.read_text().split()[0])
            os.kill(pid, 0)
        except (FileNotFoundError, ValueError, IndexError, ProcessLookupError):
            return None
        except PermissionError:
            return pid
        return pid if _is_alive(pid, self.name) else None

    def _secret(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text()


def _is_alive(pid: int, name: str) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if not status.exists():
        return True  # not Linux: `kill` has said that it lives
    try:
        command, _, rest = status.read_text().partition("(")[2].rpartition(")")
    except OSError:
        return False
    return name[:6] in command and rest.split()[0] != "Z"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
