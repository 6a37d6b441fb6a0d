"""How long a station may be silent, and when it is pinged."""

import zlib

from csms.gateway.context import Context
from csms.ports.registry import RegisteredStation

PING = b"\x89\x00"


def silence_of(context: Context, station: RegisteredStation) -> float:
    """Return after how many seconds without a byte a station is given up: some ignore pings, none all heartbeats."""
    return max(context.silence_s, 3.0 * (station.heartbeat_s or context.heartbeat_s), 3.0 * context.ping_s)


def phase_of(station: RegisteredStation) -> float:
    """Return a part of 1 that is a station's own, so that those that came together are not pinged together (L16)."""
    return zlib.crc32(station.id.encode()) / 0xFFFFFFFF
