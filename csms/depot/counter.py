"""The counter of the depot: who may do what, whichever way stations come."""

import contextlib
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum

import structlog

from csms.depot.intake import Body, Sieve, TooLarge
from csms.kit.clock import Clock
from csms.kit.metrics import Metrics
from csms.ports.depot import FileStatus, Purpose, Ticket
from csms.ports.objects import Objects, ObjectsError
from csms.storage.depot import SECRET_LENGTH, PostgresDepot, file_key
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

LONGEST_NAME = 255
KEY = re.compile(rf"key-([A-Za-z0-9]{{{SECRET_LENGTH}}})(.*)", re.DOTALL)
LINES = {"brought": "file_brought", "fetched": "file_fetched"}
_ODD = re.compile(r"[\x00-\x1f\x7f]")


class Refusal(Enum):
    """Why the counter does nothing for somebody."""

    UNKNOWN = "unknown"
    EXPIRED = "expired"
    WRONG_WAY = "wrong-way"
    ENOUGH = "enough"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Brought:
    """What became of a file, and how much of it came."""

    status: FileStatus
    size: int


def key_in(path: str) -> tuple[str, str] | None:
    """Return the secret in a path and what stands behind it, glued on or not (stations do both); None without one."""
    found = KEY.search(path)
    return None if found is None else (found[1], found[2])


def name_in(path: str) -> str:
    """Return what a file is called: the last part of a path, without what could lead elsewhere (Q111)."""
    last = _ODD.sub("", path.replace("\\", "/")).rstrip("/").rpartition("/")[2]
    return (last if last.strip(". ") else "file").encode("utf-8", "replace").decode()[:LONGEST_NAME]


class Counter:
    """Serves stations. Every one of their secrets is looked up anew; a file is never executed, unpacked or trusted."""

    def __init__(
        self, *, depot: PostgresDepot, objects: Objects, clock: Clock, metrics: Metrics, largest_bytes: int
    ) -> None:
        self._depot = depot
        self._objects = objects
        self._clock = clock
        self._metrics = metrics
        self._largest = largest_bytes

    @property
    def largest_bytes(self) -> int:
        """How large a file may be."""
        return self._largest

    async def admit(self, secret: str, purpose: Purpose | None = None) -> Ticket | Refusal:
        """Return the ticket of a secret, if it is good now, and for that."""
        try:
            ticket = await self._depot.find(secret)
        except AWAY:
            return Refusal.AWAY
        if ticket is None:
            return Refusal.UNKNOWN
        if ticket.expires_at <= self._clock.now():
            return Refusal.EXPIRED
        if purpose not in {None, ticket.purpose} or (purpose is Purpose.FETCH and ticket.image is None):
            return Refusal.WRONG_WAY
        return ticket

    async def bring(
        self, ticket: Ticket, name: str, body: Body, *, transport: str, remote: str | None
    ) -> Brought | Refusal:
        """Keep a file beside all that came before it, as far as it comes."""
        try:
            file = await self._depot.begin(ticket, name_in(name), transport=transport, remote=remote)
        except AWAY:
            return Refusal.AWAY
        if file is None:
            return Refusal.ENOUGH
        sieve = Sieve(body, limit=self._largest)
        status = await self._store(file, sieve)
        kept = status in {FileStatus.WHOLE, FileStatus.PARTIAL}
        try:
            await self._depot.end(file, status, size=sieve.size, sha256=sieve.sha256 if kept else None)
        except AWAY:
            status = FileStatus.LOST
        self._note("brought", ticket, transport, status.value, sieve.size, why=sieve.broken_off)
        return Brought(status, sieve.size)

    async def _store(self, file: str, sieve: Sieve) -> FileStatus:
        try:
            await self._objects.put(file_key(file), aiter(sieve))
        except TooLarge:
            return FileStatus.TOO_LARGE
        except ObjectsError as error:
            log.warning("file_not_stored", file=file, error=str(error))
            return FileStatus.LOST
        return sieve.status

    async def fetch(
        self, ticket: Ticket, *, first: int, last: int | None, transport: str
    ) -> AsyncGenerator[bytes, None]:
        """Yield the firmware of a ticket, or a part of it; raise an `ObjectsError` where the store fails."""
        if ticket.image is None:
            return
        sent, outcome = 0, "broken-off"
        try:
            async for chunk in self._objects.get(ticket.image.key, first=first, last=last):
                yield chunk
                sent += len(chunk)
            outcome = "whole"
        finally:
            self._note("fetched", ticket, transport, outcome, sent)
        with contextlib.suppress(*AWAY):
            await self._depot.fetched(ticket)

    def _note(  # the values of a line in the log
        self, way: str, ticket: Ticket, transport: str, outcome: str, size: int, *, why: str | None = None
    ) -> None:
        self._metrics.station_files.labels(way, transport, outcome).inc()
        more = {} if why is None else {"why": why}
        log.info(
            LINES[way],
            station=ticket.station,
            errand=ticket.errand_id,
            transport=transport,
            outcome=outcome,
            bytes=size,
            **more,
        )
