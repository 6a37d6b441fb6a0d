"""What is measured, and how."""

import contextlib
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simulators.bench.servers import Server, ours

FULL = 500
BEATING = 50
Result = dict[str, Any]


@contextlib.contextmanager
def generator(server: Server, **plan: Any) -> Iterator["subprocess.Popen[str]"]:
    """Start the load generator in a process of its own."""
    command = [sys.executable, "-m", "simulators.bench.generator", json.dumps({"url": server.url, **plan})]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process


def load(server: Server, **plan: Any) -> Result:
    """Run a load; return what the generator saw, and what the server spent once all stations had booted."""
    with generator(server, **plan) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        booted = process.stdout.readline()
        cpu, written = server.cpu_s(), server.database()
        ended = process.stdout.readline()
        spent, now_written = server.cpu_s(), server.database()
        if process.wait():
            raise RuntimeError(process.stderr.read()[-2000:])
    result: Result = json.loads(booted) | json.loads(ended)
    messages = max(1, result.get("transactions", 1))
    result["cpu_us"], result["cpu_all_us"] = (
        (after - before) / messages * 1e6 for before, after in zip(cpu, spent, strict=True)
    )
    result["database"] = {name: round((now_written[name] - written[name]) / messages, 2) for name in written}
    return result


def throughput(servers: list[Server], sizes: tuple[int, ...], *, seconds: float, rounds: int) -> list[Result]:
    """Measure all servers at each size, one after the other in every round; ratios are of the same round."""
    rows = []
    for size in sizes:
        turns: list[dict[str, Result]] = [
            {server.name: load(server, stations=size, seconds=seconds) for server in servers} for _ in range(rounds)
        ]
        first, *others = (server.name for server in servers)
        middle = sorted((turn[first] for turn in turns), key=lambda result: float(result["rate"]))[rounds // 2]
        rows.append(
            {
                "stations": size,
                "ratios": {name: [turn[first]["rate"] / turn[name]["rate"] for turn in turns] for name in others},
                "cpu_ratios": {
                    name: [turn[first]["cpu_us"] / turn[name]["cpu_us"] for turn in turns] for name in others
                },
                first: middle,
                **{name: statistics.median(turn[name]["rate"] for turn in turns) for name in others},
            }
        )
    return rows


def latency(server: Server, *, seconds: float, full: int = FULL) -> Result:
    """Measure heartbeats under the load of `full` stations, and every action at half of it."""
    chatty = min(BEATING, full)
    all_of_it = load(server, stations=full + chatty, seconds=seconds, chatty=chatty, actions=["Heartbeat"])
    half = load(server, stations=full + chatty, seconds=seconds, rate=all_of_it["rate"] / 2, chatty=chatty)
    return {"full": all_of_it, "half": half}


def storm(server: Server, count: int, *, prefix: str = "STORM") -> Result:
    """Measure how long it takes until so many stations have connected, booted and told their status, durably."""
    server.register(count, prefix)
    return {"stations": count, **load(server, stations=count, seconds=0, prefix=prefix, boot_only=True)}


def memory(folder: Path, size: int, *, tls: bool) -> Result:
    """Measure the resident memory of an idle station, all of its parts together, in a fresh server."""
    with ours(folder) as server:
        server.register(size, "IDLE")
    with ours(folder, tls=tls) as server:  # a fresh life, without what the registering left behind
        warm = load(server, stations=10, seconds=0, prefix="IDLE", boot_only=True)
        before = most = server.memory()
        plan = {"stations": size, "seconds": 0, "prefix": "IDLE", "boot_only": True, "idle_s": 6}
        with generator(server, **plan) as process:
            while process.poll() is None:
                time.sleep(0.5)
                most = max(most, server.memory())
    return {"stations": size, "tls": tls, "errors": warm["errors"], "kib_each": (most - before) / size / 1024}
