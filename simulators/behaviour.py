"""The ways in which real chargers break the protocol, one flag for each family."""

from dataclasses import dataclass
from enum import StrEnum


class Subprotocol(StrEnum):
    """What is offered in the upgrade request."""

    RIGHT = "right"
    NONE = "none"
    LIST = "list"
    CASE = "case"
    ALIAS = "alias"
    UNKNOWN = "unknown"


class Boot(StrEnum):
    """When a BootNotification is sent."""

    ONCE = "once"
    NEVER = "never"
    EVERY_CONNECT = "every-connect"
    IGNORE_INTERVAL = "ignore-interval"


class Meter(StrEnum):
    """What the energy register counts."""

    LIFETIME = "lifetime"
    SESSION = "session"
    ROLLOVER = "rollover"
    KWH = "kwh"
    BLIP = "blip"


class Commands(StrEnum):
    """How commands of the central system are taken."""

    OBEY = "obey"
    REJECT = "reject"
    ACCEPT_NO_EFFECT = "accept-no-effect"
    MUTE = "mute"
    EFFECT_FIRST = "effect-first"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A charger's habits; the default one behaves.

    `mangle` names what is done to every outgoing frame (`simulators.mangle`). `path` is put
    between the address and the id. `lost_stop`, `lost_start`: these messages never leave.
    `id_tag` overrides how a tag is spelled on the wire.
    """

    subprotocol: Subprotocol = Subprotocol.RIGHT
    path: str = "/"
    boot: Boot = Boot.ONCE
    ping: bool = True
    mangle: tuple[str, ...] = ()
    meter: Meter = Meter.LIFETIME
    commands: Commands = Commands.OBEY
    lost_stop: bool = False
    lost_start: bool = False
    transaction_id: int | None = None
    status_storm: int = 0
    shuffle_queue: bool = False
    repeat: int = 1
    values_after_stop: int = 0
    heartbeats: bool = True
    reconnect_s: float = 0.5
