"""Operations are carried out here, by every worker at once: what is asked of a station is claimed before, and never asked again."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

import asyncpg
import structlog

from csms.domain.fleet.outcomes import Outcome
from csms.domain.fleet.rollout import Rules, Standing, Step, Tally, next_step
from csms.features.operations.repository.claims import Claim, Claims
from csms.features.operations.repository.effects import Waiting, WatchedAssignments
from csms.kit.tasks import Tasks
from csms.kit.zones import zone_of
from csms.ports.assignments import Carrier, Effect, Ending
from csms.storage.engine import AWAY

log = structlog.get_logger(__name__)

UNHEARD = Ending(Outcome.UNKNOWN, detail="who asked it is gone; it may have acted")
MOST = 200
"""How many stations one worker asks at once, over all operations."""
Pool = asyncpg.Pool


class OperationRunner:
    """Asks stations what operations want of them, and watches what comes of it."""

    def __init__(  # the parts of a worker
        self,
        *,
        pool: "Pool[asyncpg.Record]",
        carriers: Mapping[str, Carrier],
        effects: Mapping[str, Effect],
        tasks: Tasks,
        poll_s: float = 0.25,
        look_s: float = 2.0,
    ) -> None:
        self._claims = Claims(pool)
        self._watched = WatchedAssignments(pool)
        self._carriers = carriers
        self._effects = effects
        self._tasks = tasks
        self._poll_s = poll_s
        self._look_s = look_s
        self._under_way = 0
        self._freed = asyncio.Event()

    async def run(self) -> None:
        """Carry out what there is, until cancelled; a database that is away is waited for."""
        while True:
            try:
                self._freed.clear()
                while (
                    self._under_way < MOST
                    and (claims := await self._claims.due(decide, MOST - self._under_way)) is not None
                ):
                    for claim in claims:
                        self._begin(claim)
            except AWAY as error:
                log.warning("operations_wait", reason=f"{type(error).__name__}: {error}")
            await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._poll_s):
                await self._freed.wait()
        except TimeoutError:
            return

    def _begin(self, claim: Claim) -> None:
        self._under_way += 1
        self._tasks.spawn(self._carry(claim), name=f"assignment/{claim.assignment.call_id}")

    async def _carry(self, claim: Claim) -> None:
        try:
            ending = await self._carried(claim)
            while ending.instead is not None and (again := await self._claims.again(claim, ending.instead)) is not None:
                claim = again
                ending = await self._carried(claim)
            await self._claims.end(claim.operation, claim.place, claim.assignment.call_id, ending)
        except AWAY as error:  # it is told as lost when its claim is over
            log.warning(
                "assignment_not_noted", call=claim.assignment.call_id, reason=f"{type(error).__name__}: {error}"
            )
        finally:
            self._under_way -= 1
            self._freed.set()

    async def _carried(self, claim: Claim) -> Ending:
        carrier = self._carriers.get(claim.assignment.command)
        if carrier is None:
            return Ending(Outcome.INVALID, detail="nobody here knows this command")
        return await carrier.carry(claim.assignment)

    async def watch(self) -> None:
        """Look again and again what came of assignments, and for those whose worker is gone; until cancelled."""
        while True:
            try:
                await self.settle()
                await self.look()
            except AWAY as error:
                log.warning("operations_wait", reason=f"{type(error).__name__}: {error}")
            await asyncio.sleep(self._look_s)

    async def settle(self) -> None:
        """End the assignments whose worker is gone as the record of calls tells it, and never ask again."""
        for operation, place, call_id, command in await self._claims.lost():
            carrier = self._carriers.get(command)
            heard = None if carrier is None else await carrier.recall(call_id)
            log.warning("assignment_lost", operation=operation, call=call_id, heard=heard is not None)
            await self._claims.end(operation, place, call_id, heard or UNHEARD)

    async def look(self) -> None:
        """End the assignments of which has come what was wanted, and those of which nothing came in time."""
        waiting = sorted(await self._watched.all(), key=_of_one)
        for (kind, _), assignments in groupby(waiting, key=_of_one):
            await self._judge(kind, list(assignments))

    async def _judge(self, kind: str, assignments: Sequence[Waiting]) -> None:
        effect = self._effects.get(kind)
        seen = {} if effect is None else await effect.seen([assignment.watched for assignment in assignments])
        for assignment in assignments:
            ending = seen.get(assignment.watched.station)
            if ending is None and assignment.is_over:
                ending = Ending(Outcome.INEFFECTIVE, detail="nothing came of it in time")
            if ending is not None:
                await self._watched.end(assignment, ending)


def _of_one(assignment: Waiting) -> tuple[str, str]:
    """Return what assignments have in common that are judged together: no station is twice among them."""
    return (assignment.kind, assignment.operation)


def decide(rules: Rules, standing: Standing, tallies: Mapping[int, Tally], now: datetime, timezone: str) -> Step:
    """Return what to do with an operation now."""
    return next_step(rules, standing, tallies, now, zone_of(timezone))
