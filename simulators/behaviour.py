"""The ways in which real chargers break the protocol, one flag for each family."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from simulators.identity import Signing
from simulators.keys import Rotation
from simulators.listed import Lists
from simulators.transfers import Fw


class Subprotocol(StrEnum):
    """What is offered in the upgrade request; `switch` tries another version first (Q3)."""

    RIGHT = "right"
    NONE = "none"
    LIST = "list"
    CASE = "case"
    ALIAS = "alias"
    SWITCH = "switch"
    UNKNOWN = "unknown"


class Identity(StrEnum):
    """How the id is spelled in the path (Q6)."""

    PLAIN = "plain"
    ENCODED = "encoded"
    OTHER_CASE = "other-case"


class Credentials(StrEnum):
    """How the password is put into the header; `bytes` and `upper-case` take it for hex digits (Q20, Q21)."""

    RIGHT = "right"
    BYTES = "bytes"
    UPPER_CASE = "upper-case"
    OTHER_CASE = "other-case"
    UNPADDED = "unpadded"


class Redial(StrEnum):
    """What a lost connection looks like from the other end (Q8, Q9, Q10, Q14)."""

    ABORT = "abort"
    DUPLICATE = "duplicate"
    FROZEN = "frozen"
    LATE_CLOSE = "late-close"
    BURST = "burst"


class Pong(StrEnum):
    """What becomes of the central system's pings (Q12)."""

    ANSWER = "answer"
    IGNORE = "ignore"
    LATE = "late"


class Spoil(StrEnum):
    """A frame that breaks WebSocket itself, once in a life (Q16, Q23)."""

    NEVER = "never"
    RSV1 = "rsv1"
    UNMASKED = "unmasked"


class Clock(StrEnum):
    """What the clock says (Q44, Q46, Q59)."""

    RIGHT = "right"
    EPOCH = "1970"
    YEAR_1 = "year-1"
    LOCAL = "local"
    OFFSET = "+02"
    BEHIND = "behind"
    FROZEN = "frozen"


class Boot(StrEnum):
    """When a BootNotification is sent; `ignore-pending` goes on whatever the answer (Q47 to Q53)."""

    ONCE = "once"
    NEVER = "never"
    LATE = "late"
    LOOP = "loop"
    MID_SESSION = "mid-session"
    EVERY_CONNECT = "every-connect"
    IGNORE_INTERVAL = "ignore-interval"
    IGNORE_PENDING = "ignore-pending"


class Statuses(StrEnum):
    """How statuses are reported (Q55 to Q59)."""

    RIGHT = "right"
    ZERO_ONLY = "0-only"
    ONE_ONLY = "1-only"
    PERMUTE = "permute"
    FLAP = "flap"
    STALE = "stale"
    LIES = "lies"


class Meter(StrEnum):
    """What the energy register counts, and how it is told (Q74, Q85 to Q90)."""

    LIFETIME = "lifetime"
    SESSION = "session"
    RESET = "reset"
    ROLLOVER = "rollover"
    KWH = "kwh"
    NO_UNIT = "no-unit"
    GLUED = "glued"
    PHASES = "phases"
    BLIP = "blip"
    NAN = "nan"
    OCMF = "ocmf"
    ALIGNED = "aligned"


class Commands(StrEnum):
    """How commands of the central system are taken (Q99 to Q105).

    `reject-0` refuses what is meant for connector 0; `slow` acts at once and answers after `slow_s`.
    """

    OBEY = "obey"
    REJECT = "reject"
    ACCEPT_NO_EFFECT = "accept-no-effect"
    MUTE = "mute"
    EFFECT_FIRST = "effect-first"
    EFFECT_NO_ANSWER = "effect-no-answer"
    REJECT_ZERO = "reject-0"
    SLOW = "slow"


class Unlock(StrEnum):
    """What comes of unlocking a cable (Q106)."""

    WORKS = "works"
    JAMMED = "jammed"
    FIXED_CABLE = "fixed-cable"


class Answers(StrEnum):
    """How the answers to commands leave (Q28, Q29)."""

    ONCE = "once"
    TWICE = "twice"
    WRONG_ID = "wrong-id"
    LATE = "late"
    CROSSING = "crossing"


class Unsupported(StrEnum):
    """How commands are refused that the station does not know; `never` knows them all (Q40)."""

    NEVER = "never"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    FORMATION_VIOLATION = "FormationViolation"
    STATUS = "status"
    REJECTED = "rejected"
    SILENCE = "silence"


