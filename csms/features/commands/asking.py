"""A call on its way: what it offers a station to come in by is on record before it is sent, whoever worded it."""

import asyncio

from csms.features.commands.words import Words
from csms.kit.passwords import hash_password
from csms.ports.commands import CallOutcome, CallReport, CallRequest, SecurityOffer, StationCalls

MOST_PASSWORDS = 3
NOTE = f"""
WITH offered AS (
    INSERT INTO security_changes (station_id, call_id, password_hash, profile)
    SELECT id, $2, $3, $4 FROM stations WHERE id = $1 AND ($4::smallint IS NULL OR $4 > security_profile)
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
    what was never sent is forgotten again.
    """
    offer = words.phrasebook.offer(wish.action, wish.payload.encode())
    if offer is None:
        return await calls.call(wish)
    await _note(words, wish, offer)
    report = await calls.call(wish)
    if report.outcome in UNSENT:
        await words.pool.execute(FORGET, wish.station, wish.call_id)
    return report


async def _note(words: Words, wish: CallRequest, offer: SecurityOffer) -> None:
    hashed = None if offer.password is None else await asyncio.to_thread(hash_password, offer.password)
    await words.pool.execute(NOTE, wish.station, wish.call_id, hashed, offer.profile)
