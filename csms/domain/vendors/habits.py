"""How a station wants to be treated, where that differs from others."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from csms.domain.fleet.selection import Glob, Protocol

Seconds = Annotated[float, Meta(ge=0, le=86_400)]
Factor = Annotated[float, Meta(gt=0, le=1_000_000)]


class Habits(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What differs; None leaves it to the house. Times are in seconds.

    `ping_s`: after how much silence of ours it is pinged; 0 never. `silence_s`: after how much silence of its own it
    is given up, at the least. `settle_s`: how long its line has stood before the house asks it anything by itself.
    `call_gap_s`: its rest between two calls of ours. `mute_after`: so many unanswered calls in a row make it redial; 0
    never. `frames_per_second`: of more it is read more slowly. `command_bytes`: what it takes in one call.
    `subprotocol` is preferred among those it offers, `missing_subprotocol` says what it gets that offers none.
    `max_keys`: so many configuration keys are asked for at once; `read_all`: it may be asked for all at once.
    `untouched`: keys (patterns) that the house neither reads nor writes by itself. `energy_factor`: the energies
    of its meter values are multiplied by this. `password_form`: how 1.6 is told its AuthorizationKey, as `hex` digits or as `text`.
    `renew_days`: so many days before its certificate ends it is asked to request another; 0 or None never.
    """

    ping_s: Seconds | None = None
    silence_s: Annotated[float, Meta(ge=1, le=86_400)] | None = None
    settle_s: Seconds | None = None
    heartbeat_s: Annotated[int, Meta(ge=1, le=86_400)] | None = None
    call_timeout_s: Annotated[float, Meta(ge=1, le=600)] | None = None
    call_gap_s: Annotated[float, Meta(ge=0, le=60)] | None = None
    mute_after: Annotated[int, Meta(ge=0, le=1000)] | None = None
    frames_per_second: Annotated[float, Meta(gt=0, le=100_000)] | None = None
    command_bytes: Annotated[int, Meta(ge=128, le=1_048_576)] | None = None
    subprotocol: Protocol | None = None
    missing_subprotocol: Literal["refuse", "assume-1.6"] | None = None
    max_keys: Annotated[int, Meta(ge=1, le=1000)] | None = None
    read_all: bool | None = None
    untouched: Annotated[tuple[Glob, ...], Meta(max_length=100)] | None = None
    energy_factor: Factor | None = None
    password_form: Literal["hex", "text"] | None = None
    renew_days: Annotated[int, Meta(ge=0, le=90)] | None = None


PLAIN = Habits()
"""Those of a station of which nothing is known."""
