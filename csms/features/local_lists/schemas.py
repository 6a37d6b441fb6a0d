"""What the routes of local lists take and give."""

from datetime import datetime

from msgspec import Struct


class Refusal(Struct, frozen=True):
    """An update that the station did not take last; `status` is its own word."""

    status: str
    version: int
    at: datetime


class LocalList(Struct, frozen=True):
    """The local list of a station, as it accepted it or told of it since.

    `version` is None while nobody knows, 0 of an empty list. `supported` is false where the station
    said that it knows no lists. `count` is how many tokens it holds, None where what it holds is not
    known: the station told a version that we did not make.
    """

    station_id: str
    version: int | None
    supported: bool | None
    count: int | None
    told_at: datetime | None
    refused: Refusal | None


class ListEntry(Struct, frozen=True):
    """A token of a local list and what the list says of it; 1.6 tells no kinds."""

    token: str
    kind: str | None
    status: str
    group: str | None
    expires_at: datetime | None
