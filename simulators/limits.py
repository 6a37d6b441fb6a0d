"""The charging profiles that a station holds, in its way, and what it may draw by them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

MAXIMUM, DEFAULT, SESSION, EXTERNAL = (
    "ChargingStationMaxProfile",
    "TxDefaultProfile",
    "TxProfile",
    "ChargingStationExternalConstraints",
)
PURPOSES = {"ChargePointMaxProfile": MAXIMUM}
"""How 1.6 calls what 2.x calls otherwise."""
VOLTS, ALL_PHASES = 230, 3
BUILT_A = 32.0
"""What an outlet is built for."""
STEPS = (0.0, 6.0, 8.0, 10.0, 13.0, 16.0, 32.0)
CYCLES = {"Daily": 86_400, "Weekly": 604_800}
HIGHEST_LEVEL, MOST_PERIODS, MOST_PROFILES = 3, 24, 10
FOREVER = 10**9


class SmartCharging(StrEnum):
    """How charging profiles are taken; a station may have several of these habits (Q107 to Q110).

    Only level 0, or all but the highest it tells of; only relative or absolute profiles; one unit; limits in
    steps; profiles forgotten at a restart; profiles accepted without effect; none for a session.
    """

    LEVEL_0 = "level0"
    MAX_MINUS_1 = "max_minus1"
    RELATIVE = "relative"
    ABSOLUTE = "absolute"
    A = "A"
    W = "W"
    STEPS = "steps"
    FORGET_ON_REBOOT = "forget_on_reboot"
    IGNORE = "ignore"
    NO_SESSION = "no_session"


Part = tuple[int, float, int]
"""From when on, how much, on how many phases."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A profile; `session` is that which it is for, `start` is None if it begins with a session."""

    number: int
    evse: int
    level: int
    purpose: str
    kind: str
    unit: str
    parts: tuple[Part, ...]
    start: datetime | None = None
    duration_s: int = FOREVER
    cycle: str | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    transaction: str | None = None
    session: str | None = None
    source: str = "CSO"

    def part_at(self, at: datetime, anchor: datetime) -> Part | None:
        """Return what holds at a moment."""
        if (self.valid_from and at < self.valid_from) or (self.valid_to and at >= self.valid_to):
            return None
        start = anchor if self.start is None or self.kind == "Relative" else self.start
        gone = (at - start).total_seconds()
        if gone >= 0 and self.cycle is not None:
            gone %= CYCLES[self.cycle]
        if not 0 <= gone < self.duration_s:
            return None
        return next((part for part in reversed(self.parts) if part[0] <= gone), None)

    def marks(self, anchor: datetime, begin: datetime, seconds: int) -> Iterable[datetime]:
        """Yield the moments in a window at which something may change."""
        yield from (at for at in (self.valid_from, self.valid_to) if at is not None)
        start = anchor if self.start is None or self.kind == "Relative" else self.start
        if self.cycle is None:
            runs = [start]
        else:
            days = timedelta(seconds=CYCLES[self.cycle])
            first = max(0, (begin - start) // days)
            runs = [start + (first + n) * days for n in range(seconds // CYCLES[self.cycle] + 2)]
        for run in runs:
            yield run
            yield from (run + timedelta(seconds=part[0]) for part in self.parts)
            if self.duration_s < FOREVER:
                yield run + timedelta(seconds=self.duration_s)


@dataclass(frozen=True, slots=True)
class Going:
    """A session that goes on at an outlet."""

    evse: int
    session: str
    transaction: str | None
    began_at: datetime


class Limits:
    """Accepts, keeps and forgets profiles; `going` tells which sessions go on.

    In 1.6 (`exclusive`) a profile replaces that of its level, and a default of an outlet that of the station.
    """

    def __init__(
        self,
        *,
        habits: Iterable[str],
        evses: Iterable[int],
        exclusive: bool,
        going: Callable[[], list[Going]],
        clock: Callable[[], datetime],
    ) -> None:
        self._habits = {SmartCharging(habit) for habit in habits}
        self._evses = list(evses)
        self._exclusive = exclusive
        self._going = going
        self._clock = clock
        self.held: list[Limit] = []

    @property
    def units(self) -> list[str]:
        """The units that the station takes."""
        only = [unit for unit in ("A", "W") if SmartCharging(unit) in self._habits]
        return only or ["A", "W"]

    def judge(self, limit: Limit) -> str:
        """Return the status that a profile is answered with."""
        return "Accepted" if self._is_good(limit) and self._suits(limit) else "Rejected"

    def _is_good(self, limit: Limit) -> bool:
        """Whether any station could take a profile."""
        others = [one for one in self.held if one.number != limit.number]
        if limit.purpose == EXTERNAL or limit.level > HIGHEST_LEVEL or not 0 < len(limit.parts) <= MOST_PERIODS:
            return False
        if (limit.purpose == MAXIMUM and limit.evse) or (limit.purpose == SESSION and not limit.session):
            return False
        if len(others) >= MOST_PROFILES:
            return False
        return self._exclusive or not any(_same_place(limit, one) for one in others)

    def _suits(self, limit: Limit) -> bool:
        """Whether a profile is to the liking of this station (Q107 to Q109)."""
        habits = self._habits
        return not (
            limit.unit not in self.units
            or (SmartCharging.LEVEL_0 in habits and limit.level)
            or (SmartCharging.MAX_MINUS_1 in habits and limit.level == HIGHEST_LEVEL)
            or (SmartCharging.NO_SESSION in habits and limit.purpose == SESSION)
            or (SmartCharging.RELATIVE in habits and limit.kind != "Relative")
            or (SmartCharging.ABSOLUTE in habits and limit.kind != "Absolute")
        )

    def take(self, limit: Limit) -> None:
        """Hold a profile; what it replaces is gone."""
        if SmartCharging.IGNORE in self._habits:
            return
        same = [one for one in self.held if one.number == limit.number]
        same += [one for one in self.held if self._exclusive and _same_place(limit, one)]
        self.held = [one for one in self.held if one not in same] + [limit]

    def clear(self, meant: Callable[[Limit], bool]) -> bool:
        """Forget what is meant, but not what others set; return whether there was any."""
        gone = [one for one in self.held if meant(one) and one.purpose != EXTERNAL]
        self.held = [one for one in self.held if one not in gone]
        return bool(gone)

    def over(self, session: str | None) -> None:
        """Forget what was for a session that has ended."""
        self.held = [one for one in self.held if one.session is None or one.session != session]

    def restart(self) -> None:
        """Lose what does not survive a restart (Q110)."""
        if SmartCharging.FORGET_ON_REBOOT in self._habits:
            self.held = []

    # What follows from them.

    def going(self, evse: int) -> Going | None:
        """Return the session that goes on at an outlet."""
        return next((one for one in self._going() if one.evse == evse), None)

    def watts(self, evse: int, wanted: float) -> float:
        """Return what a car may draw now that wants so much."""
        allowed, phases = self._allowed(evse, self._clock(), "A", self._clock())
        return min(wanted, allowed * VOLTS * phases)

    def composite(self, evse: int, seconds: int, unit: str | None, begin: datetime) -> tuple[str, list[Part]]:
        """Return the schedule of an outlet, or of the station (0), in a unit of the station's choice if none is asked."""
        unit = unit or self.units[0]
        marks = {0}
        begins = {begin, *(session.began_at for session in self._going())}
        for at in (at for limit in self.held for anchor in begins for at in limit.marks(anchor, begin, seconds)):
            offset = -((begin - at) // timedelta(seconds=1))
            marks |= {offset} if 0 <= offset < seconds else set()
        parts: list[Part] = []
        for offset in sorted(marks):
            amount, phases = self._allowed(evse, begin + timedelta(seconds=offset), unit, begin)
            if not parts or parts[-1][1:] != (amount, phases):
                parts.append((offset, amount, phases))
        return unit, parts

    def _allowed(self, evse: int, at: datetime, unit: str, begin: datetime) -> tuple[float, int]:
        cap = self._spoken([one for one in self.held if one.purpose == MAXIMUM], at, unit, begin)
        cap += self._spoken([one for one in self.held if one.purpose == EXTERNAL and not one.evse], at, unit, begin)
        outlets = [evse] if evse else self._evses
        shares = [min([self._built(unit), *self._own(one, at, unit, begin)]) for one in outlets]
        limit, phases = sum(share[0] for share in shares), min(share[1] for share in shares)
        for amount, on in cap:
            limit, phases = min(limit, amount), min(phases, on) if evse else on
        if SmartCharging.STEPS in self._habits:
            limit = _stepped(limit, unit, phases)
        return int(limit * 10 + 1e-6) / 10, phases

    @staticmethod
    def _built(unit: str) -> tuple[float, int]:
        return (BUILT_A if unit == "A" else BUILT_A * VOLTS * ALL_PHASES), ALL_PHASES

    def _own(self, evse: int, at: datetime, unit: str, begin: datetime) -> list[tuple[float, int]]:
        """Return what bounds an outlet: its session's profiles or else the defaults, and what others set."""
        session = self.going(evse)
        others = [one for one in self.held if one.purpose == EXTERNAL and one.evse == evse]
        foreign = self._spoken(others, at, unit, begin, session)
        mine = [] if session is None else [one for one in self.held if one.session == session.session]
        if spoken := self._spoken(mine, at, unit, begin, session):
            return spoken + foreign
        defaults = [one for one in self.held if one.purpose == DEFAULT and one.evse in {0, evse}]
        if self._exclusive:
            here = [one for one in defaults if one.evse]
            spoken = self._spoken(here, at, unit, begin, session)
            defaults = [one for one in defaults if not one.evse]
        return (spoken or self._spoken(defaults, at, unit, begin, session)) + foreign

    @staticmethod
    def _spoken(
        limits: Iterable[Limit], at: datetime, unit: str, begin: datetime, session: Going | None = None
    ) -> list[tuple[float, int]]:
        """Return what the highest level says that says anything."""
        anchor = begin if session is None else session.began_at
        said = [(one, part) for one in limits if (part := one.part_at(at, anchor)) is not None]
        top = max((one.level for one, _ in said), default=0)
        return [(_converted(part, one.unit, unit), part[2]) for one, part in said if one.level == top]


def _converted(part: Part, said_in: str, unit: str) -> float:
    _, amount, phases = part
    if said_in == unit:
        return amount
    return amount / (VOLTS * phases) if unit == "A" else amount * VOLTS * phases


def _stepped(limit: float, unit: str, phases: int) -> float:
    """Return the highest step that a limit allows."""
    factor = 1.0 if unit == "A" else VOLTS * phases
    return max(step * factor for step in STEPS if step * factor <= limit)


def _same_place(one: Limit, other: Limit) -> bool:
    return (one.purpose, one.level, one.evse, one.session) == (other.purpose, other.level, other.evse, other.session)


def of_session(limit: Limit, going: Going | None) -> Limit:
    """Return a profile bound to the session that goes on, if that is the one that it names."""
    if limit.purpose != SESSION or going is None or limit.transaction not in {None, going.transaction}:
        return limit
    return replace(limit, session=going.session)
