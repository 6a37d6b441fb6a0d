"""Who may charge: tokens, and what the house answers to one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

HISTORIC_AFTER = timedelta(minutes=5)


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


class Token(Struct, frozen=True, gc=False):
    """A token as the operator keeps it; `status` is `Accepted`, `Blocked` or, of a prepaid one, `NoCredit`."""

    value: str
    kind: str
    status: Standing = Standing.ACCEPTED
    group: str | None = None
    expires_at: datetime | None = None


class Authorization(Struct, frozen=True, gc=False):
    """The answer to a presented token."""

    standing: Standing
    group: str | None = None
    expires_at: datetime | None = None


def authorize(presented: TokenRef, known: Token | None, now: datetime) -> Authorization:
    """Judge a token: unknown, blocked and expired ones are told apart (TC_023_1 to TC_023_3)."""
    if presented.kind == "NoAuthorization":
        return Authorization(Standing.ACCEPTED)
    if known is None:
        return Authorization(Standing.UNKNOWN)
    if known.status is not Standing.ACCEPTED:
        return Authorization(known.status, known.group)
    if known.expires_at is not None and known.expires_at <= now:
        return Authorization(Standing.EXPIRED, known.group, known.expires_at)
    return Authorization(Standing.ACCEPTED, known.group, known.expires_at)


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
    return Authorization(Standing.CONCURRENT, authorization.group, authorization.expires_at)


def is_historic(at: datetime, received_at: datetime, *, offline: bool = False) -> bool:
    """Whether a message tells of the past: its driver has been let in, and may be gone (TX-36)."""
    return offline or received_at - at > HISTORIC_AFTER


def doubts(authorization: Authorization, *, historic: bool) -> tuple[str, ...]:
    """Return the flags of a session that a token began; a start of the past was let in by the station (Q69).

    Whatever the flag, the session is recorded (TX-02).
    """
    if authorization.standing is Standing.ACCEPTED:
        return ()
    word = authorization.standing.value.casefold()
    return (f"token-{word}-offline",) if historic else (f"token-{word}",)
