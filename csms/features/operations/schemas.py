"""What the routes of operations and campaigns take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Raw, Struct

from csms.domain.fleet.rollout import StopRule, Wave
from csms.domain.fleet.selection import Selection
from csms.domain.fleet.windows import Window

State = Literal["running", "paused", "finished", "cancelled"]
Kind = Literal["bulk", "campaign"]
AssignmentState = Literal["waiting", "asked", "watched", "ended"]
Title = Annotated[str, Meta(min_length=1, max_length=200)]
PerSecond = Annotated[float, Meta(ge=0.01, le=100)]
AtOnce = Annotated[int, Meta(ge=1, le=1000)]
Within = Annotated[int, Meta(ge=1, le=600)]
Patience = Annotated[int, Meta(ge=0, le=2_592_000)]
"""Seconds, up to a month."""


class EffectWish(Struct, frozen=True, forbid_unknown_fields=True):
    """What must come of it before a station counts as done.

    `boot`: it boots. `errand`: it tells that it has done what it was sent for, such as a log. `firmware`: it runs
    the `version` (a pattern).
    """

    kind: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Annotated[str, Meta(min_length=1, max_length=255)] | None = None
    within_s: Annotated[int, Meta(ge=1, le=2_592_000)] = 3600


class NewOperation(Struct, frozen=True, forbid_unknown_fields=True):
    """A command to many stations; `body` is what the command takes when it goes to one.

    Per second so many are asked, so many are asked `at_once`; each has `within_s` to answer. A station
    that is not there is waited for up to `wait_s`.
    """

    command: Title
    selection: Selection
    body: dict[str, Any] = {}
    name: Title | None = None
    per_second: PerSecond = 10.0
    at_once: AtOnce = 50
    within_s: Within | None = None
    wait_s: Patience = 0


class NewCampaign(Struct, frozen=True, forbid_unknown_fields=True):
    """A roll-out in waves: the next one begins when all stations of the one before have come to their ends.

    It pauses where too many fail (`stop`), after each wave (`pause_between`), and is paused from the start
    with `hold`. It asks only while one of its `windows` is open, on the clock of `timezone`.
    """

    name: Title
    command: Title
    selection: Selection
    body: dict[str, Any] = {}
    waves: Annotated[tuple[Wave, ...], Meta(max_length=100)] = ()
    effect: EffectWish | None = None
    stop: StopRule = StopRule()
    windows: Annotated[tuple[Window, ...], Meta(max_length=50)] = ()
    timezone: Annotated[str, Meta(min_length=1, max_length=64)] = "UTC"
    rest_s: Annotated[float, Meta(ge=0, le=2_592_000)] = 0.0
    pause_between: bool = False
    hold: bool = False
    per_second: PerSecond = 10.0
    at_once: AtOnce = 50
    within_s: Within | None = None
    wait_s: Patience = 86_400


class WaveProgress(Struct, frozen=True):
    """How far a wave is; `outcomes` counts the ends."""

    wave: int
    stations: int
    waiting: int
    asked: int
    watched: int
    outcomes: dict[str, int]


class Operation(Struct, frozen=True):
    """Something that is done to many stations; `wave` is the one it is at, `why` the reason of a pause."""

    id: str
    kind: str
    name: str | None
    command: str
    body: Raw
    selection: Selection
    state: str
    why: str | None
    wave: int
    stations: int
    outcomes: dict[str, int]
    waves: list[WaveProgress]
    effect: EffectWish | None
    stop: StopRule
    windows: tuple[Window, ...]
    timezone: str
    rest_s: float
    pause_between: bool
    per_second: float
    at_once: int
    within_s: int | None
    wait_s: int
    created_by: str
    created_at: datetime
    ended_at: datetime | None


class Result(Struct, frozen=True):
    """How far it is with one station, and how it ended; `answer` is the raw answer, its secrets covered."""

    station: str
    wave: int
    state: str
    outcome: str | None
    protocol: str | None
    action: str | None
    answer: Raw | None
    detail: str | None
    call_id: str | None
    asked_at: datetime | None
    ended_at: datetime | None
