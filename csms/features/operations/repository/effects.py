"""What came of assignments that stations accepted, as the records of the stations show it."""

from collections.abc import Mapping, Sequence

import asyncpg
from msgspec import Struct

from csms.domain.fleet.outcomes import Outcome
from csms.kit.globs import matches
from csms.ports.assignments import Effect, Ending, Watched

WATCHED = """
SELECT e.operation_id, e.place, e.station_id, e.call_id, e.asked_at, e.watched_until <= now() AS is_over, o.effect ->> 'kind' AS kind,
    coalesce(o.effect ->> 'version', '') AS wanted
FROM assignments e JOIN operations o ON o.id = e.operation_id WHERE e.state = 'watched' ORDER BY e.watched_until LIMIT 20000
"""
COME_OF = """
WITH ended AS (
    UPDATE assignments SET state = 'ended', outcome = $3, detail = $4, ended_at = now(), watched_until = NULL
    WHERE operation_id = $1 AND place = $2 AND state = 'watched' RETURNING operation_id
)
UPDATE operations SET look_at = least(look_at, now()) FROM ended WHERE operations.id = ended.operation_id
"""
ERRANDS = "SELECT station_id, stage, status FROM errands WHERE id = ANY($1::text[])"
OVER = frozenset({"succeeded", "failed", "refused", "canceled", "superseded"})
BOOTS = "SELECT id, booted_at, firmware FROM stations WHERE id = ANY($1::text[]) AND booted_at IS NOT NULL"

Pool = asyncpg.Pool


class Waiting(Struct, frozen=True):
    """A watched assignment; `is_over` says that its time is."""

    operation: str
    place: int
    kind: str
    is_over: bool
    watched: Watched


class WatchedAssignments:
    """The assignments of which something shall still come."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def all(self) -> list[Waiting]:
        """Return those that are watched, the most urgent first."""
        return [
            Waiting(
                record["operation_id"],
                record["place"],
                record["kind"],
                record["is_over"],
                Watched(record["station_id"], record["call_id"], record["asked_at"], record["wanted"]),
            )
            for record in await self._pool.fetch(WATCHED)
        ]

    async def end(self, assignment: Waiting, ending: Ending) -> None:
        """Note what came of an assignment."""
        await self._pool.execute(COME_OF, assignment.operation, assignment.place, ending.outcome.value, ending.detail)


class BootEffect:
    """The station booted since."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def seen(self, watched: Sequence[Watched]) -> Mapping[str, Ending]:
        """Return the stations that booted."""
        return {station: Ending(Outcome.EFFECTIVE) for station, _ in await booted_since(self._pool, watched)}


class ErrandEffect:
    """The station has done what it was sent for, and told so: an errand has the id of the call that asked for it."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool

    async def seen(self, watched: Sequence[Watched]) -> Mapping[str, Ending]:
        """Return the stations whose errands are over, well or not."""
        records = await self._pool.fetch(ERRANDS, [one.call_id for one in watched])
        return {record["station_id"]: _over(record) for record in records if record["stage"] in OVER}


class FirmwareEffect:
    """The station runs the firmware that was wanted, by its own word at a boot since (Q111); or its errand failed."""

    def __init__(self, pool: "Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._errands = ErrandEffect(pool)

    async def seen(self, watched: Sequence[Watched]) -> Mapping[str, Ending]:
        """Return the stations that run it; one that boots with another may still be about to install it."""
        wanted = {one.station: one.wanted for one in watched}
        failed = {
            station: ending
            for station, ending in (await self._errands.seen(watched)).items()
            if ending.outcome is Outcome.FAILED
        }
        return failed | {
            station: Ending(Outcome.EFFECTIVE, detail=f"it runs {firmware}")
            for station, firmware in await booted_since(self._pool, watched)
            if matches(wanted[station], firmware)
        }


def _over(record: asyncpg.Record) -> Ending:
    told = record["stage"] if record["status"] is None else f"{record['stage']}: {record['status']}"
    return Ending(Outcome.EFFECTIVE if record["stage"] == "succeeded" else Outcome.FAILED, detail=told)


async def booted_since(pool: "Pool[asyncpg.Record]", watched: Sequence[Watched]) -> list[tuple[str, str]]:
    """Return the stations that booted after they were asked, with the firmware that they told."""
    asked_at = {one.station: one.asked_at for one in watched}
    records = await pool.fetch(BOOTS, list(asked_at))
    return [(row["id"], row["firmware"] or "") for row in records if row["booted_at"] > asked_at[row["id"]]]


def effects(pool: "Pool[asyncpg.Record]") -> dict[str, Effect]:
    """Return the effects that campaigns can wait for, by name."""
    return {"boot": BootEffect(pool), "errand": ErrandEffect(pool), "firmware": FirmwareEffect(pool)}
