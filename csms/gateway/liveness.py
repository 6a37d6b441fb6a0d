"""How long a station may be silent, and when it is pinged."""

import zlib
from dataclasses import replace

import structlog
from msgspec import Struct

from csms.gateway.context import Context
from csms.ocpp.link import Limits, Link
from csms.ports.registry import RegisteredStation

log = structlog.get_logger(__name__)

PING = b"\x89\x00"
MUTE_AFTER, MUTE_AGAIN = 10, 1000
"""A line that answered none of so many pings is told of, and again after so many more: it lives by what else it says."""


class Pace(Struct, frozen=True):
    """How a line is kept alive and spared: what holds for all, and what the habits of a station make of it."""

    ping_s: float
    silence_s: float
    frames_per_second: float
    limits: Limits


def pace_of(context: Context, station: RegisteredStation) -> Pace:
    """Return the pace of a station's line, worked out once for it.

    It is given up after so many seconds without a byte: some ignore pings, none all heartbeats.
    """
    habits = station.habits
    ping_s = context.ping_s if habits.ping_s is None else habits.ping_s
    heartbeat_s = station.heartbeat_s or habits.heartbeat_s or context.heartbeat_s
    limits = context.limits
    return Pace(
        ping_s=ping_s,
        silence_s=max(habits.silence_s or context.silence_s, 3.0 * heartbeat_s, 3.0 * ping_s),
        frames_per_second=habits.frames_per_second or context.frames_per_second,
        limits=limits if habits.call_gap_s is None else replace(limits, gap_s=habits.call_gap_s),
    )


class Watch:
    """Looks after one line: tells when to cut it and when to ping.

    `stalled_at` is since when it takes nothing, `unanswered` how many pings in a row had no answer.
    """

    __slots__ = ("_stall_s", "_station", "pace", "stalled_at", "unanswered")

    def __init__(self, context: Context, station: RegisteredStation) -> None:
        self._station = station.id
        self._stall_s = context.stall_s
        self.pace = pace_of(context, station)
        self.stalled_at: float | None = None
        self.unanswered = 0

    def adopt(self, pace: Pace, link: Link | None) -> None:
        """Go on at another pace."""
        self.pace = pace
        if link is not None:
            link.limits = pace.limits

    def why_cut(self, now: float, last_inbound: float, *, reading: bool) -> str | None:
        """Return why the line is to be cut now, or None."""
        if self.stalled_at is not None and now - self.stalled_at > self._stall_s:
            return "stalled"
        if not reading or now - last_inbound <= self.pace.silence_s:
            return None
        log.info("station_silent", station=self._station, seconds=round(now - last_inbound))
        return "silent"

    def wants_ping(self, now: float, last_outbound: float) -> bool:
        """Whether it is time to ping."""
        return bool(self.pace.ping_s) and now - last_outbound > self.pace.ping_s


def phase_of(station: RegisteredStation) -> float:
    """Return a part of 1 that is a station's own, so that those that came together are not pinged together (L16)."""
    return zlib.crc32(station.id.encode()) / 0xFFFFFFFF
