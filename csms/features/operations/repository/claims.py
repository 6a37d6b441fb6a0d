"""Operations as workers carry them out: several may, for each assignment is claimed by one before anything is sent."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec
from msgspec import Struct
from msgspec.structs import replace

from csms.domain.fleet.outcomes import UNSENT, Outcome, is_failure
from csms.domain.fleet.rollout import Advance, Finish, Pause, Rules, Send, Standing, Step, Tally, Wait
from csms.ports.assignments import Assignment, Ending, Instead
from csms.storage.texts import clean

DUE = """
SELECT *, rules::text AS rules, now() AS now FROM operations WHERE state = 'running' AND look_at <= now()
ORDER BY look_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
GIVE_UP = """
UPDATE assignments SET state = 'ended', outcome = 'Offline', ended_at = now(), detail = 'it did not come'
WHERE operation_id = $1 AND state = 'waiting' AND give_up_at <= now()
"""
TALLIES = """
SELECT wave, state, outcome, count(*) AS stations FROM assignments WHERE operation_id = $1 GROUP BY wave, state, outcome
"""
CLAIM = """
WITH picked AS (
    SELECT place FROM assignments e WHERE operation_id = $1 AND wave = $2 AND state = 'waiting' AND (
        not_before IS NULL OR (
            not_before <= now() AND EXISTS (SELECT FROM presence p WHERE p.station_id = e.station_id AND p.online)
        )
    ) ORDER BY place LIMIT $3 FOR UPDATE SKIP LOCKED
)
UPDATE assignments SET state = 'asked', call_id = gen_random_uuid()::text, asked_at = now(), claimed_until = now() + $4
FROM picked WHERE assignments.operation_id = $1 AND assignments.place = picked.place
RETURNING assignments.place, station_id, call_id
"""
AGAIN_ASKED = """
UPDATE assignments SET call_id = gen_random_uuid()::text, asked_at = now(), claimed_until = now() + $4
WHERE operation_id = $1 AND place = $2 AND call_id = $3 AND state = 'asked' RETURNING call_id
"""
LOOK = "UPDATE operations SET look_at = $2, free_at = $3 WHERE id = $1"
ADVANCE = "UPDATE operations SET wave = wave + 1, look_at = $2 WHERE id = $1"
HOLD = "UPDATE operations SET state = 'paused', why = $2, cleared = coalesce($3, cleared) WHERE id = $1"
FINISH = "UPDATE operations SET state = 'finished', why = NULL, ended_at = now() WHERE id = $1"
OPERATION = (
    "SELECT state, wait_s, effect ->> 'within_s' AS effect_within_s, now() FROM operations WHERE id = $1 FOR UPDATE"
)
ASSIGNMENT = "SELECT give_up_at FROM assignments WHERE operation_id = $1 AND place = $2 AND call_id = $3 AND state = $4"
END = """
UPDATE assignments SET state = 'ended', outcome = $3, protocol = $4, action = $5, answer = $6, detail = $7, ended_at = now(),
    claimed_until = NULL, watched_until = NULL WHERE operation_id = $1 AND place = $2
"""
WATCH = """
UPDATE assignments SET state = 'watched', protocol = $3, action = $4, answer = $5, claimed_until = NULL, watched_until = $6
WHERE operation_id = $1 AND place = $2
"""
WAIT = """
UPDATE assignments SET state = 'waiting', call_id = NULL, claimed_until = NULL, not_before = $3, give_up_at = $4
WHERE operation_id = $1 AND place = $2
"""
WAKE = "UPDATE operations SET look_at = least(look_at, now()) WHERE id = $1"
LOST = """
SELECT e.operation_id, e.place, e.call_id, o.command FROM assignments e JOIN operations o ON o.id = e.operation_id
WHERE e.state = 'asked' AND (e.claimed_until < now() OR EXISTS (
    SELECT FROM station_calls c WHERE c.id = e.call_id AND c.closed_at < now() - interval '5 seconds'
)) LIMIT 200
"""
LONGEST_S = 600
"""How long a call may take at the most, where the station or its make has the say."""
GRACE = timedelta(seconds=15)
"""How much longer than its call a claim holds; after it, whoever claimed is taken for gone."""
AGAIN = timedelta(seconds=15)
IDLE = timedelta(seconds=2)

LIVE = frozenset({"running", "paused"})

Pool = asyncpg.Pool
Connection = asyncpg.pool.PoolConnectionProxy


class Claim(Struct, frozen=True):
    """An assignment that is this worker's to carry out."""

    operation: str
    place: int
    assignment: Assignment


