"""Measurements as Markdown, ratios first."""

import statistics
from typing import Any

Result = dict[str, Any]


def throughput(rows: list[Result]) -> str:
    """Return durable transaction messages a second, closed loop; ratios are medians, with their span."""
    names = list(rows[0]["ratios"])
    heads = ["stations", *(f"times {name}" for name in names), "msg/s", *(f"{name} msg/s" for name in names)]
    heads += [
        "CPU us/msg",
        "with its servers",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "statements/msg",
        "log B/msg",
        "table B/msg",
    ]
    lines = []
    for row in rows:
        mine = row["csms"]
        told, written = mine["latencies"]["TransactionEvent"], mine["database"]
        lines.append(
            [
                str(row["stations"]),
                *(_span(row["ratios"][name]) for name in names),
                f"{mine['rate']:.0f}",
                *(f"{row[name]:.0f}" for name in names),
                *(f"{mine[spent]:.0f}" if mine[spent] else "-" for spent in ("cpu_us", "cpu_all_us")),
                *(f"{told[p] * 1000:.1f}" for p in ("p50", "p90", "p99")),
                str(written.get("transactions", "-")),
                str(written.get("log_bytes", "-")),
                str(written.get("bytes", "-")),
            ]
        )
    text = _table(heads, lines)
    if len(rows) > 1 and rows[0]["csms"]["cpu_us"]:  # nobody watches the processes of a server that is not ours
        first, last = rows[0], rows[-1]
        ratio = last["csms"]["cpu_us"] / first["csms"]["cpu_us"]
        text += f"\n\nCPU a message at {last['stations']} stations: {ratio:.2f} times that at {first['stations']}."
    return text


def latency(result: Result) -> str:
    """Return answer times by action, under half and under all of the load."""
    lines = [
        [load, action, str(told["count"]), *(f"{told[p] * 1000:.1f}" for p in ("p50", "p90", "p99"))]
        for load, name in (
            (f"half ({result['half']['rate']:.0f}/s)", "half"),
            (f"full ({result['full']['rate']:.0f}/s)", "full"),
        )
        for action, told in sorted(result[name]["latencies"].items())
    ]
    return _table(["load", "action", "answers", "p50 ms", "p90 ms", "p99 ms"], lines)


def storm(result: Result) -> str:
    """Return a sentence."""
    return f"{result['stations']} stations connected, booted and told their status in {result['booted_s']:.2f} s."


def memory(rows: list[Result]) -> str:
    """Return what an idle station costs."""
    lines = [[str(row["stations"]), "TLS" if row["tls"] else "plain", f"{row['kib_each']:.1f}"] for row in rows]
    return _table(["idle stations", "line", "KiB each"], lines)


def _span(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def _table(heads: list[str], lines: list[list[str]]) -> str:
    rows = [heads, ["---"] * len(heads), *lines]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
