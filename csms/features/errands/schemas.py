"""What the routes of errands take and give."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

Kind = Literal["firmware", "diagnostics", "log"]
Stage = Literal["asked", "unanswered", "refused", "running", "succeeded", "failed", "canceled", "superseded"]


class Errand(Struct, frozen=True):
    """What a station was sent for; its id is that of the call that asked for it.

    `stage` is in words of the house, `status` the station's own last word. `presumed`: nobody told that
    it succeeded, the station booted with another version. `overdue`: it goes on, and nothing has been
    heard of it for an hour.
    """

    id: str
    station_id: str
    kind: str
    action: str
    request_id: int | None
    stage: str
    status: str | None
    location: str | None
    retrieve_at: datetime | None
    install_at: datetime | None
    oldest_at: datetime | None
    latest_at: datetime | None
    retries: int | None
    retry_interval_s: int | None
    file_name: str | None
    version_before: str | None
    version_after: str | None
    presumed: bool
    overdue: bool
    asked_by: str | None
    asked_at: datetime
    answered_at: datetime | None
    changed_at: datetime


class Progress(Struct, frozen=True):
    """A status as a station told it; `errand_id` is None where nobody knows what it is about."""

    id: int
    station_id: str
    errand_id: str | None
    kind: str
    status: str
    request_id: int | None
    at: datetime


class ErrandStory(Errand, frozen=True):
    """An errand with all that was told of it, in order."""

    progress: list[Progress] = []