class Claims:
    """What there is to do, and whose it is."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def due(self, decide: Any, room: int) -> list[Claim] | None:
        """Let `decide(rules, standing, tallies, now, timezone)` say what to do with one operation, and do it.

        Return the assignments that were claimed, at most `room`; None if no operation is due.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            operation = await connection.fetchrow(DUE)
            if operation is None:
                return None
            await connection.execute(GIVE_UP, operation["id"])
            rules = msgspec.json.decode(operation["rules"], type=Rules)
            standing = Standing(*(operation[name] for name in Standing.__struct_fields__))
            tallies = _tallies(await connection.fetch(TALLIES, operation["id"]))
            step = decide(rules, standing, tallies, operation["now"], operation["timezone"])
            return await self._take(connection, operation, step, room)

    async def _take(
        self, connection: "Connection[asyncpg.Record]", operation: asyncpg.Record, step: Step, room: int
    ) -> list[Claim]:
        match step:
            case Send():
                return await self._claim(connection, operation, step, room)
            case Wait():
                await connection.execute(LOOK, operation["id"], step.until, operation["free_at"])
            case Advance():
                await connection.execute(ADVANCE, operation["id"], step.at)
            case Pause():
                await connection.execute(HOLD, operation["id"], step.why, step.cleared)
            case Finish():
                await connection.execute(FINISH, operation["id"])
        return []

    async def _claim(
        self, connection: "Connection[asyncpg.Record]", operation: asyncpg.Record, step: Send, room: int
    ) -> list[Claim]:
        held = _held(operation["within_s"])
        most = min(step.most, room)
        records = await connection.fetch(CLAIM, operation["id"], operation["wave"], most, held)
        look_at = step.look_at if records else operation["now"] + IDLE
        await connection.execute(LOOK, operation["id"], look_at, step.free_at)
        return [_claim(operation, record) for record in records]

    async def again(self, claim: Claim, instead: Instead) -> Claim | None:
        """Claim the same station for another call of the same operation; None if it is this worker's no more."""
        asked, held = claim.assignment, _held(claim.assignment.within_s)
        call_id = await self._pool.fetchval(AGAIN_ASKED, claim.operation, claim.place, asked.call_id, held)
        if call_id is None:
            return None
        assignment = replace(asked, command=instead.command, body=instead.body, call_id=call_id)
        return Claim(claim.operation, claim.place, assignment)

    async def end(self, operation: str, place: int, call_id: str, ending: Ending) -> None:
        """Note how an assignment ended; one that did not reach its station waits again, if the operation has patience."""
        async with self._pool.acquire() as connection, connection.transaction():
            owner = await connection.fetchrow(OPERATION, operation)
            assignment = await connection.fetchrow(ASSIGNMENT, operation, place, call_id, "asked")
            if owner is None or assignment is None:
                return
            now, gives_up_at = (
                owner["now"],
                assignment["give_up_at"] or owner["now"] + timedelta(seconds=owner["wait_s"]),
            )
            told = (ending.protocol, ending.action, clean(ending.answer))
            if ending.outcome in UNSENT and owner["state"] in LIVE and gives_up_at > now:
                await connection.execute(WAIT, operation, place, now + AGAIN, gives_up_at)
            elif ending.outcome is Outcome.ACCEPTED and owner["effect_within_s"] is not None:
                until = now + timedelta(seconds=int(owner["effect_within_s"]))
                await connection.execute(WATCH, operation, place, *told, until)
            else:
                await connection.execute(END, operation, place, ending.outcome.value, *told, clean(ending.detail))
            await connection.execute(WAKE, operation)

    async def lost(self) -> list[tuple[str, int, str, str]]:
        """Return the assignments whose worker is gone: operation, place, call id and command."""
        return [tuple(record) for record in await self._pool.fetch(LOST)]


def _held(within_s: float | None) -> timedelta:
    return timedelta(seconds=within_s or LONGEST_S) + GRACE


def _claim(operation: asyncpg.Record, record: asyncpg.Record) -> Claim:
    assignment = Assignment(
        station=record["station_id"],
        command=operation["command"],
        body=operation["body"],
        call_id=record["call_id"],
        within_s=operation["within_s"],
        asked_by=operation["created_by"],
    )
    return Claim(operation["id"], record["place"], assignment)


def _tallies(records: Sequence[asyncpg.Record]) -> dict[int, Tally]:
    counts: dict[int, dict[str, int]] = {}
    for record in records:
        wave = counts.setdefault(record["wave"], {})
        outcome = record["outcome"]
        failed = outcome is not None and is_failure(Outcome(outcome))
        for name in (record["state"], "total", *(("failed",) if failed else ())):
            wave[name] = wave.get(name, 0) + record["stations"]
    return {
        wave: Tally(**{name: count for name, count in found.items() if name != "ended"})
        for wave, found in counts.items()
    }
