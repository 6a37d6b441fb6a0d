"""The depot: where stations fetch firmware and bring files, each with a ticket that is good for one errand."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Transport(StrEnum):
    """How a station comes to the depot; `ftp-anonymous` is for those that cannot give a name and a password."""

    HTTPS = "https"
    HTTP = "http"
    FTP = "ftp"
    FTP_ANONYMOUS = "ftp-anonymous"


class Purpose(StrEnum):
    """What a ticket is good for."""

    FETCH = "fetch"
    BRING = "bring"


class FileStatus(StrEnum):
    """What became of a file that a station brought.

    Only `whole` and `partial` ones are kept; a `lost` one could not be stored, or its process ended.
    """

    COMING = "coming"
    WHOLE = "whole"
    PARTIAL = "partial"
    TOO_LARGE = "too-large"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Image:
    """A firmware that a ticket lets fetch: the object that it is, and what it is called."""

    key: str
    size: int
    sha256: str
    name: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """What whoever shows its secret may do, and until when."""

    id: str
    station: str
    purpose: Purpose
    errand_id: str
    expires_at: datetime
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """An errand that needs an address: a firmware to fetch (`image_id`), or a place to bring a file to.

    `transport` None leaves the choice to us; `name` is what the address ends in; `until` is when it begins at
    the latest.
    """

    station: str
    errand_id: str
    purpose: Purpose
    transport: Transport | None
    until: datetime
    image_id: str | None = None
    name: str | None = None


class NotOffered(Exception):
    """The depot has no such address; the text says why, `member` names what of the wish is at fault."""

    def __init__(self, why: str, member: str) -> None:
        super().__init__(why)
        self.member = member


class Porter(Protocol):
    """Gives out addresses of the depot."""

    async def hand_out(self, wish: Wish) -> str:
        """Return an address with a new ticket in it, which nobody can read again; raise `NotOffered`."""
