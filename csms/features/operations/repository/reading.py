"""Operations as operators make, read and steer them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec import Raw

from csms.domain.fleet.rollout import Rules
from csms.domain.fleet.selection import Selection
from csms.features.operations.schemas import EffectWish, Operation, Result, WaveProgress
from csms.ocpp.secrets import covered
from csms.storage.selection import FROM, conditions

CREATE = """
INSERT INTO operations (id, kind, name, command, body, selection, rules, timezone, within_s, wait_s, effect, state, why,
    created_by)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb, $8, $9, $10, $11::jsonb, $12, $13, $14)
"""
ASSIGNMENTS = """
INSERT INTO assignments (operation_id, place, station_id, wave)
SELECT $1, place, station, wave FROM unnest($2::text[], $3::int[]) WITH ORDINALITY AS row (station, wave, place)
"""
SELECT = "SELECT *, selection::text AS selection, rules::text AS rules, effect::text AS effect FROM operations "
TALLIES = """
SELECT operation_id, wave, state, outcome, count(*) AS stations FROM assignments WHERE operation_id = ANY($1::text[])
GROUP BY operation_id, wave, state, outcome ORDER BY wave
"""
RESULTS = """
SELECT place, station_id AS station, wave, state, outcome, protocol, action, answer, detail, call_id, asked_at, ended_at
FROM assignments WHERE operation_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR outcome = $3)
    AND ($4::int IS NULL OR wave = $4) AND ($5::text IS NULL OR lower(station_id) = lower($5)) AND place > $6
ORDER BY place LIMIT $7
"""
PAUSE = "UPDATE operations SET state = 'paused', why = 'by an operator' WHERE id = $1 AND state = 'running'"
RESUME = """
UPDATE operations SET state = 'running', why = NULL, look_at = now(), free_at = now(), borne = (
    SELECT count(*) FROM assignments WHERE operation_id = $1 AND outcome = ANY($2::text[])
) WHERE id = $1 AND state = 'paused'
"""
CANCEL = """
UPDATE operations SET state = 'cancelled', why = NULL, ended_at = now() WHERE id = $1 AND state IN ('running', 'paused')
"""
DROP_WAITING = """
UPDATE assignments SET state = 'ended', outcome = 'Cancelled', ended_at = now() WHERE operation_id = $1 AND state = 'waiting'
"""

Pool = asyncpg.Pool
MOST_STATIONS = 100_000


class Operations:
    """Makes, reads and steers operations."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def chosen(self, selection: Selection) -> list[tuple[str, str | None]]:
        """Return the stations that are meant now, each with the protocol it speaks or spoke; one more than is borne."""
        holds, values = conditions(selection)
        query = f"SELECT s.id, p.protocol FROM {FROM} WHERE {holds} ORDER BY s.id LIMIT {MOST_STATIONS + 1}"
        return [(record["id"], record["protocol"]) for record in await self._pool.fetch(query, *values)]

    async def create(self, values: Sequence[Any], stations: Sequence[str], sizes: Sequence[int]) -> None:
        """Keep a new operation (`values` as `CREATE` takes them) with its stations, wave by wave."""
        waves = [wave for wave, size in enumerate(sizes, 1) for _ in range(size)]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.execute(CREATE, *values)
            await connection.execute(ASSIGNMENTS, values[0], list(stations), waves)

    async def one(self, operation: str) -> Operation | None:
        """Return an operation with its progress."""
        found = await self._shaped(await self._pool.fetch(SELECT + "WHERE id = $1", operation))
        return found[0] if found else None

    async def some(
        self, *, kind: str | None, state: str | None, after: tuple[datetime, str] | None, limit: int
    ) -> list[Operation]:
        """Return operations, newest first."""
        at, last = after or (None, None)
        records = await self._pool.fetch(
            SELECT
            + """WHERE ($1::text IS NULL OR kind = $1) AND ($2::text IS NULL OR state = $2)
                 AND ($3::timestamptz IS NULL OR (created_at, id) < ($3, $4))
                 ORDER BY created_at DESC, id DESC LIMIT $5""",
            kind,
            state,
            at,
            last,
            limit,
        )
        return await self._shaped(records)

    async def results(  # the filters of the route
        self,
        operation: str,
        *,
        state: str | None,
        outcome: str | None,
        wave: int | None,
        station: str | None,
        after: int,
        limit: int,
    ) -> list[tuple[int, Result]]:
        """Return how far it is with each station, each with its place."""
        records = await self._pool.fetch(RESULTS, operation, state, outcome, wave, station, after, limit)
        return [(record["place"], _result(record)) for record in records]

    async def pause(self, operation: str) -> bool:
        """Ask no more stations; False if it is not running."""
        return str(await self._pool.execute(PAUSE, operation)) == "UPDATE 1"

    async def resume(self, operation: str, failures: Sequence[str]) -> bool:
        """Go on, and bear with what failed so far; False if it is not paused."""
        return str(await self._pool.execute(RESUME, operation, list(failures))) == "UPDATE 1"

    async def cancel(self, operation: str) -> bool:
        """Ask no more stations, for ever; False if it has ended."""
        async with self._pool.acquire() as connection, connection.transaction():
            cancelled = str(await connection.execute(CANCEL, operation)) == "UPDATE 1"
            if cancelled:
                await connection.execute(DROP_WAITING, operation)
        return cancelled

    async def _shaped(self, records: Sequence[asyncpg.Record]) -> list[Operation]:
        ids = [record["id"] for record in records]
        tallies: dict[str, list[asyncpg.Record]] = {}
        for record in await self._pool.fetch(TALLIES, ids) if ids else []:
            tallies.setdefault(record["operation_id"], []).append(record)
        return [_operation(record, tallies.get(record["id"], [])) for record in records]


def _operation(record: asyncpg.Record, tallies: Sequence[asyncpg.Record]) -> Operation:
    rules = msgspec.json.decode(record["rules"], type=Rules)
    waves = [_wave(number, size, tallies) for number, size in enumerate(rules.sizes, 1)]
    outcomes: dict[str, int] = {}
    for outcome, stations in ((outcome, n) for wave in waves for outcome, n in wave.outcomes.items()):
        outcomes[outcome] = outcomes.get(outcome, 0) + stations
    plain = {name: record[name] for name in Operation.__struct_fields__ if name in record}
    return Operation(
        **{
            **plain,
            "body": Raw(covered(record["body"]).encode()),
            "selection": msgspec.json.decode(record["selection"], type=Selection),
            "effect": None if record["effect"] is None else msgspec.json.decode(record["effect"], type=EffectWish),
            "stations": sum(rules.sizes),
            "outcomes": outcomes,
            "waves": waves,
            "stop": rules.stop,
            "windows": rules.windows,
            "rest_s": rules.rest_s,
            "pause_between": rules.pause_between,
            "per_second": rules.per_second,
            "at_once": rules.at_once,
        }
    )


def _wave(number: int, size: int, tallies: Sequence[asyncpg.Record]) -> WaveProgress:
    mine = [record for record in tallies if record["wave"] == number]
    states = {
        state: sum(r["stations"] for r in mine if r["state"] == state) for state in ("waiting", "asked", "watched")
    }
    outcomes = {record["outcome"]: record["stations"] for record in mine if record["state"] == "ended"}
    return WaveProgress(number, size, outcomes=outcomes, **states)


def _result(record: asyncpg.Record) -> Result:
    answer = None if record["answer"] is None else Raw(record["answer"].encode())
    return Result(**{name: record[name] for name in Result.__struct_fields__} | {"answer": answer})
