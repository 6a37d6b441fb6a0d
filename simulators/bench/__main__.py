"""`make bench`: everything in one run, ratios first; a Markdown table and JSON."""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

KEY = "bench-key-of-this-run"
SIZES = (10, 100, 500, 1000)
FULL = 500


@dataclass(slots=True)
class Server:
    """A server under measurement: its processes, and where stations find it."""

    name: str
    url: str
    process: subprocess.Popen[bytes] | None = None
    web: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def cpu_s(self) -> float:
        """Return the CPU time of the serving process, its children (Postgres, Valkey) left out."""
        if self.process is None:
            return 0.0
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def cpu_all_s(self) -> float:
        """Return the CPU time of the serving process and its servers."""
        if self.process is None:
            return 0.0
        parent = psutil.Process(self.process.pid)
        total = 0.0
        for process in [parent, *parent.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system + getattr(times, "children_user", 0) * 0
        return total

    def memory(self) -> int:
        """Return the resident memory of the serving process, in bytes."""
        return 0 if self.process is None else int(psutil.Process(self.process.pid).memory_info().rss)


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def ours(folder: Path) -> Iterator[Server]:
    """Start this server as an operator would: one process, message log and outbox on."""
    ocpp, web = free_port(), free_port()
    environment = os.environ | {
        "CSMS_DATA_FOLDER": str(folder / "data"),
        "CSMS_OCPP_HOST": "127.0.0.1",
        "CSMS_OCPP_PORT": str(ocpp),
        "CSMS_WEB_PORT": str(web),
        "CSMS_BOOTSTRAP_API_KEY": KEY,
        "CSMS_CONNECTS_PER_MINUTE": "1000000",
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "csms.cli", "serve"], env=environment, stdout=log, stderr=log)
    server = Server("csms", f"ws://127.0.0.1:{ocpp}", process, f"http://127.0.0.1:{web}")
    try:
        wait_until(lambda: rest(server, "GET", "/readyz") is not None, 60)
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
        wait_until(lambda: _listens(port), 20)
        yield Server(kind, f"ws://127.0.0.1:{port}", process)
    finally:
        process.terminate()
        process.wait(10)


