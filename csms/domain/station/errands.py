"""Errands: what a station was sent for, a new firmware or a file of its own, and how it is told to go.

An errand is known by the call that asked for it. Its stage is in words of the house; its status is the station's own.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from csms.domain.command import Command, Event


class Kind(StrEnum):
    """What an errand is for."""

    FIRMWARE = "firmware"
    DIAGNOSTICS = "diagnostics"
    LOG = "log"


class Stage(StrEnum):
    """How far an errand is.

    Nobody knows whether an `unanswered` one was heard. A `failed` one may be tried again by the station
    itself. A `superseded` one was overtaken by another that no message can tell it from.
    """

    ASKED = "asked"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    SUPERSEDED = "superseded"


OPEN = frozenset({Stage.ASKED, Stage.UNANSWERED, Stage.RUNNING})
"""The stages from which an errand goes on."""


class News(StrEnum):
    """What a status of a station says of its errand; `idle` says that there is none."""

    UNDER_WAY = "under-way"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    IDLE = "idle"


class Errand(Struct, frozen=True, gc=False):
    """One errand as the actor of its station keeps it.

    `version` is the firmware before it, `found` the one after it, told by a boot. `presumed`: its success
    follows from a boot, nobody told it. `told` counts its statuses.
    """

    id: str
    kind: str
    request_id: int | None = None
    stage: str = Stage.ASKED
    status: str | None = None
    version: str | None = None
    found: str | None = None
    presumed: bool = False
    told: int = 0


class AskErrand(Command[None], frozen=True):
    """A station is being sent; `location` is without what it lets in, times and retries are as asked."""

    errand_id: str
    kind: Kind
    action: str
    at: datetime
    request_id: int | None = None
    location: str | None = None
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    oldest_at: datetime | None = None
    latest_at: datetime | None = None
    retries: int | None = None
    retry_interval_s: int | None = None


class AnswerErrand(Command[None], frozen=True):
    """A station said whether it goes; `cancels`: it drops what it was at before."""

    errand_id: str
    accepted: bool
    status: str
    at: datetime
    cancels: bool = False
    file_name: str | None = None


class ReportProgress(Command[None], frozen=True):
    """How far an errand is; `errand` is its kind, `status` the station's word."""

    errand: str
    status: str
    at: datetime
    request_id: int | None = None
    news: News = News.UNDER_WAY


class ErrandAsked(Event, frozen=True):
    """A station was sent; `version` is its firmware then."""

    errand_id: str
    kind: str
    action: str
    at: datetime
    request_id: int | None = None
    location: str | None = None
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    oldest_at: datetime | None = None
    latest_at: datetime | None = None
    retries: int | None = None
    retry_interval_s: int | None = None
    version: str | None = None


class ErrandAnswered(Event, frozen=True):
    """A station said whether it goes, or the call for it ended in another way."""

    errand_id: str
    stage: str
    status: str
    at: datetime
    file_name: str | None = None


class ErrandDropped(Event, frozen=True):
    """An errand goes on no more, for another one took its place."""

    errand_id: str
    stage: str
    at: datetime


class ProgressReported(Event, frozen=True):
    """How far a firmware, diagnostics or log errand is; of which one, and what that makes of it, where it is known."""

    errand: str
    status: str
    at: datetime
    request_id: int | None = None
    errand_id: str | None = None
    stage: str | None = None
    news: str | None = None


class FirmwareFound(Event, frozen=True):
    """A station booted after a firmware errand, and told its version; `stage` is what that makes of the errand."""

    errand_id: str
    version: str
    stage: str
    at: datetime
    presumed: bool = False


ErrandEvent = ErrandAsked | ErrandAnswered | ErrandDropped | ProgressReported | FirmwareFound
