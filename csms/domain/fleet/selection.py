"""Which stations of a network are meant."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Name = Annotated[str, Meta(min_length=1, max_length=255)]
Glob = Annotated[str, Meta(min_length=1, max_length=255)]
Label = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\w.:=@+-]+$")]
"""A word that operators give to stations: those that bear it are a group."""
Protocol = Literal["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]


class Selection(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The stations that fulfil all that is said; to mean every one, say `all`.

    `labels`: stations that bear each of them. `vendor`, `model` and `firmware` are patterns over what a
    station told at its last boot: `*` is any text, `?` any character, letter case aside. `protocol` is the
    one it speaks now or spoke last.
    """

    ids: Annotated[tuple[Name, ...], Meta(max_length=10_000)] = ()
    site: Name | None = None
    labels: Annotated[tuple[Label, ...], Meta(max_length=20)] = ()
    vendor: Glob | None = None
    model: Glob | None = None
    firmware: Glob | None = None
    protocol: Protocol | None = None
    online: bool | None = None
    all: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether it names no station in any way, so that it must not be taken for all."""
        return self == Selection()
