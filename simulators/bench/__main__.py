"""`make bench`: everything in one run, ratios first; Markdown as it comes, and JSON at the end."""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from simulators.bench import measures, report
from simulators.bench.servers import Server, opponent, ours

SIZES = (10, 100, 500, 1000)
STORM = 2000
PARTS = ("throughput", "latency", "storm", "memory")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument(
        "--url",
        help="measure this server, all but its memory; it must know BENCH-00000 and on, as many as the largest load has",
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load lasts")
    parser.add_argument("--rounds", type=int, default=3, help="how often servers take turns")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of stations")
    parser.add_argument("--storm", type=int, default=STORM, help="how many stations connect at once")
    parser.add_argument("--only", choices=PARTS, help="measure one thing alone")
    parser.add_argument("--json", type=Path, help="write the JSON to this file, and not to the screen")
    arguments = parser.parse_args()
    results: dict[str, Any] = {"cores": os.cpu_count(), "python": sys.version.split()[0]}
    results |= foreign(arguments) if arguments.url else local(arguments)
    text = json.dumps(results, indent=2)
    if arguments.json:
        arguments.json.write_text(text)
    else:
        print(text)


def sizes_of(arguments: argparse.Namespace) -> tuple[int, ...]:
    """Return the numbers of stations that are asked for."""
    return tuple(int(size) for size in arguments.sizes.split(","))


def foreign(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure somebody's server in the same way, without a look at its processes and its database."""
    server, sizes = Server("csms", arguments.url), sizes_of(arguments)
    wanted = {arguments.only} if arguments.only else set(PARTS)
    results: dict[str, Any] = {}
    if "throughput" in wanted:
        results["throughput"] = measures.throughput([server], sizes, seconds=arguments.seconds, rounds=arguments.rounds)
        show("Throughput", report.throughput(results["throughput"]))
    if "latency" in wanted:
        full = min(measures.FULL, max(sizes))
        results["latency"] = measures.latency(server, seconds=arguments.seconds, full=full)
        show("Latency", report.latency(results["latency"]))
    if "storm" in wanted:
        results["storm"] = measures.storm(server, arguments.storm, prefix="BENCH")
        show("Storm", report.storm(results["storm"]))
    return results


def local(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure this server beside the opponents."""
    wanted = {arguments.only} if arguments.only else set(PARTS)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if wanted - {"memory"}:
            with ours(folder / "load") as server:
                results |= loads(server, arguments, wanted)
        if "memory" in wanted:
            results["memory"] = [
                measures.memory(folder / f"memory-{size}-{tls}", size, tls=tls)
                for tls in (False, True)
                for size in (1000, 5000)
            ]
            show("Memory", report.memory(results["memory"]))
    return results


def loads(server: Server, arguments: argparse.Namespace, wanted: set[str]) -> dict[str, Any]:
    """Measure all that needs a server under load."""
    results: dict[str, Any] = {}
    sizes = sizes_of(arguments)
    if wanted & {"throughput", "latency"}:
        server.register(max(*sizes, measures.FULL + measures.BEATING), "BENCH")
    if "throughput" in wanted:
        with opponent("bare") as bare, opponent("package") as package:
            servers = [server, bare, package]
            rows = measures.throughput(servers, sizes, seconds=arguments.seconds, rounds=arguments.rounds)
        results["throughput"] = rows
        show("Throughput: durable transaction messages, closed loop", report.throughput(rows))
    if "latency" in wanted:
        results["latency"] = measures.latency(server, seconds=arguments.seconds)
        show("Latency", report.latency(results["latency"]))
    if "storm" in wanted:
        results["storm"] = measures.storm(server, arguments.storm)
        show("Storm", report.storm(results["storm"]))
    return results


def show(title: str, text: str) -> None:
    """Print a section."""
    print(f"## {title}\n\n{text}\n", flush=True)


if __name__ == "__main__":
    main()
