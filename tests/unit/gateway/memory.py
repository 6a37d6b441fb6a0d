"""What stands behind the doors of a test: a clock moved by hand, and memory."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from csms.domain.station.commands import Registration
from csms.ocpp.events import CallReceived, LinkEvent
from csms.ports.frames import Frame
from csms.ports.journal import JournalUnavailable
from csms.ports.line import Line
from csms.ports.registry import RegisteredStation


class HandClock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime(2026, 11, 24, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class MemoryRegistry:
    """Stations by their ids in small letters; `gate`, where it is set, holds every look-up."""

    def __init__(self) -> None:
        self.stations: dict[str, RegisteredStation] = {}
        self.asked: list[str] = []
        self.gate: asyncio.Event | None = None

    def add(self, station: str, **more: Any) -> None:
        given = {
            "security_profile": 0,
            "password_hash": None,
            "boot_policy": Registration.ACCEPTED,
            "subprotocol": None,
            "heartbeat_s": None,
            "call_timeout_s": None,
            **more,
        }
        self.stations[station.lower()] = RegisteredStation(id=station, **given)

    async def forget_old_password(self, station: str) -> None:
        known = self.stations[station.lower()]
        self.stations[station.lower()] = replace(known, old_password_hash=None)

    async def use_new_password(self, station: str, hashed: str) -> None:
        known = self.stations[station.lower()]
        changed = replace(known, password_hash=hashed, old_password_hash=None, new_password_hashes=())
        self.stations[station.lower()] = changed

    async def raise_profile(self, station: str, profile: int) -> None:
        known = self.stations[station.lower()]
        self.stations[station.lower()] = replace(known, security_profile=profile, offered_profile=None)

    async def find(self, station: str) -> RegisteredStation | None:
        self.asked.append(station)
        if self.gate is not None:
            await self.gate.wait()
        return self.stations.get(station.lower())


class MemoryEars:
    """Answers every call with an empty object at once, unless it is told to wait."""

    def __init__(self, house: "MemoryHouse", line: Line) -> None:
        self.house = house
        self.line = line
        self.events: list[LinkEvent] = []
        self.is_lost = False

    def heard(self, event: LinkEvent) -> None:
        self.events.append(event)
        if isinstance(event, CallReceived) and not self.house.thinks:
            self.line.answer(event, self.house.reply)

    def lost(self) -> None:
        self.is_lost = True


class MemoryHouse:
    """Keeps the ears of every line; `thinks` leaves calls without an answer."""

    def __init__(self) -> None:
        self.ready = True
        self.thinks = False
        self.away = False
        self.reply = b"{}"
        self.guests: list[tuple[str, MemoryEars]] = []

    async def welcome(self, station: RegisteredStation, line: Line) -> MemoryEars:
        if self.away:
            raise JournalUnavailable("away")
        ears = MemoryEars(self, line)
        self.guests.append((station.id, ears))
        return ears

    @property
    def ears(self) -> MemoryEars:
        return self.guests[-1][1]


class MemoryFrames:
    """The message log of a test."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def record(self, station: str, frame: Frame) -> None:
        self.frames.append(frame)
