"""What every connection of a listener shares."""

import asyncio
import logging
from dataclasses import dataclass, field

from csms.gateway.doorman import Doorman
from csms.kit.clock import Clock
from csms.kit.leaks import Leaks
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.ocpp.link import Limits
from csms.ports.frames import FrameLog
from csms.ports.line import House


@dataclass(frozen=True, slots=True)
class Context:
    """Ports, limits and times (seconds and bytes).

    `gate` bounds the handshakes that are judged at once, `pending` the sockets that are no station
    yet. `profiles` are the security profiles that are served here. `heartbeat_s` is what a station is told that has no interval of its own.
    """

    doorman: Doorman
    house: House
    frames: FrameLog
    clock: Clock
    tasks: Tasks
    metrics: Metrics
    gate: asyncio.Semaphore
    limits: Limits
    max_frame: int
    wire_log: logging.Logger
    profiles: frozenset[int] = frozenset({0, 1})
    deflate: bool = True
    handshake_timeout_s: float = 5.0
    close_timeout_s: float = 5.0
    pending: int = 10_000
    silence_s: float = 150.0
    heartbeat_s: float = 300.0
    ping_s: float = 27.0
    stall_s: float = 10.0
    max_unsent: int = 4_194_304
    frames_per_second: float = 2000.0
    odd_lines: Leaks = field(default_factory=lambda: Leaks(capacity=10, per_second=1 / 6, room=50_000))
