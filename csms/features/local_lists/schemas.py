"""What the routes of local lists take and give."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from csms.domain.remote import ListedToken


class Refusal(Struct, frozen=True):
    """An update that the station did not take last; `status` is its own word."""

    status: str
    version: int
    at: datetime


class NewWish(Struct, frozen=True, forbid_unknown_fields=True):
    """What a station should have in its list: a token alone stands for what its record says of it.

    With `keep` the house sees to it by itself: after a restart, and when the list is another one.
    """

    entries: Annotated[tuple[ListedToken, ...], Meta(max_length=20_000)]
    keep: bool = False


class Sync(Struct, frozen=True):
    """How the last try went to bring a station to the wanted list; `outcome` is None while it goes on.

    `sent` counts the updates that the station took.
    """

    outcome: str | None
    detail: str | None
    sent: int
    began_at: datetime
    ended_at: datetime | None


class Wish(Struct, frozen=True):
    """What a station should have; `drifts` tells whether it has anything else, or nobody knows what."""

    count: int
    keep: bool
    set_by: str
    set_at: datetime
    drifts: bool
    sync: Sync | None


class Difference(Struct, frozen=True):
    """A token of which the list says something else than it should: `has` or `wanted` is None where it is not there."""

    token: str
    kind: str | None
    has: "ListEntry | None"
    wanted: "ListEntry | None"


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
    wanted: Wish | None


class ListEntry(Struct, frozen=True):
    """A token of a local list and what the list says of it; 1.6 tells no kinds."""

    token: str
    kind: str | None
    status: str
    group: str | None
    expires_at: datetime | None
