"""What every connection of a listener shares."""

import asyncio
import logging
from dataclasses import dataclass

from csms.gateway.doorman import Doorman
from csms.kit.clock import Clock
from csms.kit.metrics import Metrics
from csms.kit.tasks import Tasks
from csms.ocpp.link import Limits
from csms.ports.frames import FrameLog
from csms.ports.line import House


@dataclass(frozen=True, slots=True)
class Context:
    """Ports, limits and times (seconds and bytes). `gate` bounds the handshakes under way."""

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
    tls: bool = False
    deflate: bool = True
    handshake_timeout_s: float = 5.0
    close_timeout_s: float = 5.0
    silence_s: float = 150.0
    ping_s: float = 27.0
    stall_s: float = 10.0
    max_unsent: int = 4_194_304
    frames_per_second: float = 2000.0
