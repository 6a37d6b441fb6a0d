"""How a repetition is known: by what a message says, never by its id (TX-30)."""

from csms.domain.session.commands import BeginSession, EndSession, UpdateSession
from csms.domain.session.events import SessionBegan, SessionEnded, SessionUpdated

KINDS: dict[type, int] = {
    BeginSession: 0,
    SessionBegan: 0,
    UpdateSession: 1,
    SessionUpdated: 1,
    EndSession: 2,
    SessionEnded: 2,
}

Told = BeginSession | UpdateSession | EndSession | SessionBegan | SessionUpdated | SessionEnded


def marks(told: Told) -> tuple[int, ...]:
    """Return hashes of what a message says; it is a repetition if all of them are known.

    A sequence number alone is no mark: some stations send 0 with every event, others begin anew
    after a reboot (Q81). Whether a message was sent as an offline one is none either: it may be
    sent live first, and out of a queue then. Values without a sequence number are known one by
    one, in whatever message they come (Q90). Hashes are good within one process only.
    """
    kind, said = KINDS[type(told)], told.observation
    samples = said.samples
    if said.seq_no is None and kind == 1 and samples:
        return (hash(samples[0]),) if len(samples) == 1 else tuple(map(hash, samples))
    whole = hash(
        (kind, said.seq_no, said.at, said.trigger, said.charging_state, said.token, said.evse, said.connector, samples)
    )
    return (whole,) if said.seq_no is not None else (whole, *map(hash, samples))
