"""Who may charge: tokens, and what the house answers to one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from csms.domain.premises import Bounds, Premises, welcome

HISTORIC_AFTER = timedelta(minutes=5)
NONE_NEEDED = "NoAuthorization"


class TokenRef(Struct, frozen=True, gc=False):
    """A token as a station presents it. Two are the same by value and kind, letter case aside (TX-07)."""

    value: str
    kind: str = "ISO14443"


def same_token(one: TokenRef, other: TokenRef) -> bool:
    """Whether two tokens are one: value and kind, letter case aside, and nothing else (TX-07)."""
    return one.value.casefold() == other.value.casefold() and one.kind.casefold() == other.kind.casefold()


class Standing(StrEnum):
    """What is known of a token, in the words of 2.0.1; 1.6 says the same with fewer."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    EXPIRED = "Expired"
    UNKNOWN = "Unknown"
    CONCURRENT = "ConcurrentTx"
    NO_CREDIT = "NoCredit"
    NOT_HERE = "NotAtThisLocation"
    NOT_THIS_TYPE = "NotAllowedTypeEVSE"
    NOT_NOW = "NotAtThisTime"


class Occasion(StrEnum):
    """For what a token is presented: to be let in, to begin a session now, or for anything else."""

    ASKED = "asked"
    BEGIN = "begin"
    OTHER = "other"


class Token(Struct, frozen=True, gc=False):
    """A token as the operator keeps it; `status` is `Accepted`, `Blocked` or, of a prepaid one, `NoCredit`.

    `one_session`: it must not charge at two stations at once. `message` is what its driver shall
    read, `language` what the driver reads best.
    """

    value: str
    kind: str
    status: Standing = Standing.ACCEPTED
    group: str | None = None
    expires_at: datetime | None = None
    bounds: Bounds = Bounds()
    one_session: bool = False
    message: str | None = None
    language: str | None = None

    @property
    def depends_on_premises(self) -> bool:
        """Whether the answer to it depends on where it is presented."""
        return self.message is not None or self.bounds != Bounds()


class Authorization(Struct, frozen=True, gc=False):
    """The answer to a presented token; `evses` are those where it may charge, none named for all."""

    standing: Standing
    group: str | None = None
    expires_at: datetime | None = None
    evses: tuple[int, ...] = ()
    message: str | None = None
    language: str | None = None


def authorize(presented: TokenRef, known: Token | None, now: datetime) -> Authorization:
    """Judge a token: unknown, blocked and expired ones are told apart (TC_023_1 to TC_023_3)."""
    if presented.kind == NONE_NEEDED:
        return Authorization(Standing.ACCEPTED)
    if known is None:
        return Authorization(Standing.UNKNOWN)
    if known.status is not Standing.ACCEPTED:
        return Authorization(known.status, known.group, language=known.language)
    expired = known.expires_at is not None and known.expires_at <= now
    standing = Standing.EXPIRED if expired else Standing.ACCEPTED
    return Authorization(standing, known.group, known.expires_at, language=known.language)


def on_premises(authorization: Authorization, known: Token, premises: Premises, evse: int | None) -> Authorization:
    """Bind an answer to where a token may charge (TX-11), and add what a station can show its driver (TX-54).

    `evse` is the one that it is used at; it need not be known.
    """
    if premises.shows_messages:
        authorization = replace(authorization, message=known.message)
    if authorization.standing is not Standing.ACCEPTED:
        return authorization
    found = welcome(known.bounds, premises)
    if not found.lets_in(evse):
        return replace(authorization, standing=Standing.NOT_HERE)
    if not found.fits(evse):
        return replace(authorization, standing=Standing.NOT_THIS_TYPE)
    return replace(authorization, evses=found.evses)


def may_stop(starter: Token | None, stopper: Token | None, started: TokenRef, presented: TokenRef) -> bool:
    """Whether a token may stop what another started: the same one, or a valid one of the same group (TX-08).

    Groups are compared with groups only: the name of a group need not be a token.
    """
    if same_token(started, presented):
        return True
    if starter is None or stopper is None or stopper.status is not Standing.ACCEPTED or starter.group is None:
        return False
    return stopper.group is not None and starter.group.casefold() == stopper.group.casefold()


def with_running(authorization: Authorization, running: Iterable[str], station: str) -> Authorization:
    """Refuse a second session for a token that has one elsewhere (TX-06).

    `running` are the stations of its sessions that were heard of lately. On its own
    station a running session is what the token is presented to stop, so the answer stays.
    """
    if authorization.standing is not Standing.ACCEPTED or all(place == station for place in running):
        return authorization
    return replace(authorization, standing=Standing.CONCURRENT, evses=())


def not_now(authorization: Authorization) -> Authorization:
    """Refuse a token for the time being (TX-10)."""
    if authorization.standing is not Standing.ACCEPTED:
        return authorization
    return replace(authorization, standing=Standing.NOT_NOW, evses=())


def is_historic(at: datetime, received_at: datetime, *, offline: bool = False) -> bool:
    """Whether a message tells of the past: its driver has been let in, and may be gone (TX-36)."""
    return offline or received_at - at > HISTORIC_AFTER


def occasion_of_begin(*, historic: bool) -> Occasion:
    """Return the occasion of a begin; one of the past was let in by the station, and needs no leave any more (TX-06)."""
    return Occasion.OTHER if historic else Occasion.BEGIN


def doubts(authorization: Authorization, *, historic: bool) -> tuple[str, ...]:
    """Return the flags of a session that a token began; a start of the past was let in by the station (Q69).

    Whatever the flag, the session is recorded (TX-02).
    """
    if authorization.standing is Standing.ACCEPTED:
        return ()
    word = authorization.standing.value.casefold()
    return (f"token-{word}-offline",) if historic else (f"token-{word}",)
