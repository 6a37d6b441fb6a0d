"""What the routes of tokens take and give."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Status = Literal["accepted", "blocked", "no-credit"]
Group = Annotated[str, Meta(min_length=1, max_length=36)]


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to add. A status of `expired` is what `expires_at` in the past makes."""

    value: Annotated[str, Meta(min_length=1, max_length=255)]
    kind: Annotated[str, Meta(min_length=1, max_length=20)] = "ISO14443"
    status: Status = "accepted"
    group: Group | None = None
    expires_at: datetime | None = None


class TokenChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a token; what is left out stays."""

    status: Status | UnsetType = UNSET
    group: Group | None | UnsetType = UNSET
    expires_at: datetime | None | UnsetType = UNSET


class Token(Struct, frozen=True):
    """A token as it is kept."""

    id: str
    value: str
    kind: str
    status: str
    group: str | None
    expires_at: datetime | None
    created_at: datetime
    version: int
