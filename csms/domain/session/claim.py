"""Who has a claim on a station where a session still stands."""

from collections.abc import Iterable

from csms.domain.access import TokenRef, same_token
from csms.domain.session.state import Phase, Session

LOST = str(False)


def is_taken(sessions: Iterable[Session], evses: frozenset[int], presented: TokenRef) -> bool:
    """Whether no EVSE is left for a token (TX-10, C01.FR.24).

    On each stands a session that another token began and that is not authorized any more: its
    station asks who may go on, and nobody else may. `evses` are those that are known.
    """
    held = {session.evse for session in sessions if _stands_without_right(session, presented)}
    return bool(held) and evses <= held


def _stands_without_right(session: Session, presented: TokenRef) -> bool:
    authorized = session.memory.stamps.authorized
    return (
        session.phase is Phase.ACTIVE
        and session.token is not None
        and not same_token(session.token, presented)
        and authorized is not None
        and authorized[2] == LOST
    )
