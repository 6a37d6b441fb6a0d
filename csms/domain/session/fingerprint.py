"""How a repetition is known: by what a message says, never by its id (TX-30)."""

from zlib import crc32

from csms.domain.session.commands import BeginSession, EndSession, UpdateSession
from csms.domain.session.events import SessionBegan, SessionEnded, SessionUpdated

KINDS: dict[type, str] = {
    BeginSession: "begin",
    SessionBegan: "begin",
    UpdateSession: "update",
    SessionUpdated: "update",
    EndSession: "end",
    SessionEnded: "end",
}

Told = BeginSession | UpdateSession | EndSession | SessionBegan | SessionUpdated | SessionEnded


def fingerprint(told: Told) -> int:
    """Return what is the same for a message and its repetitions, and for nothing else in a session.

    A sequence number alone is not enough: some stations send 0 with every event, others begin
    anew after a reboot (Q81).
    """
    observation = told.observation
    parts = [KINDS[type(told)], str(observation.at), str(observation.seq_no), str(observation.trigger)]
    parts += [f"{s.at}{s.measurand}{s.phase}{s.context}{s.location}{s.value}{s.raw}" for s in observation.samples]
    text = "|".join(parts).encode()
    return crc32(text) << 32 | crc32(text[::-1])