class Config(StrEnum):
    """How the configuration is told and changed (Q93 to Q97).

    `ignore` accepts and does not apply, `reject-applied` the other way round; `values-missing` tells
    keys without values.
    """

    RIGHT = "right"
    MAX_KEYS = "maxkeys"
    SILENT_ALL = "silent-all"
    REBOOT_ON_KEY = "reboot-on-key"
    LIE_READONLY = "lie-readonly"
    REBOOT_REQUIRED = "reboot-required"
    IGNORE = "ignore"
    REJECT_APPLIED = "reject-applied"
    OTHER_CASE = "other-case"
    VALUES_MISSING = "values-missing"


class Reservations(StrEnum):
    """How reservations are kept: starts that do not name theirs, an end that is never shown, no cancelling (Q113)."""

    KEEP = "keep"
    REFUSE = "refuse"
    NO_ZERO = "no-zero"
    UNNAMED = "unnamed"
    MINUS_1 = "id-1"
    STUCK = "stuck"
    STUBBORN = "stubborn"
    FOR_ALL = "for-all"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A charger's habits; the default one behaves.

    `mangle` names what is done to every outgoing frame (`simulators.mangle`). `path` is put
    between the address and the id. `lost_stop`, `lost_start`: these messages never leave;
    `lost_answers`: so many answers to each transaction message are lost on their way back.
    `drop_half` loses every second meter value, `poison` puts a message that nobody can read
    before each session, `reuse_transaction` calls all 2.x transactions the same.
    `mute_calls_after` commands the station takes no more; one that comes less than `least_gap_s`
    after the one before is lost. `odd_key` is the only key that `config` concerns; else all.
    `tells` are the security events that it tells after each connect. `no_shows`: nobody plugs in after a remote start.
    `sc` are habits of `limits.SmartCharging`, `trust` those of `truststore.TrustStore`.
    """

    subprotocol: Subprotocol = Subprotocol.RIGHT
    path: str = "/"
    identity: Identity = Identity.PLAIN
    credentials: Credentials = Credentials.RIGHT
    rotation: Rotation = Rotation.NEXT
    tells: tuple[str, ...] = ()
    redial: Redial = Redial.ABORT
    reconnect_s: float = 0.5
    ping: bool = True
    pong: Pong = Pong.ANSWER
    idle_close_s: float | None = None
    deflate: bool = False
    fragment: bool = False
    spoil: Spoil = Spoil.NEVER
    mangle: tuple[str, ...] = ()
    clock: Clock = Clock.RIGHT
    boot: Boot = Boot.ONCE
    heartbeats: bool = True
    statuses: Statuses = Statuses.RIGHT
    status_storm: int = 0
    meter: Meter = Meter.LIFETIME
    lost_stop: bool = False
    lost_start: bool = False
    lost_answers: int = 0
    drop_half: bool = False
    poison: bool = False
    transaction_id: int | None = None
    reuse_transaction: bool = False
    shuffle_queue: bool = False
    repeat: int = 1
    values_after_stop: int = 0
    commands: Commands = Commands.OBEY
    slow_s: float = 0.3
    config: Config = Config.RIGHT
    odd_key: str = ""
    answers: Answers = Answers.ONCE
    unsupported: Unsupported = Unsupported.NEVER
    reservations: Reservations = Reservations.KEEP
    unlock: Unlock = Unlock.WORKS
    no_shows: bool = False
    lists: Lists = Lists.RIGHT
    trust: tuple[str, ...] = ()
    signing: Signing = Signing.RIGHT
    sc: tuple[str, ...] = ()
    fw: Fw = Fw.RIGHT
    mute_calls_after: int | None = None
    least_gap_s: float = 0.0


def habits_of(words: list[str]) -> dict[str, Any]:
    """Return the members of a `Behaviour` that texts such as `clock=1970` and `repeat=3` name; raise `ValueError`."""
    defaults = {field.name: field.default for field in fields(Behaviour)}
    habits: dict[str, Any] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in defaults:
            raise ValueError(f"{name}: no such habit; there are {', '.join(sorted(defaults))}")
        habits[name] = _read(defaults[name], name, value)
    return habits


def _read(default: object, name: str, value: str) -> Any:
    match default:
        case bool():
            return value in {"", "yes", "true", "1"}
        case tuple():
            return tuple(value.split(","))
        case None:
            return float(value) if name.endswith("_s") else int(value)
        case _:
            return type(default)(value)  # type: ignore[call-arg]  # enumerations, texts and numbers
