"""What the routes of tokens take and give."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Status = Literal["accepted", "blocked", "no-credit"]
Group = Annotated[str, Meta(min_length=1, max_length=36)]


class Place(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where a token may charge: at a site, at a station, or at some EVSEs of a station."""

    site: str | None = None
    station: str | None = None
    evses: Annotated[tuple[Annotated[int, Meta(ge=1, le=512)], ...], Meta(max_length=512)] = ()


Places = Annotated[tuple[Place, ...], Meta(max_length=1000)]
ConnectorTypes = Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=50)], ...], Meta(max_length=50)]
Message = Annotated[str, Meta(min_length=1, max_length=512)]
Language = Annotated[str, Meta(max_length=8, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,5})?$")]


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to add. A status of `expired` is what `expires_at` in the past makes.

    With `places` or `connector_types` it may charge only there, and only by such plugs (named as the
    topology of stations names them). `one_session`: not at two stations at once. `message` is shown by
    stations that can, in `language`, which their own texts are in too if they know it.
    """

    value: Annotated[str, Meta(min_length=1, max_length=255)]
    kind: Annotated[str, Meta(min_length=1, max_length=20)] = "ISO14443"
    status: Status = "accepted"
    group: Group | None = None
    expires_at: datetime | None = None
    places: Places = ()
    connector_types: ConnectorTypes = ()
    one_session: bool = False
    message: Message | None = None
    language: Language | None = None


class TokenChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a token; what is left out stays."""

    status: Status | UnsetType = UNSET
    group: Group | None | UnsetType = UNSET
    expires_at: datetime | None | UnsetType = UNSET
    places: Places | UnsetType = UNSET
    connector_types: ConnectorTypes | UnsetType = UNSET
    one_session: bool | UnsetType = UNSET
    message: Message | None | UnsetType = UNSET
    language: Language | None | UnsetType = UNSET


class Token(Struct, frozen=True):
    """A token as it is kept."""

    id: str
    value: str
    kind: str
    status: str
    group: str | None
    expires_at: datetime | None
    places: list[Place]
    connector_types: list[str]
    one_session: bool
    message: str | None
    language: str | None
    created_at: datetime
    version: int