def wait_until(look: Any, within_s: float) -> None:
    """Return once `look` is true."""
    deadline = time.monotonic() + within_s
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError("the server did not start")
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def rest(server: Server, method: str, path: str, body: Any = None) -> Any:
    """Ask the server's REST interface; None if it does not answer well."""
    request = urllib.request.Request(  # noqa: S310  # loopback
        server.web + path,
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


def register(server: Server, count: int, prefix: str) -> None:
    """Register the stations of a load."""
    if server.web:
        for n in range(count):
            rest(server, "POST", "/api/v1/stations", {"id": f"{prefix}-{n:05d}"})


def load(server: Server, **plan: Any) -> dict[str, Any]:
    """Run the generator in a process of its own."""
    plan = {"url": server.url, **plan}
    done = subprocess.run(
        [sys.executable, "-m", "simulators.bench.generator", json.dumps(plan)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return dict(json.loads(done.stdout))


def measured(server: Server, **plan: Any) -> dict[str, Any]:
    """Run a load and add the CPU time that the server spent on each message."""
    cpu, cpu_all = server.cpu_s(), server.cpu_all_s()
    result = load(server, **plan)
    messages = max(1, result["transactions"])
    result["cpu_us"] = (server.cpu_s() - cpu) / messages * 1e6
    result["cpu_all_us"] = (server.cpu_all_s() - cpu_all) / messages * 1e6
    return result


def throughput(server: Server, others: list[Server], seconds: float, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Measure all servers at each size, one after the other in turn."""
    rows = []
    for size in sizes:
        row = {"stations": size, "csms": measured(server, stations=size, seconds=seconds)}
        row |= {other.name: measured(other, stations=size, seconds=seconds) for other in others}
        rows.append(row)
    return rows


def under_load(server: Server, full_rate: float, seconds: float) -> dict[str, Any]:
    """Measure heartbeats under the full load, and transactions at half of it."""
    full = load(server, stations=FULL + 50, seconds=seconds, heartbeats=50)
    half = load(server, stations=FULL, seconds=seconds, rate=full_rate / 2)
    return {
        "heartbeat_under_full_load": full["latencies"]["Heartbeat"],
        "half_load": half["latencies"],
        "half_rate": half["rate"],
    }


def memory(server: Server, sizes: tuple[int, ...]) -> list[dict[str, Any]]:
    """Measure the resident memory of an idle station, all of its parts together."""
    rows = []
    for size in sizes:
        register(server, size, "IDLE")
        before = server.memory()
        plan = {"url": server.url, "stations": size, "seconds": 0, "prefix": "IDLE", "boot_only": True, "idle_s": 6}
        with subprocess.Popen(
            [sys.executable, "-m", "simulators.bench.generator", json.dumps(plan)], stdout=subprocess.PIPE
        ) as generator:
            most = before
            while generator.poll() is None:
                time.sleep(0.5)
                most = max(most, server.memory())
        rows.append({"stations": size, "kib_each": (most - before) / size / 1024})
    return rows


def storm(server: Server, count: int) -> dict[str, Any]:
    """Measure how long it takes until so many stations have connected, booted and told their status."""
    register(server, count, "STORM")
    return {
        "stations": count,
        "seconds": load(server, stations=count, seconds=0, prefix="STORM", boot_only=True)["booted_s"],
    }


def table(rows: list[dict[str, Any]], names: list[str]) -> str:
    """Return the throughput as Markdown, ratios first."""
    heads = [
        "stations",
        *(f"times {name}" for name in names),
        "msg/s",
        "CPU us/msg (all)",
        "p50 ms",
        "p90 ms",
        "p99 ms",
    ]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row in rows:
        mine = row["csms"]
        told = mine["latencies"]["TransactionEvent"]
        cells = [str(row["stations"])]
        cells += [f"{mine['rate'] / row[name]['rate']:.2f}" for name in names]
        cells += [f"{mine['rate']:.0f}", f"{mine['cpu_us']:.0f} ({mine['cpu_all_us']:.0f})"]
        cells += [f"{told[p] * 1000:.1f}" for p in ("p50", "p90", "p99")]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument(
        "--url", help="measure this OCPP server instead (its stations BENCH-00000... must be registered)"
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--only", choices=["throughput", "latency", "memory", "storm"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sizes = tuple(int(size) for size in arguments.sizes.split(","))
    results = foreign(arguments.url, arguments.seconds, sizes) if arguments.url else local(arguments, sizes)
    text = json.dumps(results, indent=2)
    if arguments.json:
        arguments.json.write_text(text)
    print(text)


def foreign(url: str, seconds: float, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Measure somebody's server in the same way, without a look at its processes."""
    server = Server("other", url)
    return {"throughput": [{"stations": size, "other": load(server, stations=size, seconds=seconds)} for size in sizes]}


def local(arguments: argparse.Namespace, sizes: tuple[int, ...]) -> dict[str, Any]:
    """Measure this server beside the opponents."""
    results: dict[str, Any] = {"cores": os.cpu_count(), "python": sys.version.split()[0]}
    only = arguments.only
    with tempfile.TemporaryDirectory() as name, ours(Path(name)) as server:
        Path(name).chmod(0o755)
        if only in {None, "throughput", "latency"}:
            register(server, max(*sizes, FULL + 50), "BENCH")
        if only in {None, "storm"}:
            results["storm"] = storm(server, 2000)
            print(
                f"2,000 stations connected, booted and told their status in {results['storm']['seconds']:.2f} s\n",
                flush=True,
            )
        if only in {None, "throughput"}:
            with opponent("bare") as bare, opponent("package") as package:
                results["throughput"] = throughput(server, [bare, package], arguments.seconds, sizes)
            print(table(results["throughput"], ["bare", "package"]), "\n", flush=True)
        if only in {None, "latency"}:
            full = load(server, stations=FULL, seconds=arguments.seconds)["rate"]
            results["latency"] = under_load(server, full, arguments.seconds)
        if only in {None, "memory"}:
            results["memory"] = memory(server, (1000, 5000))
            for row in results["memory"]:
                print(f"{row['kib_each']:.1f} KiB for each of {row['stations']} idle stations", flush=True)
    return results


if __name__ == "__main__":
    main()
