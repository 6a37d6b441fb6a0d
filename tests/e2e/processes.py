"""Processes of the servers beside a program, and how to hold them up."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POSTGRES = "data/postgres/cluster/postmaster.pid"
VALKEY = "data/valkey/data/valkey.pid"


def pid_of(folder: Path, file: str) -> int:
    return int((folder / file).read_text().split()[0])


def processes_of(leader: int) -> list[int]:
    """Return a process and its children."""
    found = [leader]
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == leader:
                found.append(int(entry.name))
    return found


@contextmanager
def frozen(leader: int) -> Iterator[None]:
    """Stop a process and its children where they stand, and let them go on afterwards: an outage without a goodbye."""
    stopped = processes_of(leader)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(stopped):
            os.kill(pid, signal.SIGCONT)
