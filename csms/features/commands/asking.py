"""A call on its way: what it offers a station to come in by is on record before it is sent, whoever worded it."""

import asyncio

from csms.domain.proof import BASIC, TLS_BASIC
from csms.features.commands.delivering import forget_chain, note_chain
from csms.features.commands.words import Words
from csms.kit.passwords import hash_password
from csms.ports.commands import CallOutcome, CallReport, CallRequest, SecurityOffer, StationCalls
from csms.web.problems import FieldError, Problem

MOST_PASSWORDS = 3
BY_PASSWORD = frozenset({BASIC, TLS_BASIC})
NOTE = f"""
WITH offered AS (
    INSERT INTO security_changes (station_id, call_id, password_hash, profile)
    SELECT id, $2, $3, $4 FROM stations WHERE id = $1 AND ($4::smallint IS NULL OR $4 > security_profile AND $4 <= 3)
    ON CONFLICT DO NOTHING
)
DELETE FROM security_changes WHERE station_id = $1 AND password_hash IS NOT NULL AND $3::text IS NOT NULL AND call_id NOT IN (
    SELECT call_id FROM security_changes WHERE station_id = $1 AND password_hash IS NOT NULL
    ORDER BY asked_at DESC LIMIT {MOST_PASSWORDS - 1}
)
"""  # a number of ours
FORGET = "DELETE FROM security_changes WHERE station_id = $1 AND call_id = $2"
UNSENT = frozenset({CallOutcome.OFFLINE, CallOutcome.NOT_ALLOWED, CallOutcome.BUSY})


async def ask(words: Words, calls: StationCalls, wish: CallRequest) -> CallReport:
    """Send a call, once, and return how it ended.

    A password or a security profile that it offers lets the station in from before it is sent until it is refused;
    what was never sent is forgotten again. A certificate that it brings is noted with the order that it is for.
    """
    offer = words.phrasebook.offer(wish.action, wish.payload.encode())
    if offer is None:
        return await calls.call(wish)
    await (note_chain(words, wish, offer.chain) if offer.chain is not None else _note(words, wish, offer))
    report = await calls.call(wish)
    if report.outcome in UNSENT:
        await forget_chain(words, wish)
        await words.pool.execute(FORGET, wish.station, wish.call_id)
    return report


async def check_offer(words: Words, station: str, action: str, payload: bytes) -> None:
    """Refuse a call that would have a station come in by less than it must: OCPP lowers no profile (SEC-04)."""
    offer = words.phrasebook.offer(action, payload)
    known = None if offer is None or offer.profile is None else await words.registry.find(station)
    if known is None or offer is None or offer.profile is None:
        return
    if offer.profile < known.security_profile:
        raise _refused(
            f"is lower than {known.security_profile}, which it must come in by: a profile is never lowered over OCPP"
        )
    if offer.profile in BY_PASSWORD and not (known.password_hash or known.new_password_hashes):
        raise _refused("needs a password: give the station one first")


def _refused(why: str) -> Problem:
    return Problem(409, f"the security profile {why}", errors=[FieldError("/profile", why)])


async def _note(words: Words, wish: CallRequest, offer: SecurityOffer) -> None:
    hashed = None if offer.password is None else await asyncio.to_thread(hash_password, offer.password)
    await words.pool.execute(NOTE, wish.station, wish.call_id, hashed, offer.profile)
