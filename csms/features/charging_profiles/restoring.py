"""Sends stations the profiles again that they lost over a restart, where an operator wants that (Q110)."""

import asyncio
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from functools import partial

import asyncpg
import msgspec
import structlog

from csms.domain.fleet.outcomes import UNSENT, Outcome
from csms.domain.remote import SetChargingProfile
from csms.domain.smart_charging.restoring import Lost, to_restore
from csms.features.charging_profiles.restorations import Restorations, Round
from csms.features.charging_profiles.schemas import RestoredProfile
from csms.kit.clock import Clock
from csms.ports.assignments import Assignment, Carrier, Ending
from csms.ports.commands import StationCalls
from csms.storage.charging import known_of
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

UNHEARD = frozenset({Outcome.TIMED_OUT, Outcome.DISCONNECTED, Outcome.UNKNOWN})
AGAIN = UNSENT | UNHEARD
"""The station has said nothing to it; all else is its last word for this boot."""
GONE = Ending(Outcome.UNKNOWN, detail="who asked it is gone; it may have acted")
AT_ONCE = 20
BY = "house"
COMMAND = "set-charging-profile"


class How(StrEnum):
    """How a round went, as it is shown."""

    RESTORED = "Restored"
    REFUSED = "Refused"
    NOTHING_DUE = "NothingDue"
    WAITING = "Waiting"
    OVERTAKEN = "Overtaken"


class ProfileKeeper:
    """Brings a few stations at a time what they lost; no two workers the same one.

    `carrier` carries the command that sets a profile; a station is left alone for `settle_s` after its boot.
    """

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        calls: StationCalls,
        carrier: Carrier,
        clock: Clock,
        settle_s: float,
    ) -> None:
        self._pool = pool
        self._restorations = Restorations(pool)
        self._calls = calls
        self._carrier = carrier
        self._clock = clock
        self._settle = timedelta(seconds=settle_s)

    async def run(self, every_s: float = 15.0) -> None:
        """Look again and again, until cancelled; a house that asks nothing by itself does not begin."""
        while self._settle:
            found = 0
            try:
                found = await self.look()
            except AWAY as error:
                log.warning("profiles_not_restored", reason=f"{type(error).__name__}: {error}")
            if found < AT_ONCE:
                await asyncio.sleep(every_s)

    async def look(self) -> int:
        """Restore what is due, and return at how many stations; what breaks off is taken up again when nobody holds it."""
        rounds = await self._restorations.begin(self._clock.now(), self._settle, AT_ONCE)
        ends = await asyncio.gather(*map(self._restore, rounds), return_exceptions=True)
        for held, end in zip(rounds, ends, strict=True):
            if isinstance(end, BaseException):
                log.warning("profiles_not_restored", station=held.station, reason=f"{type(end).__name__}: {end}")
        return len(rounds)

    async def _restore(self, held: Round) -> None:
        """Send what is due, one after the other; what is due is looked at anew each time, for operators go on too."""
        how: How | None = None
        while how is None:
            how = await self._step(held)
        await self._restorations.end(held, how, self._clock.now())

    async def _step(self, held: Round) -> How | None:
        """Send the next profile; return how the round went when there is no more, or it goes no further."""
        if not await self._restorations.is_wanted(held):
            return How.OVERTAKEN
        sent = {one.id: one for one in await self._restorations.profiles(held.station)}
        if open_calls := [one.call_id for one in sent.values() if one.outcome is None]:
            await self._recall(held, open_calls)
            return None
        due = [lost for lost in await self._lost(held) if _is_due(lost, sent)]
        if due:
            due.sort(key=partial(_is_risky, sent))
            return How.WAITING if await self._send(held, due[0]) in AGAIN else None
        if not sent:
            return How.NOTHING_DUE
        taken = all(one.outcome == Outcome.ACCEPTED or one.outcome in AGAIN for one in sent.values())
        return How.RESTORED if taken else How.REFUSED

    async def _lost(self, held: Round) -> Sequence[Lost]:
        known = await known_of(self._pool, held.station, await self._calls.protocol(held.station))
        if known is None:
            return ()
        return to_restore(
            known.installed,
            known.sessions,
            self._clock.now(),
            held.booted_at,
            purposes=known.forgotten,
            exclusive=known.exclusive,
        )

    async def _recall(self, held: Round, calls: Iterable[str]) -> None:
        """Note how calls ended whose worker is gone; what nobody heard may be sent again."""
        for call_id in calls:
            ending = await self._carrier.recall(call_id) or GONE
            await self._restorations.note(held, call_id, ending, self._clock.now())

    async def _send(self, held: Round, lost: Lost) -> Outcome:
        call_id = str(uuid.uuid4())
        await self._restorations.ask(held, lost, call_id, self._clock.now())
        body = msgspec.json.encode(SetChargingProfile(lost.evse, lost.profile)).decode()
        ending = await self._carrier.carry(Assignment(held.station, COMMAND, body, call_id, None, BY))
        await self._restorations.note(held, call_id, ending, self._clock.now())
        return ending.outcome


def _is_due(lost: Lost, sent: Mapping[int, RestoredProfile]) -> bool:
    """Whether a profile was not sent yet after this boot, or nobody heard what the station says to it."""
    known = sent.get(lost.profile.id)
    return known is None or known.outcome in AGAIN


def _is_risky(sent: Mapping[int, RestoredProfile], lost: Lost) -> bool:
    """Whether a station fell silent over a profile before: then the others go first."""
    known = sent.get(lost.profile.id)
    return known is not None and known.outcome in UNHEARD
