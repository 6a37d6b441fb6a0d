"""What it takes to put commands into the words of a version."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import asyncpg

from csms.domain.signing import Terms
from csms.kit.clock import Clock
from csms.ports.commands import Phrasebook
from csms.ports.depot import Porter
from csms.ports.registry import StationRegistry
from csms.web.desk import Fault


class Words(Protocol):
    """What wording takes; the desk has it all."""

    @property
    def pool(self) -> "asyncpg.Pool[asyncpg.Record]":
        """The database."""

    @property
    def phrasebook(self) -> Phrasebook:
        """The words of all versions."""

    @property
    def check(self) -> Callable[[str, str, bytes], Sequence[Fault]]:
        """What breaks the schema of a call."""

    @property
    def clock(self) -> Clock:
        """The time of day."""

    @property
    def registry(self) -> StationRegistry:
        """What is known of stations."""

    @property
    def porter(self) -> Porter:
        """Who gives out addresses of the depot."""

    @property
    def command_bytes(self) -> int:
        """What a station takes that never said how much."""

    @property
    def signing(self) -> Terms:
        """On what terms certificates of stations are signed."""


class Addressee(NamedTuple):
    """Whom a command is for, and the id of the call that it becomes; no station while a command is only looked at."""

    station: str
    protocol: str
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The `Words` of a process without a desk."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    phrasebook: Phrasebook
    check: Callable[[str, str, bytes], Sequence[Fault]]
    clock: Clock
    registry: StationRegistry
    porter: Porter
    command_bytes: int
    signing: Terms
