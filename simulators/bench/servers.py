"""The servers under measurement, each started as a process of its own."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import asyncpg
import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

KEY = "bench-key-of-this-run"
START_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Server:
    """A server: its name in the table, where stations and REST find it, and its process if it is ours to watch."""

    name: str
    url: str
    process: subprocess.Popen[bytes] | None = None
    web: str = ""
    data: Path | None = None

    def cpu_s(self) -> tuple[float, float]:
        """Return the CPU time of the serving process, and that of it and its servers together."""
        if self.process is None:
            return 0.0, 0.0
        parent = psutil.Process(self.process.pid)
        times = [_spent(process) for process in (parent, *parent.children(recursive=True))]
        return times[0], sum(times)

    def memory(self) -> int:
        """Return the resident memory of the serving process, in bytes."""
        return 0 if self.process is None else int(psutil.Process(self.process.pid).memory_info().rss)

    def rest(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the REST interface; None if it does not answer well."""
        request = urllib.request.Request(  # noqa: S310  # loopback
            self.web + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-API-Key": KEY, "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                text = answer.read()
        except (urllib.error.URLError, OSError):
            return None
        return json.loads(text) if text[:1] in b"[{" else text.decode()

    def register(self, count: int, prefix: str) -> None:
        """Register the stations of a load; a server without REST takes any."""
        if self.web:
            for n in range(count):
                self.rest("POST", "/api/v1/stations", {"id": f"{prefix}-{n:05d}"})

    def database(self) -> dict[str, int]:
        """Return what the embedded database has written until now: transactions, bytes of log, bytes of tables."""
        if self.data is None:
            return {}
        return asyncio.run(_look(self.data / "postgres"))


def _spent(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


async def _look(folder: Path) -> dict[str, int]:
    port = (folder / "cluster" / "postmaster.pid").read_text().splitlines()[3]
    connection = await asyncpg.connect(
        host="127.0.0.1", port=int(port), user="postgres", password=(folder / "password").read_text().strip()
    )
    try:
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        row = await connection.fetchrow(
            "SELECT xact_commit AS transactions, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS log_bytes,"
            " pg_database_size(datname) AS bytes FROM pg_stat_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    return dict(row or {})


@contextlib.contextmanager
def ours(folder: Path, *, tls: bool = False) -> Iterator[Server]:
    """Start this server as an operator would: one process, message log and outbox on."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    ocpp, web, secure = free_port(), free_port(), free_port()
    environment = os.environ | {
        "CSMS_DATA_FOLDER": str(folder / "data"),
        "CSMS_OCPP_HOST": "127.0.0.1",
        "CSMS_OCPP_PORT": str(ocpp),
        "CSMS_WEB_PORT": str(web),
        "CSMS_FILES_PORT": "0",
        "CSMS_FTP_PORT": "0",
        "CSMS_BOOTSTRAP_API_KEY": KEY,
        "CSMS_CONNECTS_PER_MINUTE": "1000000",
    }
    if tls:
        certificate, key = make_certificate(folder)
        environment |= {
            "CSMS_TLS_PORT": str(secure),
            "CSMS_TLS_CERTIFICATE": str(certificate),
            "CSMS_TLS_KEY": str(key),
        }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "csms.cli", "serve"], env=environment, stdout=log, stderr=log)
    url = f"wss://127.0.0.1:{secure}" if tls else f"ws://127.0.0.1:{ocpp}"
    server = Server("csms", url, process, f"http://127.0.0.1:{web}", folder / "data")
    try:
        wait_until(lambda: server.rest("GET", "/readyz") is not None, START_WITHIN_S)
        yield server
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def opponent(kind: str) -> Iterator[Server]:
    """Start one of the opponents."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "simulators.bench.opponents", kind, str(port)])
    try:
        wait_until(lambda: _listens(port), START_WITHIN_S)
        yield Server(kind, f"ws://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(10)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for loopback that signs itself, and its key; return where they are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(pem))
    paths[1].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return paths


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(look: Callable[[], bool], within_s: float) -> None:
    """Return once `look` is true."""
    deadline = time.monotonic() + within_s
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not start")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
