"""How a repetition is known: by what a message says, never by its id (TX-30)."""

from collections.abc import Sequence

from csms.domain.session.commands import BeginSession, EndSession, UpdateSession
from csms.domain.session.events import SessionBegan, SessionEnded, SessionUpdated

BEGIN, UPDATE, END = 0, 1, 2
NO_NEWS = (None, None, None, None, None, None)
KINDS: dict[type, int] = {
    BeginSession: BEGIN,
    SessionBegan: BEGIN,
    UpdateSession: UPDATE,
    SessionUpdated: UPDATE,
    EndSession: END,
    SessionEnded: END,
}

Told = BeginSession | UpdateSession | EndSession | SessionBegan | SessionUpdated | SessionEnded


def marks(told: Told) -> Sequence[int]:
    """Return hashes of what a message says; it is a repetition if all of them are known.

    A sequence number alone is no mark: some stations send 0 with every event, others begin anew
    after a reboot (Q81). How a message came is none either: it may be sent live first, and out of
    a queue then. Values with neither a number nor other news are known one by one, in whatever
    message they come (Q90). Hashes are good within one process only.
    """
    kind, said = KINDS[type(told)], told.observation
    evse, connector, samples = said.evse, said.connector, said.samples
    news = (said.token, said.trigger, said.charging_state, said.reservation_id, said.remote_start_id, said.details)
    if kind == UPDATE and said.seq_no is None and samples and news == NO_NEWS:
        return [hash((sample, evse, connector)) for sample in samples]
    reason = told.reason if kind == END else None  # type: ignore[union-attr]  # the kind tells the type
    return (hash((kind, said.seq_no, said.at, evse, connector, samples, news, reason)),)
